"""What each gauge means for a column, in words that need no statistics."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from driftwatch.monitor.gauges import GaugeName
from driftwatch.monitor.report import StreamReport, WindowReport
from driftwatch.web.pages.words import fixed, number, percent

PSI_SMALL, PSI_LARGE = 0.1, 0.25
"""How the industry reads a PSI; see docs/explanation/statistics.md for where that comes from."""


@dataclass(frozen=True, slots=True)
class GaugeRow:
    """A gauge. value: as it stands; beside: what it was in training, where that is known."""

    name: str
    label: str
    value: str
    beside: str
    meaning: str


def gauge_rows(stream: StreamReport, window: WindowReport, column: int) -> Iterator[GaugeRow]:
    """The gauges of a column in one window."""
    gauges, baseline = window.gauges.by_name, stream.baseline
    if stream.columns[column].kind == "numeric":
        yield from _numeric(stream, window, column)
    psi, debiased = (float(gauges[name][column]) for name in _PSI)
    yield GaugeRow("psi", "PSI", fixed(psi, 3), "0", _psi_words(psi))
    yield GaugeRow(
        "psi_debiased",
        "PSI without chance",
        fixed(debiased, 3),
        "0",
        "the same with the rarest taken together and the noise taken off: what training hardly "
        "had, new words above all, makes the first large and not this one",
    )
    if stream.columns[column].kind == "categorical":
        distance = float(gauges["jensen_shannon"][column])
        yield GaugeRow(
            "jensen_shannon",
            "Jensen-Shannon distance",
            number(distance),
            "0",
            "0 is the same mix of words, 1 is no word in common",
        )
        yield _ratio("new_category_ratio", "never seen in training", stream, window, column)
        yield _ratio("top_class_ratio", "the most frequent value", stream, window, column)
    missing = float(gauges["missing_ratio"][column])
    yield GaugeRow(
        "missing_ratio",
        "missing",
        percent(missing),
        percent(float(baseline["missing_ratio"][column])),
        "records without a usable value: null, absent, NaN or of the wrong type",
    )


_PSI: tuple[GaugeName, GaugeName] = ("psi", "psi_debiased")


def _numeric(stream: StreamReport, window: WindowReport, column: int) -> Iterator[GaugeRow]:
    gauges, baseline = window.gauges.by_name, stream.baseline
    low, high = (float(gauges[name][column]) for name in ("ks_statistic", "ks_upper_bound"))
    yield GaugeRow(
        "ks_statistic",
        "KS distance",
        f"{number(low)} to {number(high)}",
        "0",
        "the largest gap between the two distributions: at some value, the share of smaller ones "
        f"differs by {percent(low)} at least",
    )
    moved = float(gauges["wasserstein_normalized"][column])
    yield GaugeRow(
        "wasserstein_normalized",
        "Wasserstein distance",
        number(moved),
        "0",
        f"a value has moved by {number(moved)} standard deviations of training on average",
    )
    for name, label in (("mean", "mean"), ("stddev", "standard deviation")):
        live = float(gauges["column_mean" if name == "mean" else "column_stddev"][column])
        yield GaugeRow(
            f"column_{name}",
            label,
            number(live),
            number(float(baseline[name][column])),
            "of the finite values",
        )
    yield _ratio("out_of_range_ratio", "outside the training range", stream, window, column)


def _ratio(
    name: GaugeName, label: str, stream: StreamReport, window: WindowReport, column: int
) -> GaugeRow:
    return GaugeRow(
        name,
        label,
        percent(float(window.gauges.by_name[name][column])),
        percent(float(stream.baseline[name][column])),
        "of the records that have a value",
    )


def _psi_words(value: float) -> str:
    if math.isnan(value):
        return "not known: fewer than 50 values in the window"
    if value < PSI_SMALL:
        return f"as usual: commonly read as no change below {PSI_SMALL}"
    if value < PSI_LARGE:
        return f"commonly read as a moderate change, between {PSI_SMALL} and {PSI_LARGE}"
    return f"commonly read as a large change, above {PSI_LARGE}"
