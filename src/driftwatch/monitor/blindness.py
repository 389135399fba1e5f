"""Reasons why the silence of a stream can't be believed.

Each is decided from plain facts at one moment; a stream may be blind for several reasons at once.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from driftwatch.monitor.gauges import MIN_ROWS
from driftwatch.monitor.report import BlindReason
from driftwatch.records import REASONS, SECOND_US, UNROUTED_REASONS, Reason

MOST_NAMES = 3
"""Versions without a baseline that are named."""
MOST_SIGNS = 64


@dataclass(frozen=True, slots=True)
class BlindPolicy:
    """What is too long, too late or too much.

    no_records_after_us: silence of a stream that is too long. lagging_after_us: how far behind
    now event time may be while records wait. stale_after_us: how old a checkpoint may be. ratio: of
    the records in the last `recent_us`, how many may be lost to one cause.
    """

    no_records_after_us: int
    lagging_after_us: int
    stale_after_us: int
    recent_us: int
    ratio: float = 0.1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is true of the process, for all streams alike.

    disconnected_since_us, checkpoint_us: None while connected, before the first checkpoint.
    waiting_us: how far event time has come where records wait to be read; None where none do.
    recent: records by outcome in the last while, and by reason. held_us: how far a partition that
    is read to its end, and still written to, holds event time back. refused: by reason, where such
    a record stands, in words.
    """

    now_us: int
    started_us: int
    disconnected_since_us: int | None
    checkpoint_us: int | None
    waiting_us: int | None
    recent: Mapping[str, int]
    held_us: int = 0
    refused: Mapping[Reason, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What is true of one stream.

    last_record_us: when its last record was counted, by `now`. unrouted: recent records of its
    model of an unknown version. window_rows, window_fill: of its shortest window. elsewhere:
    partitions of which another member has counted a part of that window. gap: records lost before
    they were read, in words; None where none are known. strangers: versions of its model without a
    baseline, the latest first.
    """

    last_record_us: int | None
    unrouted: int
    window_rows: int
    window_fill: float
    elsewhere: int = 0
    gap: str | None = None
    strangers: Sequence[str] = ()


def blind_reasons(
    policy: BlindPolicy, around: Surroundings, stream: StreamFacts
) -> dict[BlindReason, str]:
    """The reasons that hold, each with a sentence for people."""
    now, found = around.now_us, dict[BlindReason, str]()
    if around.disconnected_since_us is not None:
        found["disconnected"] = (
            f"the log can't be reached for {_ago(now - around.disconnected_since_us)}"
        )
    silent = now - (stream.last_record_us or around.started_us)
    if silent > policy.no_records_after_us:
        found["no_records"] = f"no record for {_ago(silent)}"
    behind = 0 if around.waiting_us is None else now - around.waiting_us
    if behind > policy.lagging_after_us:
        found["lagging"] = f"reading {_ago(behind)} behind, with records waiting"
    elif around.held_us > policy.lagging_after_us:
        older = _ago(around.held_us)
        found["lagging"] = f"held back by a partition with records {older} older than the newest"
    if around.checkpoint_us is not None and now - around.checkpoint_us > policy.stale_after_us:
        found["stale_checkpoint"] = f"nothing saved for {_ago(now - around.checkpoint_us)}"
    found |= _lost(policy, around)
    if stream.unrouted:
        names = ", ".join(map(_shown, stream.strangers[:MOST_NAMES]))
        named = f": {names}" if names else ""
        found["unrouted"] = f"{stream.unrouted:,} records of a version without a baseline{named}"
    if stream.window_fill < 1.0:
        found["warming_up"] = f"the shortest window is {stream.window_fill:.0%} full"
    elif stream.elsewhere:
        found["under_filled"] = (
            f"a part of the shortest window stayed with whoever read {stream.elsewhere} of the "
            "partitions before"
        )
    elif stream.window_rows < MIN_ROWS:
        found["under_filled"] = (
            f"{stream.window_rows} records in the shortest window, {MIN_ROWS} are needed"
        )
    if stream.gap is not None:
        found["gap"] = stream.gap
    return found


def _lost(policy: BlindPolicy, around: Surroundings) -> dict[BlindReason, str]:
    recent = around.recent
    found: dict[BlindReason, str] = {}
    # What is unevaluated was counted as well.
    total = sum(recent.get(name, 0) for name in ("counted", "late", "rejected", "unrouted"))
    if total == 0:
        return found
    rejected = recent.get("rejected", 0) / total
    if rejected > policy.ratio:
        reason = max(REASONS, key=lambda reason: _rejected(recent, reason))
        at = f", as at {around.refused[reason]}" if reason in around.refused else ""
        words = f"{rejected:.0%} of the recent records could not be read (most: {reason}{at})"
        found["unparsed"] = words
    unmatched = recent.get("reason:unmatched", 0)
    halves = unmatched + 2 * recent.get("pairs", 0)
    # One pair may count many records: among those, lost ones would hardly show.
    if unmatched and unmatched / halves > policy.ratio:
        found["unparsed"] = (
            f"{unmatched / halves:.0%} of the recent requests and responses had no other half"
        )
    late = (recent.get("late", 0) + recent.get("unevaluated", 0)) / total
    if late > policy.ratio:
        found["late"] = f"{late:.0%} of the recent records came too late to be judged"
    return found


def _shown(name: str) -> str:
    """A name that a record gave itself; it can do a terminal no harm."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:MOST_SIGNS])


def _rejected(recent: Mapping[str, int], reason: Reason) -> int:
    return 0 if reason in UNROUTED_REASONS else recent.get(f"reason:{reason}", 0)


def _ago(span_us: int) -> str:
    seconds = span_us // SECOND_US
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


class RecentCounts:
    """How many of each kind there were in the last while, in a few dozen slots of time."""

    def __init__(self, span_us: int, slots: int = 30) -> None:
        self._span_us = span_us
        self._slot_us = max(1, span_us // slots)
        self._slots: deque[tuple[int, dict[str, int]]] = deque()

    def add(self, now_us: int, counts: Mapping[str, int]) -> None:
        """Count something at `now_us`."""
        slot = now_us // self._slot_us
        if not self._slots or self._slots[-1][0] != slot:
            self._slots.append((slot, {}))
        current = self._slots[-1][1]
        for name, count in counts.items():
            if count:
                current[name] = current.get(name, 0) + count

    def totals(self, now_us: int) -> dict[str, int]:
        """Everything counted in the span before `now_us`."""
        while self._slots and (self._slots[0][0] + 1) * self._slot_us <= now_us - self._span_us:
            self._slots.popleft()
        totals: dict[str, int] = {}
        for _, counts in self._slots:
            for name, count in counts.items():
                totals[name] = totals.get(name, 0) + count
        return totals
