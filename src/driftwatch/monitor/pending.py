"""What has been counted since the last checkpoint and is not in the state yet."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from driftwatch.decode.composer import Composed
from driftwatch.monitor.fate import Clock, FatePolicy, Fates, decide
from driftwatch.monitor.joins import (
    JoinBuffer,
    JoinChanges,
    JoinPolicy,
    Lent,
    Pair,
    Waiting,
    by_partition,
)
from driftwatch.protocol.checkpoint import PaneKey, PartitionState
from driftwatch.records import (
    UNROUTED_REASONS,
    WHOLE,
    Batch,
    Cause,
    Half,
    HalfKey,
    IntArray,
    ModelVersion,
    Partition,
    Reason,
    Rows,
    StreamKey,
)
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.top_words import TopWords

Join = Callable[[Sequence[tuple[Half, Half]]], Composed]
"""Makes records of requests and responses; the position of each is the number of its pair."""

Streams = Callable[[Rows], Sequence[tuple[StreamKey, RowCounter]]]
"""Who counts some records, and how."""


class Judged(NamedTuple):
    """What became of a batch.

    position: (n,) of its readable records; fates: theirs. strangers: see `records.Batch`; those of
    pairs among them. joined: the records of pairs that its halves have completed.
    """

    batch: Batch
    position: IntArray
    fates: Fates
    strangers: Mapping[ModelVersion, int] = {}
    joined: tuple[Rows, ...] = ()

    def not_counted(self, causes: Collection[Cause]) -> list[tuple[int, Cause]]:
        """(position, cause) of every record that was not counted for one of these, in order."""
        found: list[tuple[int, Cause]] = [
            (position, reason) for position, reason in self.batch.rejected if reason in causes
        ]
        if "late" in causes:
            found.extend((p, "late") for p in self.position[self.fates.late].tolist())
        if "future" in causes:
            found.extend((p, "future") for p in self.position[self.fates.future].tolist())
        return sorted(found)


class Pending:
    """Counts by stream, partition and pane, and where each partition stands after them.

    joins: what has changed about the halves of pairs that wait.
    """

    def __init__(self, policy: FatePolicy, waiting: JoinBuffer | None = None) -> None:
        """waiting: what waits already, whatever is pending; nothing by default."""
        self._policy = policy
        self._waiting = JoinBuffer(JoinPolicy()) if waiting is None else waiting
        self.joins = JoinChanges()
        self.panes: dict[PaneKey, Counts] = {}
        self.partitions: dict[Partition, PartitionState] = {}
        self.new_values: dict[tuple[StreamKey, int], TopWords] = {}
        self.cells = 0

    def successor(self) -> "Pending":
        """Nothing counted, with the partitions where they are now."""
        after = Pending(self._policy, self._waiting)
        after.partitions = dict(self.partitions)
        return after

    def drop(self, partition: Partition) -> list[Lent]:
        """Forget a partition and what was counted from it.

        Returns the halves of other partitions that were used by its pairs.
        """
        self.partitions.pop(partition, None)
        self.panes = {key: c for key, c in self.panes.items() if key.partition != partition}
        self.cells = sum(len(counts.cells) for counts in self.panes.values())
        return self.joins.drop(partition)

    def add(self, batch: Batch, streams: Streams, join: Join | None = None) -> Judged:
        """Decide the fate of every record of a batch and count it.

        join: makes records of halves; needed where the batch has some.
        """
        before = self.partitions[batch.partition]
        position, times, records = _in_offset_order(batch)
        broker = None if batch.broker_times_us is None else batch.broker_times_us[position]
        clock = Clock(before.clock_us, before.suspects_us)
        fates = decide(self._policy, clock, times, broker)
        lost = fates.late | fates.future
        changes = _rejections(batch.rejected, batch.unrouted)
        changes["late"] += int(records[fates.late].sum())
        future = int(records[fates.future].sum())
        changes["rejected"] += future
        changes["reason:future"] += future
        all_counted = not lost.any()
        for rows in batch.rows:
            kept = None
            if not all_counted:
                kept = ~lost[np.searchsorted(position, rows.position)]
            counted = rows if kept is None else rows.chosen(kept)
            if rows.view == WHOLE:
                changes["counted"] += len(counted.position)
            self._count_all(batch.partition, rows, counted, streams)
        self.partitions[batch.partition] = PartitionState(
            batch.next_offset,
            fates.clock.latest_us,
            before.tallies,
            fates.clock.suspects_us,
            before.topic_id,
        )
        self._tally(batch.partition, changes)
        if not batch.halves:
            return Judged(batch, position, fates, batch.strangers)
        joined = self._join(batch, position[lost], streams, join)
        strangers = Counter[ModelVersion](batch.strangers)
        for found in joined:
            strangers.update(found.strangers)
        of_pairs = tuple(rows for found in joined for rows in found.rows)
        return Judged(batch, position, fates, strangers, of_pairs)

    def expire(self, before_us: int | None) -> None:
        """Give up the halves of an earlier time than this; all of them where there is none."""
        waiting = self._waiting
        gone = waiting.take_all() if before_us is None else waiting.take_before(before_us)
        self._give_up(gone)

    def wait_again(self, lent: Iterable[Lent]) -> None:
        """Let halves wait whose pairs have gone."""
        for waiting, _, is_saved in lent:
            partition = waiting.key.partition
            if not self._waiting.put(waiting):
                if is_saved:
                    self.joins.freed[waiting.key] = partition
                self._tally(partition, _UNMATCHED)
            elif not is_saved:
                self.joins.add(waiting)
                self._tally(partition, {})  # it has to be saved

    def take_on(self, halves: Mapping[HalfKey, Half], streams: Streams, join: Join | None) -> None:
        """Let halves wait that were saved, of partitions that are ours now.

        The other half may wait here already: it was read while this one was somebody else's.
        """
        pairs: list[Pair] = []
        for key, half in halves.items():
            waiting = Waiting(key, half)
            # At or past the frontier it is of an earlier topic of the same name.
            if key.offset >= self.partitions[key.partition].frontier:
                self._give_up([waiting])
            elif join is not None and (partner := self._waiting.partner_of(half)) is not None:
                pairs.append(Pair.of(waiting, partner))
                for one in (waiting, partner):
                    self.joins.use(one, pairs[-1].partition)
            elif not self._waiting.put(waiting):
                self._give_up([waiting])
        self._give_up(self._waiting.take_overflow())
        if join is not None:
            for partition, found in by_partition(pairs).items():
                self._count_pairs(partition, found, streams, join)

    def _join(
        self, batch: Batch, lost: IntArray, streams: Streams, join: Join | None
    ) -> list[Composed]:
        """Let the halves of a batch find each other, or wait. lost: positions that count nothing.

        A pair counts where its response is, whichever of the two has come first. Returns what has
        become of the pairs.
        """
        assert join is not None
        assert batch.offsets is not None
        not_counted, pairs = set(lost.tolist()), list[Pair]()
        for half in batch.halves:
            if half.position in not_counted:
                continue
            waiting = Waiting.at(batch.partition, int(batch.offsets[half.position]), half)
            partner = self._waiting.partner_of(half)
            if partner is not None:
                pair = Pair.of(waiting, partner)
                pairs.append(pair)
                self.joins.use(partner, pair.partition)
                self.joins.lend(waiting, pair.partition)
            elif self._waiting.put(waiting):
                self.joins.add(waiting)
                self._give_up(self._waiting.take_overflow())
            else:
                self._tally(batch.partition, _UNMATCHED)
        return [
            self._count_pairs(partition, found, streams, join)
            for partition, found in by_partition(pairs).items()
        ]

    def _count_pairs(
        self, partition: Partition, pairs: Sequence[Pair], streams: Streams, join: Join
    ) -> Composed:
        composed = join([(pair.request.half, pair.response.half) for pair in pairs])
        # A pair is rejected once, however many records it would have made.
        changes = _rejections(dict(composed.rejected).items(), composed.unrouted)
        changes["pairs"] += len(pairs)
        times = np.array([pair.response.half.time_us for pair in pairs], dtype=np.int64)
        # The response's fate has been decided by its time; so its records count there.
        timed = tuple(replace(r, event_times_us=times[r.position]) for r in composed.rows)
        for rows in timed:
            if rows.view == WHOLE:
                changes["counted"] += len(rows.position)
            self._count_all(partition, rows, rows, streams)
        self._tally(partition, changes)
        return composed._replace(rows=timed)

    def _give_up(self, gone: Iterable[Waiting]) -> None:
        """Reject halves whose other half did not come."""
        for waiting in gone:
            self.joins.use(waiting, waiting.key.partition)
            self._tally(waiting.key.partition, _UNMATCHED)

    def _tally(self, partition: Partition, changes: Mapping[str, int]) -> None:
        """Add to the tallies of a partition. It is to be saved then, whether or not it has moved.

        A state that was handed out is never changed.
        """
        before = self.partitions[partition]
        tallies = dict(before.tallies)
        for name, count in changes.items():
            if count:
                tallies[name] = tallies.get(name, 0) + count
        self.partitions[partition] = replace(before, tallies=tallies)

    def _count_all(self, partition: Partition, rows: Rows, counted: Rows, streams: Streams) -> None:
        """Count records into all of their streams. counted: those of the rows that are not lost."""
        for key, counter in streams(rows):
            if key.segment in counted.masks:
                # Which words are new is known of all rows together, and not of a part.
                inside = counted.chosen(counted.masks[key.segment])
                self._count(partition, key, counter, inside)
                continue
            self._count(partition, key, counter, counted)
            for column, words in rows.new_values.items():
                self.new_values.setdefault((key, column), TopWords()).add(words)

    def _count(self, partition: Partition, key: StreamKey, counter: RowCounter, rows: Rows) -> None:
        if len(rows.position) == 0:
            return
        starts = rows.event_times_us - rows.event_times_us % self._policy.pane_us
        first = int(starts[0])
        if (starts == first).all():
            pane = self._pane(PaneKey(key, partition, first, self._policy.pane_us), counter)
            counter.count(rows.numeric, rows.missing, rows.cells, pane)
            return
        distinct, groups = np.unique(starts, return_inverse=True)
        sizes = np.bincount(groups)
        small = sizes[groups] < _WORTH_ALONE
        for index in np.flatnonzero(sizes >= _WORTH_ALONE):
            part = rows.chosen(groups == index)
            pane_key = PaneKey(key, partition, int(distinct[index]), self._policy.pane_us)
            counter.count(part.numeric, part.missing, part.cells, self._pane(pane_key, counter))
        if small.any():
            self._count_small(partition, key, counter, rows.chosen(small), starts[small])

    def _count_small(
        self,
        partition: Partition,
        key: StreamKey,
        counter: RowCounter,
        rows: Rows,
        starts: IntArray,
    ) -> None:
        """Count many panes of a few rows each: every value is searched for once."""
        distinct, groups = np.unique(starts, return_inverse=True)
        counted = counter.count_groups(
            rows.numeric, rows.missing, rows.cells, groups, len(distinct)
        )
        for start, counts in zip(distinct.tolist(), counted, strict=True):
            pane_key = PaneKey(key, partition, start, self._policy.pane_us)
            known = self.panes.get(pane_key)
            if known is None:
                self.panes[pane_key] = counts
                self.cells += len(counts.cells)
            else:
                known.add(counts)

    def _pane(self, key: PaneKey, counter: RowCounter) -> Counts:
        pane = self.panes.get(key)
        if pane is None:
            pane = self.panes[key] = counter.empty()
            self.cells += len(pane.cells)
        return pane


_WORTH_ALONE = 500
"""Rows from which a pane is counted by sorting, on its own."""


_UNMATCHED: Mapping[str, int] = {"rejected": 1, "reason:unmatched": 1}


def _rejections(
    rejected: Iterable[tuple[int, Reason]], unrouted: Mapping[str, int]
) -> Counter[str]:
    """The tallies of what could not be read, or is of no known version."""
    changes: Counter[str] = Counter()
    for _, reason in rejected:
        changes["unrouted" if reason in UNROUTED_REASONS else "rejected"] += 1
        changes[f"reason:{reason}"] += 1
    for model, count in unrouted.items():
        changes[f"unrouted:{model}"] += count
    return changes


def _in_offset_order(batch: Batch) -> tuple[IntArray, IntArray, IntArray]:
    """Positions and times of all that is readable in a batch, and how many records each holds."""
    parts = [(r.position, r.event_times_us) for r in batch.rows if r.view == WHOLE]
    if batch.halves:
        where = np.array([half.position for half in batch.halves], dtype=np.int64)
        parts.append((where, np.array([half.time_us for half in batch.halves], dtype=np.int64)))
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    position, times = parts[0]
    if len(parts) > 1:
        position = np.concatenate([each for each, _ in parts])
        order = np.argsort(position, kind="stable")
        position, times = position[order], np.concatenate([each for _, each in parts])[order]
    if (position[1:] > position[:-1]).all():
        return position, times, np.ones(len(position), dtype=np.int64)
    # Several records were logged as one.
    distinct, first, records = np.unique(position, return_index=True, return_counts=True)
    return distinct, times[first], records


def outcome_changes(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """How much each tally has grown."""
    return {name: count - before.get(name, 0) for name, count in after.items()}
