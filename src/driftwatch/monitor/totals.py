"""What a process has seen since it began, whatever was reloaded meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftwatch.explain.named import MANY
from driftwatch.monitor.alarm_log import AlarmLog
from driftwatch.monitor.blindness import RecentCounts
from driftwatch.records import Batch, ModelVersion, Partition, Reason, StreamKey

MAX_STRANGERS = 100
"""Versions without a baseline whose names are kept."""


@dataclass(slots=True)
class Totals:
    """Counters and memories that a reload hands on, so that nothing published ever goes back.

    tallies: records by outcome, and by reason as `reason:...`; confirmed ones only.
    recent: the same of the last while.
    last_record_us: when, by the clock that is handed in, each stream last counted a record.
    gaps: by partition, the latest loss before reading: when it was found, and in words.
    refused: by reason, partition and offset of the latest record that was rejected for it.
    strangers: records of versions without a baseline, the one seen last in the end.
    checkpoint_us: when records were last confirmed.
    """

    recent: RecentCounts
    tallies: dict[str, int] = field(default_factory=dict)
    alarms: AlarmLog = field(default_factory=AlarmLog)
    unknown_columns: dict[str, None] = field(default_factory=dict)
    last_record_us: dict[StreamKey, int] = field(default_factory=dict)
    gaps: dict[Partition, tuple[int, str]] = field(default_factory=dict)
    refused: dict[Reason, tuple[Partition, int]] = field(default_factory=dict)
    strangers: dict[ModelVersion, int] = field(default_factory=dict)
    checkpoint_us: int | None = None

    def remember(self, batch: Batch, strangers: Mapping[ModelVersion, int]) -> None:
        """Keep an example of each reason, and the names of versions that nobody knows."""
        if batch.offsets is not None:
            for position, reason in batch.rejected:
                self.refused[reason] = (batch.partition, int(batch.offsets[position]))
        for stranger, count in strangers.items():
            self.strangers[stranger] = self.strangers.pop(stranger, 0) + count
            if len(self.strangers) > MAX_STRANGERS:
                del self.strangers[next(iter(self.strangers))]

    def strangers_of(self, model: str) -> tuple[str, ...]:
        """Versions of a model without a baseline that may be named, the latest first.

        As with any value of a record: those that many records had.
        """
        latest = reversed(self.strangers.items())
        return tuple(s.version for s, count in latest if s.model == model and count >= MANY)

    def grow(self, now_us: int, changes: Mapping[str, int]) -> None:
        """Add confirmed records."""
        self.recent.add(now_us, changes)
        for name, count in changes.items():
            self.tallies[name] = self.tallies.get(name, 0) + count
