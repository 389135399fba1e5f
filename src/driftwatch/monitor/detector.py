"""The detectors of one stream, and the alarms that they raise.

At each closed pane the evidence bank looks at the pane, and the thresholds, if there are any, at
the alarm window that ends with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.monitor.alarms import (
    EVIDENCE,
    SEVERITIES,
    AlarmState,
    Change,
    Verdict,
    standing,
    step,
)
from driftwatch.monitor.gauges import Gauges
from driftwatch.monitor.thresholds import ThresholdPolicy, judge
from driftwatch.pieces import Pieces
from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.counts import Counts
from driftwatch.stats.detectable import min_detectable_shift
from driftwatch.stats.evidence import Bank, Since, Winner
from driftwatch.stats.members import Basis

_NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class DetectorPolicy:
    """What the alarms of a stream promise. C columns.

    tolerance: (C,) the change, on the scale of `stats.slack.h`, that nobody is paged for.
    watched: columns that share the budget, over all streams of the process.
    budget_panes: panes in which all of them together may raise one false alarm of each severity;
        None where the bank is off.
    hold_us: how long an alarm stays raised after the last pane that passed.
    """

    tolerance: FloatArray
    watched: int
    budget_panes: float | None
    thresholds: ThresholdPolicy
    hold_us: int


class _Stored(msgspec.Struct, frozen=True):
    statistics: tuple[str, ...]
    alarms: bytes
    bank: bytes | None


class Detector:
    """The state of the alarms of one stream."""

    def __init__(self, baseline: Baseline, policy: DetectorPolicy) -> None:
        self.policy = policy
        self.statistics: tuple[str, ...] = (*policy.thresholds.statistics, EVIDENCE)
        self.alarms = AlarmState.quiet(len(baseline.columns))
        self.bank: Bank | None = None
        self.bases: tuple[Basis, ...] = ()
        if policy.budget_panes is not None and baseline.columns:
            self.bases = baseline.bases()
            self.bank = Bank(self.bases, policy.tolerance, policy.watched, policy.budget_panes)
            self._state = self.bank.start()
            starts = baseline.layout().starts
            self._bounds = np.concatenate(
                [b.events.bounds[:-1] + s for b, s in zip(self.bases, starts, strict=False)]
            )

    def prepare(self, start_us: int) -> Pieces[None]:
        """Work out, in pieces, what a step at a pane that begins then will need."""
        if self.bank is not None:
            yield from self.bank.prepare(start_us)

    def step(
        self,
        pane: IntArray,
        rows: int,
        gauges: Callable[[], Gauges | None],
        start_us: int,
        end_us: int,
    ) -> list[Change]:
        """What changes as a pane closes.

        pane: its cells. gauges: those of the alarm window; asked for only where they matter.
        """
        verdicts = []
        if self.bank is not None:
            groups = np.add.reduceat(pane, self._bounds)
            self._state = self.bank.step(self._state, groups, rows, start_us)
            verdicts.append(self._judge(self.bank))
        if self.policy.thresholds.statistics:
            verdicts.append(judge(self.policy.thresholds, self.alarms, gauges(), start_us))
        if not verdicts:
            return []
        self.alarms, changes = step(self.alarms, verdicts, self.policy.hold_us, end_us)
        if self.bank is not None:
            ended = np.zeros_like(self.alarms.active)
            for change in changes:
                if not change.raised:
                    ended[SEVERITIES.index(change.severity), change.column] = True
            self._state = self.bank.reset(self._state, ended)
        return changes

    def _judge(self, bank: Bank) -> Verdict:
        evidence = bank.evidence(self._state)
        passes = evidence >= 1.0
        onset_us = np.full(passes.shape, _NOWHERE, dtype=np.int64)
        for severity, column in np.argwhere(passes & ~self.alarms.active).tolist():
            winner = bank.winner(self._state, severity, column)
            assert winner is not None
            onset_us[severity, column] = winner.onset_us
        statistic = np.full(passes.shape, len(self.statistics) - 1)
        return Verdict(passes, bank.quiet(self._state), statistic, evidence, onset_us)

    def winner(self, severity: int, column: int, since: Counts) -> Winner | None:
        """What says most about a column; None where nothing does. since: counts from its onset."""
        if self.bank is None:
            return None
        groups = np.add.reduceat(since.cells, self._bounds)
        return self.bank.winner(self._state, severity, column, Since(groups, since.rows))

    def take_share(self, share: float) -> None:
        """Spend this part of the budget of false alarms only. See `Bank.take_share`."""
        if self.bank is not None:
            self.bank.take_share(share)

    def quieten(self) -> None:
        """Forget all alarms and all evidence."""
        self.alarms = AlarmState.quiet(self.alarms.active.shape[1])
        if self.bank is not None:
            self._state = self.bank.start()

    @property
    def evidence(self) -> FloatArray:
        """(severities, C) from 0 to 1, the alarm; NaN where the bank is off."""
        if self.bank is None:
            return np.full(self.alarms.active.shape, np.nan)
        return self.bank.evidence(self._state)

    @cached_property
    def min_detectable_shift(self) -> FloatArray:
        """(C,) see `stats.detectable`; NaN where the bank is off."""
        if self.bank is None:
            return np.full(self.alarms.active.shape[1], np.nan)
        return min_detectable_shift(self.bank.watch)

    def standing(self, severity: int, column: int) -> Change:
        """An alarm that is raised, as the change that raised it."""
        return standing(self.alarms, severity, column)

    def to_bytes(self) -> bytes:
        """For the store."""
        bank = None if self.bank is None else self.bank.to_bytes(self._state)
        return msgspec.msgpack.encode(_Stored(self.statistics, self.alarms.to_bytes(), bank))

    def restore(self, data: bytes) -> None:
        """Take up what was stored. Raises msgspec.MsgspecError or ValueError.

        Alarms by statistics that are no longer watched are dropped, the others go on. Evidence
        that was gathered for other events (the baseline is another one) starts anew.
        """
        stored = msgspec.msgpack.decode(data, type=_Stored)
        alarms = AlarmState.from_bytes(stored.alarms)
        if alarms.raised_us.shape == self.alarms.raised_us.shape:
            self.alarms = alarms.counted_by(stored.statistics, self.statistics)
        if self.bank is not None and stored.bank is not None and self.bank.fits(stored.bank):
            self._state = self.bank.from_bytes(stored.bank)
