"""The first row of the overview: is something wrong, or are we blind? In words first."""

from driftwatch.generate.dashboards.colours import BLIND, GREEN, LIVE, RED, YELLOW, Step
from driftwatch.generate.dashboards.drill import (
    of_column,
    to_drifting_page,
    to_itself,
    to_stream_page,
)
from driftwatch.generate.dashboards.panels import Number, Panel, Query, Words
from driftwatch.generate.dashboards.promql import COLUMN, STREAM, max_by, series, verdict
from driftwatch.generate.dashboards.states import COLUMN_NAME, SENTENCES
from driftwatch.generate.dashboards.variables import SEVERAL

_WHOLE = {**SEVERAL, "segment": "all"}
_PAGE = {**SEVERAL, "severity": "page"}
_MOST_NAMES = 6


def answer() -> tuple[Panel, ...]:
    """The panels, from left to right."""
    return _verdict(), _alarms_by_name(), _blind_by_name(), *_counts(), *_times()


def _verdict() -> Panel:
    return Words(
        title="Verdict",
        description=(
            "The answer for all models that are chosen above. Green: nothing drifts, and that can "
            "be believed. Red: something is in alarm with severity page; the table below says what "
            "and since when. Greyish blue: at least one stream is blind, so its silence says "
            "nothing; see why on the right. No data: Prometheus scrapes no Driftwatch."
        ),
        unit="none",
        queries=(Query(verdict(SEVERAL, SEVERAL), now=True),),
        meanings=SENTENCES,
        steps=(Step(None, BLIND),),
        nothing="No Driftwatch is scraped",
        links=(to_drifting_page(), to_itself()),
        width=8,
        height=6,
    )


def _alarms_by_name() -> Panel:
    raised = max_by(COLUMN, f"{series('drift_alarm', _PAGE)} == 1")
    evidence = max_by(COLUMN, series("drift_evidence", _PAGE))
    first = f"topk({_MOST_NAMES}, {evidence} and {raised})"
    none = f"max({series('drift_alarm', _PAGE)}) == 0"
    return Words(
        title="In alarm (page)",
        description=(
            "The columns in alarm, those with the most evidence first. Normal is none. At most "
            f"{_MOST_NAMES} are named here; the table below has them all. An alarm stays when its "
            "stream goes blind."
        ),
        unit="none",
        queries=(
            Query(f"{raised} and {first}", COLUMN_NAME, now=True),
            Query(none, "no column", now=True),
        ),
        steps=(Step(None, GREEN), Step(1, RED)),
        names=True,
        links=of_column(),
        width=8,
        height=6,
    )


def _blind_by_name() -> Panel:
    by = (*STREAM, "reason")
    blind = max_by(by, f"{series('blind', SEVERAL, reason='!=warming_up')} == 1")
    warming = max_by(by, f"{series('blind', SEVERAL, reason='warming_up')} == 1")
    # Of a stream that is blind for another reason it adds nothing that it warms up as well.
    named = f"{blind} or ({warming} unless on ({', '.join(STREAM)}) {blind})"
    return Words(
        title="Blind",
        description=(
            "Which streams can't be believed, and why. Normal is none, but for warming_up for the "
            "length of the shortest window after a start. The status page says what was seen; the "
            "runbook of DriftwatchBlind says what to do."
        ),
        unit="none",
        queries=(
            Query(
                f"topk({_MOST_NAMES}, {named})",
                "{{model}} {{model_version}}, {{segment}}: {{reason}}",
                now=True,
            ),
            Query(f"max({series('blind', SEVERAL)}) == 0", "no stream is blind", now=True),
        ),
        steps=(Step(None, GREEN), Step(1, BLIND)),
        names=True,
        links=(to_stream_page(), to_itself()),
        width=8,
        height=6,
    )


def _counts() -> tuple[Panel, ...]:
    blind = max_by(STREAM, series("blind", SEVERAL, reason="!=warming_up"))
    return (
        _number(
            "Columns in alarm (page)",
            "How many columns are in alarm that pages. Normal: 0.",
            f"sum({max_by(COLUMN, series('drift_alarm', _PAGE))})",
            steps=(Step(None, GREEN), Step(1, RED)),
        ),
        _number(
            "Columns in alarm (info)",
            "How many columns have moved enough to know, whether or not they page. Normal: few.",
            f"sum({max_by(COLUMN, series('drift_alarm', {**SEVERAL, 'severity': 'info'}))})",
            steps=(Step(None, GREEN), Step(1, YELLOW)),
        ),
        _number(
            "Blind streams",
            "How many streams are blind for another reason than warming_up. Normal: 0.",
            f"sum({blind})",
            steps=(Step(None, GREEN), Step(1, BLIND)),
        ),
        _number(
            "Streams",
            "How many streams are watched: a model, a version of it, and a segment each. A release "
            "adds one; a version that nobody asks any more goes after the longest window.",
            f"count({blind})",
        ),
    )


def _times() -> tuple[Panel, ...]:
    first = series("model_version_first_seen_timestamp_seconds", _WHOLE)
    return (
        _number(
            "Behind",
            "How far the slowest stream's watermark lies behind now; the time that it takes until "
            "a change can be seen. Normal: little more than `lateness`. It grows while no records "
            "come.",
            f"time() - min({series('watermark_timestamp_seconds', _WHOLE)})",
            unit="s",
        ),
        _number(
            "Newest version since",
            "When the first record of the newest model version came, by its own time. Drift that "
            "begins then is a matter of the release.",
            f"max({first}) * 1000",
            unit="dateTimeFromNow",
        ),
    )


def _number(
    title: str, words: str, expr: str, unit: str = "short", steps: tuple[Step, ...] = ()
) -> Panel:
    return Number(
        title=title,
        description=words,
        unit=unit,
        decimals=0 if unit == "short" else None,
        queries=(Query(expr, title, now=True),),
        steps=steps or (Step(None, LIVE),),
        links=(to_drifting_page(), to_itself()),
        width=4,
        height=4,
    )
