"""Plain thresholds on gauges, for those who want them beside the calibrated alarm.

At each closed pane the gauges of the alarm window are held against each column's bounds. A severity
passes when a statistic is beyond its bound. A window that says nothing (too few rows) says nothing
here either, and an alarm does not end while the statistic that raised it is unknown, so that
blindness resolves no page.

Ratios are compared after the baseline's own ratio has been taken off: a column that was missing in
30% of the training data is not in alarm for being missing in 31%.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from driftwatch.monitor.alarms import SEVERITIES, AlarmState, Verdict
from driftwatch.monitor.gauges import RATIO_GAUGES, GaugeName, Gauges
from driftwatch.records import BoolArray, FloatArray


class Bound(NamedTuple):
    """What a statistic must pass; None where that severity is never raised by it."""

    info: float | None
    page: float | None


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdPolicy:
    """Bounds of C columns.

    statistics: the gauges that have a bound for some column (T of them).
    bounds: (severities, T, C); NaN where there is none.
    baseline: (T, C) what is taken off a statistic before it is compared.
    """

    statistics: tuple[GaugeName, ...]
    bounds: FloatArray
    baseline: FloatArray


def threshold_policy(
    bounds: Sequence[Mapping[GaugeName, Bound]], baseline: Mapping[str, FloatArray]
) -> ThresholdPolicy:
    """The policy for columns with these bounds.

    bounds: each column's, by statistic; baseline: the baseline's ratios (see `baseline_gauges`).
    """
    statistics = tuple(sorted({name for column in bounds for name in column}))
    array = np.full((len(SEVERITIES), len(statistics), len(bounds)), np.nan)
    for c, column in enumerate(bounds):
        for name, bound in column.items():
            array[:, statistics.index(name), c] = [
                np.nan if limit is None else limit for limit in bound
            ]
    taken_off = [
        np.nan_to_num(baseline[name]) if name in RATIO_GAUGES else np.zeros(len(bounds))
        for name in statistics
    ]
    return ThresholdPolicy(
        statistics, array, np.array(taken_off).reshape(len(statistics), len(bounds))
    )


def judge(
    policy: ThresholdPolicy, state: AlarmState, gauges: Gauges | None, start_us: int
) -> Verdict:
    """What the thresholds say of the alarm window as it ends with the pane from `start_us` on.

    gauges: of that window; None where it has too few rows to say anything.
    """
    own = state.active & (state.statistic < len(policy.statistics))
    if gauges is None or not policy.statistics:
        nothing = np.zeros_like(own)
        return Verdict(nothing, ~own, state.statistic, state.value, state.onset_us)
    raw = np.stack([gauges.by_name[name] for name in policy.statistics])
    values = raw - policy.baseline
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.where(policy.bounds > 0, values / policy.bounds, values - policy.bounds + 1.0)
        passed = values > policy.bounds
    passes: BoolArray = np.asarray(passed.any(axis=1))
    worst = np.argmax(np.where(passed, excess, -np.inf), axis=1)
    columns = np.arange(passes.shape[1])
    # What raised it has to be known to be well: where that is unknown, others don't count.
    last = np.minimum(state.statistic, len(policy.statistics) - 1)
    known = ~np.isnan(values[last, columns])
    onset_us = np.full(passes.shape, start_us, dtype=np.int64)
    quiet = ~passes & (known | ~own)
    return Verdict(passes, quiet, worst, raw[worst, columns], onset_us, from_info=True)
