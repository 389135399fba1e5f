"""Alarm states: what the detectors say at each closed pane, and which alarms stand after it.

A column has two detectors: the evidence bank (`stats.evidence`), which keeps a budget of false
alarms, and the plain thresholds that somebody has set on its gauges (`monitor.thresholds`). Each
gives a `Verdict`; a severity is raised when one of them passes, and cleared when none has passed
for `hold` and all are quiet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from driftwatch.records import BoolArray, FloatArray, IntArray

Severity = Literal["info", "page"]
SEVERITIES: tuple[Severity, ...] = ("info", "page")

AlarmLevel = Literal["ok", "info", "page"]

EVIDENCE = "evidence"
"""What an alarm of the bank gives for its statistic."""

_NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a detector says at the end of a pane, all arrays (severities, C).

    passes: the severity is due. quiet: an alarm may end, as far as this detector goes.
    statistic: index of what passed most. value: what it is. onset_us: since when.
    from_info: what pages began when it was first worth an `info`.
    """

    passes: BoolArray
    quiet: BoolArray
    statistic: IntArray
    value: FloatArray
    onset_us: IntArray
    from_info: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class AlarmState:
    """Where the alarms of C columns stand, all arrays (severities, C).

    raised_us: when the severity was raised, -1 while it is not.
    onset_us: when what raised it began; -1 while it is not raised.
    passed_us: the end of the last pane at which a detector passed; -1 for never.
    statistic: index of the statistic that passed, into those of the stream.
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
    """An alarm that was raised or cleared by a pane; cleared_us is None while it stands.

    statistic: index into those of the stream.
    """

    column: int
    severity: Severity
    raised_us: int
    onset_us: int
    cleared_us: int | None
    statistic: int
    value: float

    @property
    def raised(self) -> bool:
        """Whether this is the beginning of an alarm, not its end."""
        return self.cleared_us is None


def standing(state: AlarmState, severity: int, column: int) -> Change:
    """An alarm that is raised, as the change that raised it."""
    return Change(
        column,
        SEVERITIES[severity],
        int(state.raised_us[severity, column]),
        int(state.onset_us[severity, column]),
        None,
        int(state.statistic[severity, column]),
        float(state.value[severity, column]),
    )


def step(
    state: AlarmState, verdicts: Sequence[Verdict], hold_us: int, end_us: int
) -> tuple[AlarmState, list[Change]]:
    """The alarms after a pane that ended at `end_us`. Where two verdicts pass, the first speaks."""
    passes = np.zeros_like(state.active)
    quiet = np.ones_like(state.active)
    from_info = np.zeros(passes.shape[1], dtype=np.bool_)
    statistic, value, began_us = state.statistic, state.value, state.onset_us
    for verdict in reversed(verdicts):
        passes |= verdict.passes
        quiet &= verdict.quiet
        statistic = np.where(verdict.passes, verdict.statistic, statistic)
        value = np.where(verdict.passes, verdict.value, value)
        began_us = np.where(verdict.passes, verdict.onset_us, began_us)
        from_info[verdict.passes[1]] = verdict.from_info
    passed_us = np.where(passes, end_us, state.passed_us)
    raises = passes & ~state.active
    clears = state.active & quiet & ~passes & (end_us - passed_us >= hold_us)
    raised_us = np.where(raises, end_us, np.where(clears, _NEVER, state.raised_us))
    onset_us = np.where(raises, began_us, np.where(clears, _NEVER, state.onset_us))
    earlier = raises[1] & from_info & (raised_us[0] >= 0)
    onset_us[1] = np.where(earlier, np.minimum(onset_us[0], onset_us[1]), onset_us[1])
    after = AlarmState(raised_us, onset_us, passed_us, statistic, value)
    changes = [
        standing(after, severity, column)
        if raises[severity, column]
        else standing(state, severity, column)._replace(cleared_us=end_us)
        for severity, column in np.argwhere(raises | clears).tolist()
    ]
    return after, changes
