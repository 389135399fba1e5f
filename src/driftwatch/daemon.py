"""The loop: the six steps of a record's way, in order.

    source.poll       what happened: partitions came or went, or bytes arrived
    decoder.decode    bytes become columns
    monitor.add       columns become counts, pending
    ledger.save, monitor.confirm
                      the checkpoint: what was pending is saved and committed, and becomes the state
    monitor.advance   panes close, alarms step, a report is made
    publish           whoever shows the report gets it

What follows a checkpoint may take seconds, where hundreds of columns move at once. It is done in
pieces: between two of them the loop reads on, and what it reads waits for the next checkpoint.

The same loop runs the daemon and a replay; they differ in the parts that they hand in and in what
they call `now`.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from typing import Protocol, runtime_checkable

import structlog

from driftwatch.deadletters.port import DeadLetters
from driftwatch.decode.composer import Composed
from driftwatch.errors import ConfigError, DriftwatchError, SourceError, StateError
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.pending import Join
from driftwatch.monitor.report import Report
from driftwatch.native import compiled
from driftwatch.pieces import Pieces
from driftwatch.protocol.checkpoint import Snapshot
from driftwatch.records import (
    Assigned,
    Batch,
    Half,
    Partition,
    Progress,
    RawBatch,
    Revoked,
    SourceEvent,
)
from driftwatch.sources.port import Gap, Source, Start
from driftwatch.state.ledger import Ledger

STEPS = ("poll", "decode", "count", "save", "commit", "advance", "publish")

LEAST_RECORDS, MOST_RECORDS = 1_000, 4_000
"""Records that are decoded at a time. A poll that brings fewer leaves time to rest."""
DECODE_VALUES = 80_000
"""Values that fit in the processor's cache."""
NEWCOMER_SECONDS = 60.0
"""How much longer a member that had all partitions bears to have a part of them."""
LETTERS_SECONDS = 2.0
"""How long a checkpoint waits for dead letters that nobody takes."""

_DONE = object()

log = structlog.get_logger(__name__)


class Decoder(Protocol):
    """Turns bytes into columns; never raises for what a record holds."""

    def decode(self, raw: RawBatch) -> Batch:
        """The batch's records as columns."""
        ...


@runtime_checkable
class Joiner(Protocol):
    """A decoder of a log in which a request and its response may be two records."""

    def join(self, pairs: Sequence[tuple[Half, Half]]) -> Composed:
        """The records of some pairs, requests first; their positions are the pairs' numbers."""
        ...


@dataclass(slots=True)
class Parts:
    """What the loop drives. A reload exchanges the decoder and the monitor.

    dead_letters: where records go that were not counted; None where they go nowhere.
    """

    source: Source
    decoder: Decoder
    monitor: Monitor
    ledger: Ledger
    dead_letters: DeadLetters | None = None


@dataclass(frozen=True, slots=True)
class LoopPolicy:
    """How the loop paces itself.

    checkpoint_every_s: seconds between two checkpoints. poll_timeout_s: how long a poll may wait.
    start: where a partition begins that nothing is known of, asked when it is needed.
    topics: what a group shares out among its members; none where there is no group.
    give_up_after_s: how long the loop goes on where nothing can be saved. needs_all_partitions:
    the halves of a pair may be of any two of them, so that a part of them is of no use.
    bears_a_part_s: how long it is waited then for the rest of them: a group goes on to share out
    to a member that was killed until its session is over.
    at_a_time_s: after so long with one thing, counting or a checkpoint, the loop turns to the next.
    linger_s: how long it rests where a poll brought little, so that batches grow: a batch of ten
    records costs nearly as much as one of a hundred.
    """

    checkpoint_every_s: float
    poll_timeout_s: float
    start: Callable[[], Start]
    topics: tuple[str, ...] = ()
    give_up_after_s: float = math.inf
    needs_all_partitions: bool = False
    bears_a_part_s: float = 0.0
    at_a_time_s: float = math.inf
    linger_s: float = 0.0


