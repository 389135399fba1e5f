"""Plain thresholds on gauges, and the alarm states that they give.

At each closed pane the gauges of the alarm window are held against each column's bounds. A severity
is raised when a statistic passes its bound, and cleared when all have stayed at or below theirs for
`hold`. A pane that says nothing (too few rows) changes nothing, and nothing clears while the
statistic that raised it is unknown, so that blindness resolves no page.

Ratios are compared after the baseline's own ratio has been taken off: a column that was missing in
30% of the training data is not in alarm for being missing in 31%.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from driftwatch.monitor.gauges import RATIO_GAUGES, GaugeName, Gauges
from driftwatch.records import BoolArray, FloatArray, IntArray

Severity = Literal["info", "page"]
SEVERITIES: tuple[Severity, ...] = ("info", "page")

AlarmLevel = Literal["ok", "info", "page"]

_NEVER = -1


class Bound(NamedTuple):
    """What a statistic must pass; None where that severity is never raised by it."""

    info: float | None
    page: float | None


@dataclass(frozen=True, slots=True, eq=False)
class AlarmPolicy:
    """Bounds of C columns.

    statistics: the gauges that have a bound for some column (T of them).
    bounds: (severities, T, C); NaN where there is none.
    baseline: (T, C) what is taken off a statistic before it is compared.
    hold_us: how long a severity stays raised after the last pane that passed a bound.
    """

    statistics: tuple[GaugeName, ...]
    bounds: FloatArray
    baseline: FloatArray
    hold_us: int


def alarm_policy(
    bounds: Sequence[Mapping[GaugeName, Bound]],
    baseline: Mapping[str, FloatArray],
    hold_us: int,
) -> AlarmPolicy:
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
    return AlarmPolicy(
        statistics, array, np.array(taken_off).reshape(len(statistics), len(bounds)), hold_us
    )


@dataclass(frozen=True, slots=True, eq=False)
class AlarmState:
    """Where the alarms of C columns stand, all arrays (severities, C).

    raised_us: when the severity was raised, -1 while it is not.
    onset_us: the start of the first pane that passed it, or `info`; -1 while it is not raised.
    passed_us: the end of the last pane that passed it; -1 for never.
    statistic: index of the statistic that passed it most, into the policy's.
    value: what that statistic was when last passed.
    """

    raised_us: IntArray
    onset_us: IntArray
    passed_us: IntArray
    statistic: IntArray
    value: FloatArray

    @classmethod
    def quiet(cls, columns: int) -> "AlarmState":
        """No alarm at all."""
        shape = (len(SEVERITIES), columns)
        return cls(
            raised_us=np.full(shape, _NEVER, dtype=np.int64),
            onset_us=np.full(shape, _NEVER, dtype=np.int64),
            passed_us=np.full(shape, _NEVER, dtype=np.int64),
            statistic=np.zeros(shape, dtype=np.int64),
            value=np.full(shape, np.nan),
        )

    @property
    def active(self) -> BoolArray:
        """(severities, C) which severities are raised."""
        return self.raised_us >= 0

    def level(self, column: int) -> AlarmLevel:
        """The highest severity that is raised for a column."""
        info, page = self.active[:, column]
        return "page" if page else "info" if info else "ok"

    @property
    def arrays(self) -> tuple[IntArray | FloatArray, ...]:
        """All of them, in their order."""
        return tuple(getattr(self, name) for name in AlarmState.__slots__)

    def counted_by(self, before: Sequence[str], after: Sequence[str]) -> "AlarmState":
        """The same alarms where the statistics are others now.

        Alarms by statistics that are no longer there are dropped.
        """
        places = [after.index(name) if name in after else _NEVER for name in before]
        known = np.array([*places, _NEVER])[np.minimum(self.statistic, len(before))]
        dropped = known == _NEVER
        return AlarmState(
            np.where(dropped, _NEVER, self.raised_us),
            np.where(dropped, _NEVER, self.onset_us),
            np.where(dropped, _NEVER, self.passed_us),
            np.where(dropped, 0, known),
            np.where(dropped, np.nan, self.value),
        )

    def to_bytes(self) -> bytes:
        """For the store; `from_bytes` gives it back to the bit."""
        return msgspec.msgpack.encode([(a.dtype.str, a.shape, a.tobytes()) for a in self.arrays])

    @classmethod
    def from_bytes(cls, data: bytes) -> "AlarmState":
        """Raises msgspec.MsgspecError or ValueError for bytes that are not a state."""
        stored = msgspec.msgpack.decode(data, type=list[tuple[str, list[int], bytes]])
        if [kind for kind, _, _ in stored] != _STORED:
            raise ValueError("not the state of alarms")
        return cls(
            *(np.frombuffer(raw, dtype=kind).reshape(shape).copy() for kind, shape, raw in stored)
        )


_STORED = [array.dtype.str for array in AlarmState.quiet(0).arrays]


class Change(NamedTuple):
    """An alarm that was raised or cleared by a pane; cleared_us is None while it stands."""

    column: int
    severity: Severity
    raised_us: int
    onset_us: int
    cleared_us: int | None
    statistic: str
    value: float

    @property
    def raised(self) -> bool:
        """Whether this is the beginning of an alarm, not its end."""
        return self.cleared_us is None


def standing(policy: AlarmPolicy, state: AlarmState, severity: int, column: int) -> Change:
    """An alarm that is raised, as the change that raised it."""
    return Change(
        column,
        SEVERITIES[severity],
        int(state.raised_us[severity, column]),
        int(state.onset_us[severity, column]),
        None,
        policy.statistics[state.statistic[severity, column]],
        float(state.value[severity, column]),
    )


def step(
    policy: AlarmPolicy, state: AlarmState, gauges: Gauges, start_us: int, end_us: int
) -> tuple[AlarmState, list[Change]]:
    """The alarms after a pane [start_us, end_us) has closed.

    gauges: of the alarm window as it ends with that pane.
    """
    if not policy.statistics:
        return state, []
    raw = np.stack([gauges.by_name[name] for name in policy.statistics])
    values = raw - policy.baseline
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.where(policy.bounds > 0, values / policy.bounds, values - policy.bounds + 1.0)
        passed = values > policy.bounds
    passes = passed.any(axis=1)
    worst = np.argmax(np.where(passed, excess, -np.inf), axis=1)
    columns = np.arange(passes.shape[1])
    passed_us = np.where(passes, end_us, state.passed_us)
    # What raised it has to be known to be well: where that is unknown, others don't count.
    known = ~np.isnan(values[state.statistic, columns])
    clears = state.active & known & ~passes & (end_us - passed_us >= policy.hold_us)
    raises = passes & ~state.active
    raised_us = np.where(raises, end_us, np.where(clears, _NEVER, state.raised_us))
    onset_us = np.where(raises, start_us, np.where(clears, _NEVER, state.onset_us))
    # What pages began when it was first worth an info.
    since_info = raises[1] & (raised_us[0] >= 0)
    onset_us[1] = np.where(since_info, np.minimum(onset_us[0], onset_us[1]), onset_us[1])
    after = AlarmState(
        raised_us,
        onset_us,
        passed_us,
        statistic=np.where(passes, worst, state.statistic),
        value=np.where(passes, raw[worst, columns], state.value),
    )
    changes = [
        standing(policy, after, severity, column)
        if raises[severity, column]
        else standing(policy, state, severity, column)._replace(cleared_us=end_us)
        for severity, column in np.argwhere(raises | clears).tolist()
    ]
    return after, changes
