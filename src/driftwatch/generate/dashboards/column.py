"""One column: what it looks like now and in training, and what speaks for drift."""

from driftwatch.generate.dashboards.colours import (
    BLIND,
    LIVE,
    RED,
    YELLOW,
    Step,
)
from driftwatch.generate.dashboards.distances import distances, moments, shares
from driftwatch.generate.dashboards.distribution import distribution
from driftwatch.generate.dashboards.drill import (
    COLUMN_UID,
    STATUS_PAGE,
    of_chosen_column,
    to_stream_page,
)
from driftwatch.generate.dashboards.marks import marks
from driftwatch.generate.dashboards.panels import (
    Dashboard,
    Number,
    Panel,
    Query,
    Row,
    Style,
    TimeSeries,
    Words,
)
from driftwatch.generate.dashboards.policy import DashboardPolicy
from driftwatch.generate.dashboards.promql import max_by, min_by, series, verdict
from driftwatch.generate.dashboards.states import LOOKS_LIKE, STATES
from driftwatch.generate.dashboards.variables import (
    ONE,
    ONE_COLUMN,
    of_column,
    of_streams,
    of_window,
)

_PAGE = {**ONE_COLUMN, "severity": "page"}


def column(policy: DashboardPolicy) -> Dashboard:
    """The dashboard of one column."""
    drawn = (Row("Live against baseline", distribution()),) if policy.counts else ()
    return Dashboard(
        uid=COLUMN_UID,
        title="Driftwatch: column",
        description="What one column looks like, now and in training, and what speaks for drift.",
        variables=(*of_streams(several=False), of_column(), of_window(ONE, str(policy.window))),
        rows=(
            Row("$column of $model $model_version", (*_state(), _evidence(), _versions())),
            *drawn,
            Row("Distance from the baseline, window $window", distances()),
            Row("Missing and unknown values, window $window", shares()),
            Row("Moments, window $window", moments()),
        ),
        annotations=marks(ONE_COLUMN),
        since=policy.since,
        refresh=policy.refresh,
        constants={STATUS_PAGE: policy.links.status_page},
    )


def _state() -> tuple[Panel, ...]:
    raised = series("drift_alarms_total", ONE_COLUMN)
    return (
        _alarm(),
        _looks_like(),
        _number(
            "Drift began",
            "When the change behind the alarm began, in the time of the records; that is before "
            "the alarm was raised. Compare it with releases. Empty while there is no alarm.",
            f"1000 * {min_by((), series('drift_since_timestamp_seconds', ONE_COLUMN))}",
            unit="dateTimeFromNow",
            nothing="not in alarm",
        ),
        _number(
            "Alarms in this range",
            "How often an alarm was raised in the time that is shown, by severity. One that is "
            "raised again and again is a column at the edge of its tolerance: see `tolerance`.",
            max_by(("severity",), f"increase({raised}[$__range])"),
            legend="{{severity}}",
        ),
        _number(
            "Smallest change that pages",
            "By how much a share of one half has to change to raise a page, if it lasts. Smaller "
            "changes never page: they are sampling error of the training data, or tolerated.",
            max_by((), series("min_detectable_shift", ONE_COLUMN)),
            unit="percentunit",
            nothing="no evidence is collected",
        ),
    )


def _alarm() -> Panel:
    return Words(
        title="State",
        description=(
            "Whether this column is in alarm, and whether its stream can be believed. A page stays "
            "while the stream is blind, and ends by itself when the column has looked as in "
            "training for a while."
        ),
        unit="none",
        queries=(Query(verdict(ONE_COLUMN, ONE), now=True),),
        meanings=STATES,
        steps=(Step(None, BLIND),),
        nothing="not scraped",
        links=of_chosen_column(),
        width=4,
        height=5,
    )


def _looks_like() -> Panel:
    kind = max_by(("severity", "kind"), series("drift_explanation", ONE_COLUMN))
    return Words(
        title="Looks like",
        description=(
            "The simplest change that accounts for what moved, while an alarm stands. The status "
            "page has it with its numbers: from what to what, and which share of the records."
        ),
        unit="none",
        queries=(Query(f"topk(1, {kind})", now=True, shape="table"),),
        label="kind",
        meanings=LOOKS_LIKE,
        steps=(Step(None, LIVE),),
        nothing="not in alarm, or not explained yet",
        links=of_chosen_column(),
        width=8,
        height=5,
    )


def _number(
    title: str,
    words: str,
    expr: str,
    unit: str = "short",
    nothing: str = "no data",
    legend: str = "",
) -> Panel:
    return Number(
        title=title,
        description=words,
        unit=unit,
        decimals={"short": 0, "percentunit": 1}.get(unit),
        queries=(Query(expr, legend or title, now=True),),
        steps=(Step(None, LIVE),),
        nothing=nothing,
        links=of_chosen_column(),
        width=4,
        height=5,
    )


def _evidence() -> Panel:
    return TimeSeries(
        title="Evidence against the threshold",
        description=(
            "How much speaks for a drift, for either severity, on a log scale: from 0 for nothing "
            "to 1, where the alarm is raised. Ups and downs below 0.5 are normal. A climb is a "
            "drift that goes on; after a change ends, the line comes down before the alarm ends."
        ),
        unit="none",
        decimals=2,
        queries=(
            Query(
                max_by(("severity",), series("drift_evidence", ONE_COLUMN)),
                "{{severity}}",
            ),
        ),
        steps=(Step(None, "transparent"), Step(1, RED)),
        line_at=True,
        about=(0, 1.1),
        styles=(Style("page", RED), Style("info", YELLOW)),
        links=of_chosen_column(),
        width=12,
        height=9,
    )


def _versions() -> Panel:
    others = {"model": "$model", "segment": "$segment", "column": "$column", "severity": "page"}
    return TimeSeries(
        title="Evidence in every version of the model",
        description=(
            "The evidence for a page on this column, by version. All rise together where the world "
            "changed; one rises alone where a release did. Click a line for that version on the "
            "status page."
        ),
        unit="none",
        decimals=2,
        queries=(
            Query(
                max_by(("model", "model_version", "segment"), series("drift_evidence", others)),
                "{{model_version}}",
            ),
        ),
        steps=(Step(None, "transparent"), Step(1, RED)),
        line_at=True,
        about=(0, 1.1),
        links=(to_stream_page(), *of_chosen_column()),
        width=12,
        height=9,
    )
