"""What a process has seen since it began, whatever was reloaded meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftwatch.monitor.alarm_log import AlarmLog
from driftwatch.monitor.blindness import RecentCounts
from driftwatch.records import Partition, StreamKey


@dataclass(slots=True)
class Totals:
    """Counters and memories that a reload hands on, so that nothing published ever goes back.

    tallies: records by outcome, and by reason as `reason:...`; confirmed ones only.
    recent: the same of the last while.
    last_record_us: when, by the clock that is handed in, each stream last counted a record.
    gaps: by partition, the latest loss before reading: when it was found, and in words.
    checkpoint_us: when records were last confirmed.
    """

    recent: RecentCounts
    tallies: dict[str, int] = field(default_factory=dict)
    alarms: AlarmLog = field(default_factory=AlarmLog)
    unknown_columns: dict[str, None] = field(default_factory=dict)
    last_record_us: dict[StreamKey, int] = field(default_factory=dict)
    gaps: dict[Partition, tuple[int, str]] = field(default_factory=dict)
    checkpoint_us: int | None = None

    def grow(self, now_us: int, changes: Mapping[str, int]) -> None:
        """Add confirmed records."""
        self.recent.add(now_us, changes)
        for name, count in changes.items():
            self.tallies[name] = self.tallies.get(name, 0) + count
