"""What has been counted since the last checkpoint and is not in the state yet."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from driftwatch.monitor.fate import Clock, FatePolicy, Fates, decide
from driftwatch.protocol.checkpoint import PaneKey, PartitionState
from driftwatch.records import (
    UNROUTED_REASONS,
    Batch,
    Cause,
    IntArray,
    Partition,
    Rows,
    StreamKey,
)
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.top_words import TopWords


class Judged(NamedTuple):
    """What became of a batch. position: (n,) of its readable records; fates: theirs."""

    batch: Batch
    position: IntArray
    fates: Fates

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
    """Counts by stream, partition and pane, and where each partition stands after them."""

    def __init__(self, policy: FatePolicy) -> None:
        self._policy = policy
        self.panes: dict[PaneKey, Counts] = {}
        self.partitions: dict[Partition, PartitionState] = {}
        self.new_values: dict[tuple[StreamKey, int], TopWords] = {}
        self.cells = 0

    def successor(self) -> "Pending":
        """Nothing counted, with the partitions where they are now."""
        after = Pending(self._policy)
        after.partitions = dict(self.partitions)
        return after

    def drop(self, partition: Partition) -> None:
        """Forget a partition and what was counted from it."""
        self.partitions.pop(partition, None)
        self.panes = {key: c for key, c in self.panes.items() if key.partition != partition}
        self.cells = sum(len(counts.cells) for counts in self.panes.values())

    def add(
        self, batch: Batch, streams: Callable[[Rows], Sequence[tuple[StreamKey, RowCounter]]]
    ) -> Judged:
        """Decide the fate of every record of a batch and count it."""
        before = self.partitions[batch.partition]
        tallies = dict(before.tallies)

        def tally(name: str, count: int) -> None:
            if count:
                tallies[name] = tallies.get(name, 0) + count

        for _, reason in batch.rejected:
            tally("unrouted" if reason in UNROUTED_REASONS else "rejected", 1)
            tally(f"reason:{reason}", 1)
        for model, count in batch.unrouted.items():
            tally(f"unrouted:{model}", count)
        position, times = _in_offset_order(batch.rows)
        broker = None if batch.broker_times_us is None else batch.broker_times_us[position]
        clock = Clock(before.clock_us, before.suspects_us)
        fates = decide(self._policy, clock, times, broker)
        lost = fates.late | fates.future
        tally("late", int(fates.late.sum()))
        tally("rejected", int(fates.future.sum()))
        tally("reason:future", int(fates.future.sum()))
        tally("counted", int(len(lost) - lost.sum()))
        all_counted = not lost.any()
        for rows in batch.rows:
            kept = None
            if not all_counted:
                kept = ~lost[np.searchsorted(position, rows.position)]
            for key, counter in streams(rows):
                self._count(batch.partition, key, counter, _chosen(rows, kept))
                for column, words in rows.new_values.items():
                    self.new_values.setdefault((key, column), TopWords()).add(words)
        self.partitions[batch.partition] = PartitionState(
            batch.next_offset,
            fates.clock.latest_us,
            tallies,
            fates.clock.suspects_us,
            before.topic_id,
        )
        return Judged(batch, position, fates)

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
            part = _chosen(rows, groups == index)
            pane_key = PaneKey(key, partition, int(distinct[index]), self._policy.pane_us)
            counter.count(part.numeric, part.missing, part.cells, self._pane(pane_key, counter))
        if small.any():
            self._count_small(partition, key, counter, _chosen(rows, small), starts[small])

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


def _in_offset_order(parts: Sequence[Rows]) -> tuple[IntArray, IntArray]:
    """Positions and event times of all readable records of a batch."""
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if len(parts) == 1:
        return parts[0].position, parts[0].event_times_us
    position = np.concatenate([rows.position for rows in parts])
    order = np.argsort(position)
    return position[order], np.concatenate([rows.event_times_us for rows in parts])[order]


def _chosen(rows: Rows, mask: "np.ndarray[tuple[int], np.dtype[np.bool_]] | None") -> Rows:
    if mask is None:
        return rows
    return Rows(
        rows.route,
        rows.position[mask],
        rows.event_times_us[mask],
        rows.numeric[:, mask],
        None if rows.missing is None else rows.missing[:, mask],
        rows.cells[:, mask],
        rows.new_values,
    )


def outcome_changes(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """How much each tally has grown."""
    return {name: count - before.get(name, 0) for name, count in after.items()}
