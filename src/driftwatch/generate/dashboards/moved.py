"""What the overview says of columns: which drift, and which moved most."""

from driftwatch.generate.dashboards.colours import EVIDENCE, GREEN, RED, SEVERITIES, Step
from driftwatch.generate.dashboards.drill import from_row, of_column, to_drifting_page
from driftwatch.generate.dashboards.panels import Cell, Cells, Panel, Query, Table, TimeSeries
from driftwatch.generate.dashboards.promql import COLUMN, largest, max_by, min_by, series
from driftwatch.generate.dashboards.states import COLUMN_NAME, LOOKS_LIKE
from driftwatch.generate.dashboards.variables import SEVERAL

_ALARM = (*COLUMN, "role", "severity")
_IN_WINDOW = {**SEVERAL, "window": "$window"}
_PAGE = {**SEVERAL, "severity": "page"}
_MOST_CELLS, _MOST_LINES = 25, 10


def drifting() -> Panel:
    """A table of the columns in alarm."""
    return Table(
        title="Columns in alarm",
        description=(
            "Every column whose alarm is raised: when the drift began in event time, what it looks "
            "like, and the evidence, of which 1 raised it. Empty while nothing drifts. Click a "
            "column to see it, here or on the status page, where the change stands in words."
        ),
        unit="none",
        queries=_of_raised(),
        renamed={
            "Value #A": "evidence",
            "Value #B": "since",
            "kind": "looks like",
        },
        order=(
            *("severity", "column", "role", "model", "model_version", "segment"),
            *("since", "looks like", "evidence"),
        ),
        hidden=("Value #C",),
        first="evidence",
        nothing=None,  # it would stand in every empty cell
        links=(to_drifting_page(),),
        cells=(
            Cell("severity", meanings=SEVERITIES, filled=True, width=80),
            Cell("column", links=of_column(from_row)),
            Cell("role", width=90),
            Cell("model_version", width=115),
            Cell("segment", width=100),
            Cell("since", unit="dateTimeFromNow", left=True, width=130),
            Cell("looks like", meanings=LOOKS_LIKE, width=370),
            Cell("evidence", decimals=2, steps=EVIDENCE, filled=True, width=90),
        ),
        width=24,
        height=9,
    )


def _of_raised() -> tuple[Query, ...]:
    """Of every raised alarm its evidence, its onset, and what it looks like.

    A column that pages has moved enough to know as well: one row says it.
    """
    page, info = (
        max_by(_ALARM, f"{series('drift_alarm', SEVERAL, severity=severity)} == 1")
        for severity in ("page", "info")
    )
    raised = f"({page} or ({info} unless on ({', '.join(COLUMN)}) {page}))"
    shown = (
        max_by(_ALARM, series("drift_evidence", SEVERAL)),
        f"1000 * {min_by(_ALARM, series('drift_since_timestamp_seconds', SEVERAL))}",
        max_by((*_ALARM, "kind"), series("drift_explanation", SEVERAL)),
    )
    return tuple(
        Query(f"{expr} and on ({', '.join(_ALARM)}) {raised}", now=True, shape="table")
        for expr in shown
    )


def evidence() -> Panel:
    """A heat map of evidence, a row a column."""
    return Cells(
        title="Evidence of drift, column by column",
        description=(
            f"How much speaks for a drift, of the {_MOST_CELLS} columns that had the most in this "
            "time: from 0 for nothing to 1, where a page is raised, on a log scale. Normal is "
            "green, with yellow that comes and goes. A row that turns red and stays is a change; "
            "rows that turn together often have one cause."
        ),
        unit="none",
        decimals=2,
        queries=(Query(largest(_MOST_CELLS, "drift_evidence", _PAGE), COLUMN_NAME),),
        steps=EVIDENCE,
        least=0,
        most=1,
        links=of_column(),
        width=24,
        height=12,
    )


def moved() -> tuple[Panel, ...]:
    """Lines of the columns that moved most."""
    return (_predictions(), *_distances(), *_shares())


def _predictions() -> Panel:
    return _ranked(
        "Predictions: evidence",
        "The evidence of the model's own answers, for a page at 1. Where it rises and no feature's "
        "does, the model or what surrounds it changed; otherwise the features may explain it.",
        largest(_MOST_LINES, "drift_evidence", {**_PAGE, "role": "prediction"}),
        line_at=True,
        about=(0, 1.1),
    )


def _distances() -> tuple[Panel, ...]:
    return (
        _ranked(
            "PSI",
            f"The {_MOST_LINES} columns with the largest population stability index in the chosen "
            "window, less what chance alone makes of it. Around 0 is as in training. It says how "
            "much moved, and is no alarm: that is the evidence. Words that training never saw "
            "count little here; they have a panel of their own.",
            largest(_MOST_LINES, "psi_debiased", _IN_WINDOW),
        ),
        _ranked(
            "Kolmogorov-Smirnov distance",
            f"The {_MOST_LINES} numeric columns that lie farthest from the baseline in the chosen "
            "window: 0 for the same distribution, 1 for nothing in common with it. Normal is what "
            "noise makes, about 1 over the square root of the records. Open what stands out.",
            largest(_MOST_LINES, "ks_statistic", _IN_WINDOW),
            about=(0, 0.2),
        ),
    )


def _shares() -> tuple[Panel, ...]:
    baseline = series("baseline_missing_ratio", SEVERAL)
    return (
        _ranked(
            "Missing values beyond the baseline's",
            f"The {_MOST_LINES} columns with the most values missing now that were not missing in "
            "training: null, absent, not a number, or of the wrong type. Around 0 is normal; below "
            "it values are there that used to be missing.",
            largest(
                *(_MOST_LINES, "missing_ratio", _IN_WINDOW),
                lambda missing: f"{missing} - ignoring (window) {baseline}",
            ),
            unit="percentunit",
            about=(0, 0.02),
        ),
        _ranked(
            "Words never seen in training",
            f"The {_MOST_LINES} columns with the most values that the baseline does not know. "
            "Close to 0 is normal. Where it steps up, somebody has a new category, or spells an "
            "old one in another way; the status page names it.",
            largest(_MOST_LINES, "new_category_ratio", _IN_WINDOW),
            unit="percentunit",
            about=(0, 0.02),
        ),
        _ranked(
            "Numbers out of range",
            f"The {_MOST_LINES} columns with the most numbers outside the baseline's range, "
            "infinite ones included. Close to 0 is normal. Where it steps up, think of units, of a "
            "default filled in, or of a limit that went.",
            largest(_MOST_LINES, "out_of_range_ratio", _IN_WINDOW),
            unit="percentunit",
            about=(0, 0.02),
        ),
    )


def _ranked(
    title: str,
    words: str,
    expr: str,
    unit: str = "none",
    line_at: bool = False,
    about: tuple[float | None, float | None] = (0, None),
) -> Panel:
    return TimeSeries(
        title=title,
        description=words,
        unit=unit,
        decimals=None if unit == "percentunit" else 2,
        queries=(Query(expr, COLUMN_NAME),),
        steps=(Step(None, "transparent"), Step(1, RED)) if line_at else (Step(None, GREEN),),
        line_at=line_at,
        about=about,
        ranked=True,
        links=of_column(),
        width=12,
        height=9,
    )
