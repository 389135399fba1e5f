"""The distribution of a column, live against its baseline. Only where `metrics.counts` is on."""

from driftwatch.generate.dashboards.colours import BASELINE, LIVE
from driftwatch.generate.dashboards.drill import of_chosen_column
from driftwatch.generate.dashboards.panels import (
    Bars,
    Curves,
    Histogram,
    Panel,
    Query,
    Style,
    TimeSeries,
)
from driftwatch.generate.dashboards.promql import max_by, per_second, series, sum_by
from driftwatch.generate.dashboards.variables import ONE_COLUMN

_OFF = "needs metrics.counts: true in the configuration"
_NUMBERS_ONLY = "numeric columns only, and with metrics.counts: true"
_STYLES = (Style("live", LIVE), Style("baseline", BASELINE))
_CELLS = (
    "Numeric columns have a cell for each tenth of the training data, 01 for the smallest values; "
    "the others have one a word. (missing), (new), (other), (rest) and (infinite) hold what their "
    "names say."
)


def distribution() -> tuple[Panel, ...]:
    """Now and training by cells and by values, and both over time."""
    return _bars(), _cumulative(), _shares(), _values()


def _bars() -> Panel:
    live = sum_by(("cell",), f"increase({series('column_records_total', ONE_COLUMN)}[$window])")
    baseline = max_by(("cell",), series("baseline_records", ONE_COLUMN))
    return Bars(
        title="Live against baseline, the last $window",
        description=(
            "The share of the records in each cell, now and in training. Bars of one height are "
            f"normal; a pair that is not is what moved. {_CELLS}"
        ),
        unit="percentunit",
        least=0,
        queries=(
            Query(_share_of_all(live), "live", now=True, shape="table"),
            Query(_share_of_all(baseline), "baseline", now=True, shape="table"),
        ),
        along="cell",
        styles=_STYLES,
        nothing=_OFF,
        links=of_chosen_column(),
        width=12,
        height=9,
    )


def _cumulative() -> Panel:
    live = _up_to("sum", "increase({}[$window])", "column_values")
    baseline = _up_to("max", "{}", "baseline_values")
    return Curves(
        title="Values up to here, the last $window",
        description=(
            "Which share of a numeric column's values is at most as large as this one, now and in "
            "training. Two lines on each other are normal. A line to the right is larger values; "
            "the largest gap between them, from top to bottom, is the Kolmogorov-Smirnov distance."
        ),
        unit="percentunit",
        least=0,
        most=1,
        queries=(
            Query(live, "live", now=True, shape="table"),
            Query(baseline, "baseline", now=True, shape="table"),
        ),
        along="le",
        styles=_STYLES,
        nothing=_NUMBERS_ONLY,
        links=of_chosen_column(),
        width=12,
        height=9,
    )


def _shares() -> Panel:
    rate = sum_by(("cell",), per_second(series("column_records_total", ONE_COLUMN)))
    return TimeSeries(
        title="Share of each cell over time",
        description=(
            "How the records are shared out between the cells, one on the other. Bands of a steady "
            f"width are normal; a step is a change, and says when it came. {_CELLS}"
        ),
        unit="percentunit",
        least=0,
        most=1,
        queries=(Query(_share_of_all(rate), "{{cell}}"),),
        stacked=True,
        nothing=_OFF,
        links=of_chosen_column(),
        width=12,
        height=9,
    )


def _values() -> Panel:
    rate = sum_by(("le",), per_second(series("column_values", ONE_COLUMN)))
    return Histogram(
        title="Values over time",
        description=(
            "Where the values of a numeric column lie, between edges of the baseline: the darker, "
            "the more records a second. Stripes that go on as they are are normal; one that moves, "
            "ends or begins is a change. Sensitive columns have no edges here."
        ),
        unit="recps",
        axis="short",
        queries=(Query(rate, "{{le}}", shape="heatmap"),),
        nothing=_NUMBERS_ONLY,
        links=of_chosen_column(),
        width=12,
        height=9,
    )


def _up_to(how: str, counts: str, name: str) -> str:
    """The share of the values up to each edge. how: to add replicas up; counts: over `{}`."""
    finite = counts.replace("{}", series(name, ONE_COLUMN, le="!=+Inf"))
    every = counts.replace("{}", series(name, ONE_COLUMN, le="+Inf"))
    return f"{how} by (le) ({finite}) / on () group_left () ({how}({every}) > 0)"


def _share_of_all(by_cell: str) -> str:
    return f"{by_cell} / on () group_left () (sum({by_cell}) > 0)"