class Loop:
    """Drives the parts. One call of `turn` is one round of the six steps.

    seconds: time spent in each step.
    """

    def __init__(
        self,
        parts: Parts,
        policy: LoopPolicy,
        now: Callable[[], int],
        publish: Callable[[Report], None],
    ) -> None:
        """now: the time in microseconds since the epoch, asked once a turn."""
        self.parts = parts
        self.seconds = dict.fromkeys(STEPS, 0.0)
        self.partitions: set[Partition] = set()
        self._policy = policy
        self._now = now
        self._publish = publish
        self._unplaced: set[Partition] = set()
        self._sums_are_old = False
        self._unsaved_since: float | None = None
        self._had_all = False  # all partitions
        self._has_a_part_since: float | None = None
        self._next_checkpoint = time.monotonic()
        self._disconnected_since_us: int | None = None
        self._rest: Pieces[None] | None = None
        self._polled: deque[SourceEvent] = deque()
        self._brought_little = False

    def turn(self) -> None:
        """Poll and count; where a checkpoint is due, save, close panes and publish.

        What is not done after `LoopPolicy.at_a_time_s` goes on in the next turns.

        Raises ConfigError where pairs would be lost because of how the partitions are shared out.
        """
        self._sum_up()
        rests = self._rests_for_want_of_the_rest()
        if self._unplaced and not rests:
            self._place()
        if self.parts.monitor.pending_is_large:
            # Nothing can be saved at the moment: what is not read takes no memory.
            time.sleep(self._policy.poll_timeout_s)
        else:
            if not self._polled:
                self._poll(rests)
            self._take_up()
        begin = time.monotonic()
        if self._rest is None and begin >= self._next_checkpoint:
            self._save()
        self._go_on(self._policy.at_a_time_s - (time.monotonic() - begin))

    def _poll(self, rests: bool) -> None:
        """Ask what happened."""
        source, brought = self.parts.source, 0
        with self._timed("poll"):
            if self._brought_little and self._rest is None:
                left_s = self._next_checkpoint - time.monotonic()
                time.sleep(max(0.0, min(self._policy.linger_s, left_s)))
            ahead = self.parts.monitor.ahead(self._now(), source.progress())
            source.hold(self.partitions if rests else ahead)
            events = source.poll(self._policy.poll_timeout_s if self._rest is None else 0.0)
        for event in events:
            if isinstance(event, RawBatch):
                brought += len(event.values)
                self._polled.extend(event.pieces(self._decoded_at_a_time()))
            else:
                self._polled.append(event)
        self._brought_little = 0 < brought < LEAST_RECORDS

    def _decoded_at_a_time(self) -> int:
        """Records: a batch has a price of its own, and its arrays should stay in the cache.

        Without the compiled part it makes an object of each value, and the least is best.
        """
        if compiled() is None:
            return min(LEAST_RECORDS, MOST_RECORDS)
        streams = self.parts.monitor.streams.values()
        widest = max((len(stream.columns) for stream in streams), default=1)
        return min(MOST_RECORDS, max(LEAST_RECORDS, DECODE_VALUES // max(1, widest)))

    def _take_up(self) -> None:
        """Do what the polled events ask for, in their order, for a while."""
        begin = time.monotonic()
        while self._polled:
            event = self._polled.popleft()
            if isinstance(event, Assigned):
                self._unplaced.update(event.partitions)
                if not self._rests_for_want_of_the_rest(anew=True):
                    self._place()
            elif isinstance(event, Revoked):
                self._revoke(event.partitions)
            else:
                self._count(event)
                if time.monotonic() - begin >= self._policy.at_a_time_s:
                    break
        if self._polled:
            return
        for gap in self.parts.source.take_gaps():
            self._note(gap)
            if gap.reason == "recreated" and gap.partition in self.partitions:
                self._place_anew(gap.partition)

    def _progress(self) -> Mapping[Partition, Progress]:
        """How far each partition has been read; what is polled and not counted is not read."""
        unread = {event.partition for event in self._polled if isinstance(event, RawBatch)}
        return {
            p: replace(known, caught_up=False, ended=False) if p in unread else known
            for p, known in self.parts.source.progress().items()
        }

    def _count(self, raw: RawBatch) -> None:
        with self._timed("decode"):
            batch = self.parts.decoder.decode(raw)
        with self._timed("count"):
            judged = self.parts.monitor.add(batch, self._join)
            if self.parts.dead_letters is not None and judged is not None:
                lost = judged.not_counted(self.parts.dead_letters.causes)
                self.parts.dead_letters.send(raw, lost)
        # Far behind, a few records fall into many panes; memory must not grow with them.
        if self.parts.monitor.pending_is_large and self._confirm():
            with self._timed("advance"):
                self.parts.monitor.close_panes(self._now(), self._progress())

    def checkpoint(self) -> bool:
        """Save what is pending and publish what stands. False if it could not all be saved."""
        saved = self._save()
        self._go_on()
        return saved

    def _save(self) -> bool:
        """Begin a checkpoint; `_go_on` does the rest. False if it could not all be saved."""
        self._next_checkpoint = time.monotonic() + self._policy.checkpoint_every_s
        saved = self._confirm()
        self._rest = self._close_and_publish()
        return saved

    def _go_on(self, seconds: float = math.inf) -> None:
        """Do a piece of what is left of a checkpoint, and more of them for so many seconds."""
        begin = time.monotonic()
        while self._rest is not None:
            if next(self._rest, _DONE) is _DONE:
                self._rest = None
            elif time.monotonic() - begin >= seconds:
                return

    def _close_and_publish(self) -> Pieces[None]:
        """What follows a save: panes close, a report is made, and published."""
        monitor = self.parts.monitor
        monitor.take_share(self._share())
        closing, closed = monitor.closing(self._now(), self._progress()), False
        while not closed:
            with self._timed("advance"):
                closed = next(closing, _DONE) is _DONE
            yield
        with self._timed("advance"):
            report = self._report(self._now())
        yield
        with self._timed("publish"):
            self._publish(report)

    def replace(self, decoder: Decoder, monitor: Monitor) -> bool:
        """Go on with other settings. False, and nothing is changed, if the state can't be saved.

        Raises StateError, and nothing is changed, if it can't be read back.
        """
        # The first may save what was left over from an earlier failure, the second what came since.
        if not (self.checkpoint() and self.checkpoint()):
            return False
        monitor.adopt(self.parts.monitor, self._load(monitor, self.partitions))
        self.parts.decoder, self.parts.monitor = decoder, monitor
        self.checkpoint()
        return True

    def _confirm(self) -> bool:
        """Make what is pending the state. False if it can't be saved."""
        self._go_on()
        monitor = self.parts.monitor
        checkpoint = monitor.checkpoint()
        if checkpoint is not None:
            if self.parts.dead_letters is not None:
                # Before the frontier moves past them, or a crash would lose them.
                with self._timed("save"):
                    self.parts.dead_letters.flush(LETTERS_SECONDS)
            try:
                self.parts.ledger.save(checkpoint, self._timed)
            except (StateError, SourceError) as problem:
                # Tried again at the next checkpoint, the same one; until then nothing new is saved.
                log.warning("checkpoint not saved", problem=str(problem))
                self._give_up_in_the_end(problem)
                return False
        self._unsaved_since = None
        monitor.confirm(self._now())
        return True

    def _give_up_in_the_end(self, problem: DriftwatchError) -> None:
        """End a process that would only grow older. Raises StateError."""
        now = time.monotonic()
        self._unsaved_since = self._unsaved_since or now
        unsaved_s = now - self._unsaved_since
        # A log that is away is waited for: it has nothing for us, and another process would not
        # be told more.
        if unsaved_s > self._policy.give_up_after_s and isinstance(problem, StateError):
            raise StateError(
                f"nothing could be saved for {unsaved_s:.0f} s, so this process ends "
                "(state.give_up_after). What was read since will be read again. The last problem: "
                f"{problem}"
            ) from problem

    def _report(self, now_us: int) -> Report:
        source = self.parts.source
        if source.connected:
            self._disconnected_since_us = None
        elif self._disconnected_since_us is None:
            self._disconnected_since_us = now_us
        names = {partition: source.describe(partition) for partition in self.partitions}
        return self.parts.monitor.report(
            now_us, self._progress(), self._disconnected_since_us, names
        )

    def _rests_for_want_of_the_rest(self, *, anew: bool = False) -> bool:
        """Whether nothing is to be read, because only a part of the partitions is ours.

        The others may be those of a member that was killed, which the group has not missed yet; so
        they are waited for, and for longer by whoever had them all: a newcomer in vain is gone by
        then. anew: some were just assigned; topics that grow are otherwise no reason to look.
        Raises ConfigError where the rest does not come.
        """
        policy = self._policy
        if not policy.needs_all_partitions or not (anew or self._has_a_part_since):
            return False
        counts = [self.parts.source.partition_count(topic) for topic in policy.topics]
        total, ours = sum(count or 0 for count in counts), len(self.partitions | self._unplaced)
        if ours == 0 or ours >= total:
            self._had_all = self._had_all or ours > 0
            self._has_a_part_since = None
            return False
        patience_s = policy.bears_a_part_s + (NEWCOMER_SECONDS if self._had_all else 0.0)
        share = f"{ours} of the {total} partitions of {', '.join(policy.topics)}"
        now = time.monotonic()
        if self._has_a_part_since is None:
            log.warning(
                "a part of the partitions is of no use: waiting for the rest",
                ours=share,
                seconds=patience_s,
            )
            self._has_a_part_since = now
        if now - self._has_a_part_since >= patience_s:
            raise ConfigError(
                f"this member of the group was given {share}, and a request and its response may "
                "be in any two of them, so pairs would be lost. Run one member; or, where both are "
                "always in partitions of the same number, set decode.join.co_partitioned: true, "
                "with source.kafka.assignment: range"
            )
        return True

    @property
    def _join(self) -> Join | None:
        decoder = self.parts.decoder
        return decoder.join if isinstance(decoder, Joiner) else None

    def _share(self) -> float:
        """Which part of all partitions is ours; the whole where nobody else may have one."""
        counts = [self.parts.source.partition_count(topic) for topic in self._policy.topics]
        total = sum(count or 0 for count in counts)
        return min(1.0, len(self.partitions) / total) if total and self.partitions else 1.0

    def _load(self, monitor: Monitor, partitions: Collection[Partition]) -> Snapshot:
        """What is confirmed of these partitions."""
        snapshot = self.parts.ledger.load(partitions)
        for key in sorted(monitor.starting_anew(snapshot)):
            log.warning("stream starts anew: its baseline or its panes changed", **key._asdict())
        return snapshot

    def _place(self) -> None:
        """Let the partitions flow that were assigned; what can't be placed yet is tried again."""
        self._go_on()
        ledger, monitor = self.parts.ledger, self.parts.monitor
        if not self._is_settled():
            return
        try:
            placements = ledger.place(self._unplaced, self._policy.start())
            if not placements:
                return
            # Most files that appear are new ones: they change nothing that is already here.
            found = ledger.load(placements) if self.partitions else None
            matters = found is None or found.panes or found.halves
            ours = self.partitions.union(placements)
            snapshot = self._load(monitor, ours) if matters else None
            monitor.assign(placements, snapshot, join=self._join)
        except (SourceError, StateError) as problem:
            log.info("partitions wait to be placed", problem=str(problem))
            return
        self.partitions = ours
        self._unplaced.difference_update(placements)
        for partition, placement in placements.items():
            if placement.loss is not None:
                self._note(Gap(partition, *astuple(placement.loss)))
        self.parts.source.seek({p: placement.state.frontier for p, placement in placements.items()})
        if self.parts.source.has_group and any(p.is_news for p in placements.values()):
            # The group is told at once who reads from where: whoever comes next may rely on it.
            self._next_checkpoint = time.monotonic()

    def _revoke(self, partitions: tuple[Partition, ...]) -> None:
        self._go_on()
        self.parts.ledger.drop(partitions)
        self.partitions.difference_update(partitions)
        self._unplaced.difference_update(partitions)
        self.parts.monitor.revoke(partitions)
        self._sums_are_old = True
        self._sum_up()

    def _place_anew(self, partition: Partition) -> None:
        """Begin the log that took the place of the one that our frontier is an offset of.

        Under the old one's name its records would be taken for unread ones at the next start.
        """
        if self.parts.source.has_group:
            self._revoke((partition,))
            self._unplaced.add(partition)

    def _sum_up(self) -> None:
        """Take what was revoked out of the sums; what can't be read now is tried again."""
        if not self._sums_are_old or not self._is_settled():
            return
        self._go_on()
        monitor = self.parts.monitor
        try:
            monitor.restore(self._load(monitor, self.partitions))
        except StateError as problem:
            log.warning("revoked partitions are still in the windows", problem=str(problem))
        else:
            self._sums_are_old = False

    def _is_settled(self) -> bool:
        """Whether what the store holds is what the monitor has confirmed."""
        return not self.parts.ledger.is_settling or self._confirm()

    def _note(self, gap: Gap) -> None:
        name = self.parts.source.describe(gap.partition)
        size = "an unknown number of" if gap.lost is None else f"{gap.lost}"
        unit = "bytes" if gap.partition.topic == "files" else "offsets"
        words = f"{name}: {size} {unit} from {gap.position} were lost ({gap.reason})"
        self.parts.monitor.note_gap(gap.partition, self._now(), words)
        log.error("records lost before they were read", gap=words)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - begin
