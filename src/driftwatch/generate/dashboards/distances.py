"""How far a column is from its baseline, by every measure, and its moments beside it."""

from driftwatch.generate.dashboards.colours import BASELINE, LIVE
from driftwatch.generate.dashboards.drill import of_chosen_column
from driftwatch.generate.dashboards.panels import Panel, Query, Style, TimeSeries
from driftwatch.generate.dashboards.promql import max_by, series
from driftwatch.generate.dashboards.variables import ONE_COLUMN

_IN_WINDOW = {**ONE_COLUMN, "window": "$window"}
_NUMBERS_ONLY = "numeric columns only"


def distances() -> tuple[Panel, ...]:
    """Distances between the distributions."""
    return (
        _lines(
            "Kolmogorov-Smirnov distance",
            "The distance of the chosen window from the baseline lies between these two lines: 0 "
            "for the same distribution, 1 for nothing in common. The band is what bins can't tell. "
            "Noise alone makes it about 1 over the square root of the records in the window.",
            (
                Query(_gauge("ks_statistic"), "at least"),
                Query(_gauge("ks_upper_bound"), "at most"),
            ),
            styles=(Style("at least", LIVE), Style("at most", LIVE, fill_to="at least")),
            nothing=_NUMBERS_ONLY,
        ),
        _lines(
            "Population stability index",
            "PSI of the chosen window, and less what chance alone makes of it: that one stays "
            "around 0 while nothing drifts, whatever the traffic. It counts rare cells together, "
            "so new words raise only the other one. People call 0.1 a little and 0.25 a lot; the "
            "alarm goes by the evidence.",
            (Query(_gauge("psi"), "PSI"), Query(_gauge("psi_debiased"), "less chance")),
            styles=(Style("PSI", BASELINE, dashed=True), Style("less chance", LIVE)),
        ),
        _lines(
            "Other distances",
            "For numbers the Wasserstein distance, how far values had to be moved in standard "
            "deviations of the baseline; for words the Jensen-Shannon distance, from 0 to 1. Both "
            "are around 0 as long as nothing drifts.",
            (
                Query(_gauge("wasserstein_normalized"), "Wasserstein, in standard deviations"),
                Query(_gauge("jensen_shannon"), "Jensen-Shannon"),
            ),
        ),
    )


def moments() -> tuple[Panel, ...]:
    """Mean and standard deviation, each beside the baseline's."""
    return (
        _against_baseline(
            "Mean",
            "Mean of the finite values in the chosen window; the dashed line is that of training. "
            "A few huge values move it, so look at the distribution before you believe it.",
            Query(_gauge("column_mean"), "live"),
            "baseline_mean",
        ),
        _against_baseline(
            "Standard deviation",
            "Of the finite values in the chosen window; the dashed line is that of training. Near "
            "0 says that the column is stuck at one value.",
            Query(_gauge("column_stddev"), "live"),
            "baseline_stddev",
        ),
    )


def shares() -> tuple[Panel, ...]:
    """Missing, and never seen in training."""
    return (
        _against_baseline(
            "Missing values",
            "Share of the records without a usable value: null, absent, not a number, or of the "
            "wrong type. The dashed line is that of training. A step is most often a client or a "
            "join upstream; the status page says which of the four it is.",
            Query(_gauge("missing_ratio"), "live"),
            "baseline_missing_ratio",
            unit="percentunit",
            high=0.02,
        ),
        _lines(
            "Never seen in training",
            "Share of the numbers outside the baseline's range, or of the words that the baseline "
            "does not know. Close to 0 is normal. The status page names new words, unless the "
            "column is sensitive or too few records had them.",
            (
                Query(_gauge("out_of_range_ratio"), "out of range"),
                Query(_gauge("new_category_ratio"), "new words"),
            ),
            unit="percentunit",
            high=0.02,
        ),
    )


def _against_baseline(
    title: str,
    words: str,
    live: Query,
    baseline: str,
    unit: str = "short",
    high: float | None = None,
) -> Panel:
    line = Query(max_by((), series(baseline, ONE_COLUMN)), "baseline")
    return _lines(
        title,
        words,
        (live, line),
        unit=unit,
        low=0 if unit == "percentunit" else None,
        high=high,
        styles=(Style("live", LIVE), Style("baseline", BASELINE, dashed=True)),
        nothing="no data" if unit == "percentunit" else _NUMBERS_ONLY,
    )


def _lines(
    title: str,
    words: str,
    queries: tuple[Query, ...],
    unit: str = "none",
    low: float | None = 0,
    high: float | None = None,
    styles: tuple[Style, ...] = (),
    nothing: str = "no data",
) -> Panel:
    third = unit == "none"
    return TimeSeries(
        title=title,
        description=words,
        unit=unit,
        decimals=3 if third else None,
        queries=queries,
        about=(low, high),
        styles=styles,
        nothing=nothing,
        links=of_chosen_column(),
        width=8 if third else 12,
        height=8,
    )


def _gauge(name: str) -> str:
    return max_by((), series(name, _IN_WINDOW))
