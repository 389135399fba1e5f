"""The monitor: from batches to a report, with every moment handed in.

    add(batch)      counts a batch into what is pending
    checkpoint()    what has to be saved
    confirm(now)    what was saved becomes the state
    advance(now)    closes panes, steps the alarms, and says what stands

Nothing that is not confirmed moves an alarm, a gauge or a counter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from driftwatch.baseline.artifact import Baseline
from driftwatch.monitor.alignment import AHEAD_PANES, Alignment
from driftwatch.monitor.blindness import RecentCounts, Surroundings
from driftwatch.monitor.comparison import ComparisonReport
from driftwatch.monitor.joins import JoinBuffer
from driftwatch.monitor.pending import Join, Judged, Pending, outcome_changes
from driftwatch.monitor.policy import MonitorPolicy
from driftwatch.monitor.report import JoinReport, PartitionReport, Report, StreamReport
from driftwatch.monitor.retaining import retention_of
from driftwatch.monitor.retirement import find_retired
from driftwatch.monitor.standing import (
    Standing,
    raised,
    stream_report,
    with_shares,
    without_baseline,
)
from driftwatch.monitor.stream import Stream, StreamPolicy
from driftwatch.monitor.totals import Totals
from driftwatch.monitor.versus import VersusStream, View
from driftwatch.monitor.volume import with_volumes
from driftwatch.monitor.watermark import Watermark, end_of_pane, latest
from driftwatch.pieces import Pieces, whole
from driftwatch.protocol.checkpoint import Checkpoint, PartitionState, Snapshot
from driftwatch.protocol.placement import Placement
from driftwatch.records import (
    OUTCOMES,
    REASONS,
    WHOLE,
    Batch,
    ModelVersion,
    Partition,
    Progress,
    Rows,
    StreamKey,
)
from driftwatch.sketch.counter import RowCounter

MAX_PENDING_CELLS = 1_000_000
"""Cells that may be pending (8 MB) before a checkpoint is due, however young the last one is."""

MAX_LENT_BYTES = 16 << 20
"""The same of requests and responses that are kept in case that their pairs go."""

MAX_UNKNOWN_COLUMNS = 200
"""Names of columns that no baseline has, of which the monitor knows at most so many."""


class Monitor:
    """All streams of the process."""

    def __init__(
        self,
        policy: MonitorPolicy,
        baselines: Mapping[ModelVersion, Baseline],
        streams: Mapping[StreamKey, StreamPolicy],
        started_us: int,
        without_baseline: Sequence[str] = (),
        totals: Totals | None = None,
        views: Mapping[StreamKey, View] | None = None,
    ) -> None:
        """Begin without any partition.

        without_baseline: models that are configured and have no baseline yet. totals: those of the
        monitor that this one replaces. views: what the streams are compared with that see the
        records of a version once more, by the layout of another one (`records.Rows.view`).
        """
        self.policy = policy
        self.totals = totals or Totals(RecentCounts(policy.blind.recent_us))
        views = views or {}
        wholes = {
            key: Stream(key, baselines[key.route].of(key.segment), stream)
            for key, stream in streams.items()
            if key not in views
        }
        self.compared = {
            key: VersusStream(key, view, streams[key], wholes[view.against])
            for key, view in views.items()
        }
        # What looks at the open panes of others closes its own before them.
        self.streams: dict[StreamKey, Stream] = {**self.compared, **wholes}
        self._by_view: dict[tuple[ModelVersion, str], list[tuple[StreamKey, RowCounter]]] = {}
        for key, stream in self.streams.items():
            view = key.segment if key in views else WHOLE
            self._by_view.setdefault((key.route, view), []).append((key, stream.counter))
        self._usual = {
            key: stream.policy.volume
            for key, stream in self.streams.items()
            if stream.policy.volume is not None
        }
        self._without_baseline = tuple(without_baseline)
        self._started_us = started_us
        self._waiting = JoinBuffer(policy.joins)
        self._pending = Pending(policy.fate, self._waiting)
        self._sealed: Pending | None = None
        self._sealed_detectors: Mapping[StreamKey, bytes] = {}
        self._saved_detectors: Mapping[StreamKey, bytes] = {}
        self._confirmed: dict[Partition, PartitionState] = {}
        self.share = 1.0
        self._retired: frozenset[StreamKey] = frozenset()
        self.placed: dict[Partition, Placement] = {}  # where each began to be ours
        self._watermark = Watermark(
            policy.fate.pane_us, policy.fate.lateness_us, policy.idle_after_us
        )
        self._alignment = Alignment(AHEAD_PANES * policy.fate.pane_us, policy.idle_after_us)

    # What comes in

    def assign(
        self,
        placements: Mapping[Partition, Placement],
        snapshot: Snapshot | None,
        detectors: Mapping[StreamKey, bytes] | None = None,
        join: Join | None = None,
    ) -> None:
        """Take partitions on where they were placed.

        snapshot: what is confirmed of all partitions that are ours now; None where the new ones add
        nothing to what is already here. detectors: those of the monitor that this one replaces,
        which know more than what was saved of them. join: see `add`.

        Raises StateError where what is stored can't be read.
        """
        for partition, placement in placements.items():
            self._drop(partition)
            self._confirmed[partition] = placement.state
            # Another object of the same content is what is still to be saved.
            news = replace(placement.state) if placement.is_news else placement.state
            self._pending.partitions[partition] = news
            self.placed[partition] = placement
        if snapshot is not None:
            self.restore(snapshot, detectors)
            halves = snapshot.halves.items()
            ours = {key: half for key, half in halves if key.partition in placements}
            self._pending.take_on(ours, self._streams_of, join)

    def adopt(self, before: "Monitor", snapshot: Snapshot) -> None:
        """Go on in the place of another monitor of which nothing is pending.

        Raises StateError where what is stored can't be read.
        """
        now = {
            partition: replace(before.placed[partition], state=state, is_news=False)
            for partition, state in before.states().items()
        }
        self.assign(now, snapshot, before.detectors())
        self.placed = dict(before.placed)
        self.take_share(before.share)

    def take_share(self, share: float) -> None:
        """Say which part of the partitions is ours: the budget of false alarms is shared out so."""
        if share != self.share:
            self.share = share
            for stream in self.streams.values():
                stream.detector.take_share(share)

    def states(self) -> Mapping[Partition, PartitionState]:
        """Where the partitions that are ours stand, as far as it is confirmed."""
        return self._confirmed

    def revoke(self, partitions: Iterable[Partition]) -> None:
        """Let partitions go. Their sums stay in the windows until `restore`."""
        for partition in partitions:
            self._drop(partition)

    def _drop(self, partition: Partition) -> None:
        lent = self._pending.drop(partition)
        if self._sealed is not None:
            lent += self._sealed.drop(partition)
        self._waiting.drop(partition)
        self._pending.wait_again(lent)
        self._confirmed.pop(partition, None)
        self.placed.pop(partition, None)
        self._watermark.forget(partition)

    def restore(
        self, snapshot: Snapshot, detectors: Mapping[StreamKey, bytes] | None = None
    ) -> None:
        """Sum up anew what is confirmed of our partitions. Raises StateError.

        detectors: see `assign`; those of the snapshot by default.
        """
        detectors = snapshot.detector if detectors is None else detectors
        anew = self.starting_anew(snapshot)
        for key, stream in self.streams.items():
            # What this stream has seen itself is newer than anything that was saved of it.
            if key in detectors and key not in anew and stream.closed_until_us is None:
                stream.restore_detector(detectors[key])
            stream.restore({} if key in anew else snapshot.panes)
            whole(stream.looking())
        # Of a stream that starts anew nothing will be left.
        self._saved_detectors = {k: d for k, d in snapshot.detector.items() if k not in anew}
        self.totals.alarms.restore(self.streams)

    def starting_anew(self, snapshot: Snapshot) -> frozenset[StreamKey]:
        """Streams of which something is stored that can't be gone on with."""
        return frozenset(
            key
            for key, stream in self.streams.items()
            if snapshot.fingerprints.get(key, stream.fingerprint) != stream.fingerprint
        )

    def detectors(self) -> dict[StreamKey, bytes]:
        """The state of every stream's alarms."""
        return {key: stream.detector_bytes() for key, stream in self.streams.items()}

    @property
    def head_us(self) -> int | None:
        """The largest event time counted so far, confirmed or not."""
        return latest(_clocks(self._pending.partitions))

    def note_gap(self, partition: Partition, now_us: int, words: str) -> None:
        """Records of a partition were lost before they could be read."""
        self.totals.gaps[partition] = (now_us, words)

    def add(self, batch: Batch, join: Join | None = None) -> Judged | None:
        """Count a batch. Batches of partitions that are not ours are left alone: None.

        join: the decoder's, where it has one.
        """
        if batch.partition not in self._pending.partitions:
            return None
        judged = self._pending.add(batch, self._streams_of, join)
        for stream in self.compared.values():
            stream.pair((*judged.batch.rows, *judged.joined))
        self.totals.remember(batch, judged.strangers)
        for name in batch.unknown_columns:
            # Each decoder bounds what it tells; after many reloads that is not enough.
            if len(self.totals.unknown_columns) < MAX_UNKNOWN_COLUMNS:
                self.totals.unknown_columns.setdefault(name)
        return judged

    def _streams_of(self, rows: Rows) -> Sequence[tuple[StreamKey, RowCounter]]:
        return self._by_view.get((rows.route, rows.view), ())

    @property
    def pending_is_large(self) -> bool:
        """So much is pending that it should be saved before more is read."""
        pending = self._pending
        return pending.cells > MAX_PENDING_CELLS or pending.joins.size > MAX_LENT_BYTES

    def ahead(self, now_us: int, progress: Mapping[Partition, Progress]) -> frozenset[Partition]:
        """Partitions that should rest for now: the others lie too far behind them.

        progress: how far each partition has been read.
        """
        return self._alignment.ahead(now_us, _clocks(self._pending.partitions), progress)

    # What is saved

    def checkpoint(self) -> Checkpoint | None:
        """What is to be saved next in one transaction; None where nothing has moved.

        The same checkpoint again until it is confirmed; what is added meanwhile waits for the next.
        """
        if self._sealed is None:
            detectors = self.detectors()
            if not self._moved(self._pending) and not self._closed_something(detectors):
                return None
            self._sealed, self._pending = self._pending, self._pending.successor()
            self._sealed_detectors = detectors
        return Checkpoint(
            panes=self._sealed.panes,
            partitions=self._moved(self._sealed),
            detector={
                key: state
                for key, state in self._sealed_detectors.items()
                if state != self._saved_detectors.get(key)
            },
            fingerprints={key: stream.fingerprint for key, stream in self.streams.items()},
            retention=retention_of(self.streams.values(), self.policy),
            halves=self._sealed.joins.added,
            freed=self._sealed.joins.freed,
        )

    @property
    def has_moved(self) -> bool:
        """Whether something has become of records that is not saved yet."""
        return bool(self._moved(self._pending))

    def _closed_something(self, detectors: Mapping[StreamKey, bytes]) -> bool:
        """Whether panes were closed since the detectors were saved.

        Where nothing comes any more, they are: a restart must not find an older state of an alarm.
        """
        return any(
            stream.closed_until_us is not None and detectors[key] != self._saved_detectors.get(key)
            for key, stream in self.streams.items()
        )

    def _moved(self, pending: Pending) -> dict[Partition, PartitionState]:
        """Partitions that are not where they were confirmed to be."""
        return {
            partition: state
            for partition, state in pending.partitions.items()
            if state is not self._confirmed[partition]
        }

    def confirm(self, now_us: int) -> None:
        """What the last checkpoint holds, less what was revoked of it, becomes the state."""
        self.totals.checkpoint_us = now_us
        sealed, self._sealed = self._sealed, None
        if sealed is None:
            return
        self._saved_detectors = self._sealed_detectors
        changes: dict[str, int] = {}
        for key, counts in sealed.panes.items():
            unevaluated = self.streams[key.stream].confirm(key.start_us, counts)
            if key.stream.segment == WHOLE:  # the others see the same records again
                changes["unevaluated"] = changes.get("unevaluated", 0) + unevaluated
            self.totals.last_record_us[key.stream] = now_us
        for partition, state in sealed.partitions.items():
            before = self._confirmed[partition].tallies
            self._confirmed[partition] = state
            if self._is_counted_again(partition, state.frontier):
                continue
            for name, count in outcome_changes(before, state.tallies).items():
                changes[name] = changes.get(name, 0) + count
        for (stream_key, column), words in sealed.new_values.items():
            self.streams[stream_key].note_new_values(column, words)
        self.totals.grow(now_us, changes)

    def _is_counted_again(self, partition: Partition, frontier: int) -> bool:
        """Whether the counters have seen records up to here before; then they do not advance."""
        placed = self.placed[partition]
        if placed.counted_until is None:
            return False
        if frontier >= placed.counted_until:
            self.placed[partition] = replace(placed, counted_until=None)
        return True

    # What comes out

    def advance(
        self,
        now_us: int,
        progress: Mapping[Partition, Progress],
        disconnected_since_us: int | None = None,
        names: Mapping[Partition, str] | None = None,
    ) -> Report:
        """Close the panes that are complete, step the alarms, and report; see `report`."""
        self.close_panes(now_us, progress)
        return self.report(now_us, progress, disconnected_since_us, names)

    def report(
        self,
        now_us: int,
        progress: Mapping[Partition, Progress],
        disconnected_since_us: int | None = None,
        names: Mapping[Partition, str] | None = None,
    ) -> Report:
        """What stands.

        progress: how far each partition has been read. names: what people call them.
        """
        end_us = self._windows_end(now_us)
        self._retire(end_us)
        around = Surroundings(
            now_us,
            self._started_us,
            disconnected_since_us,
            self.totals.checkpoint_us,
            self._watermark.waiting_us,
            self.totals.recent.totals(now_us),
            self._watermark.held_us,
            {
                reason: f"offset {offset} of {(names or {}).get(partition, partition)}"
                for reason, (partition, offset) in self.totals.refused.items()
            },
        )
        return Report(
            now_us,
            self._stream_reports(around, now_us if end_us is None else end_us),
            {outcome: self.totals.tallies.get(outcome, 0) for outcome in OUTCOMES},
            {reason: self.totals.tallies.get(f"reason:{reason}", 0) for reason in REASONS},
            tuple(self.totals.unknown_columns),
            tuple(
                PartitionReport(
                    partition,
                    (names or {}).get(partition, str(partition)),
                    state.frontier,
                    progress[partition].lag_records if partition in progress else None,
                    partition in progress and progress[partition].caught_up,
                    state.clock_us,
                )
                for partition, state in sorted(self._confirmed.items())
            ),
            max(self.totals.last_record_us.values(), default=None),
            self.totals.checkpoint_us,
            self.totals.alarms.events,
            self.totals.alarms.take_fresh(),
            self.totals.alarms.take_explained(),
            self.policy.budget.shared(self.share),
            JoinReport(self.totals.tallies.get("pairs", 0), len(self._waiting)),
            comparisons=self._comparisons(now_us if end_us is None else end_us),
        )

    def _comparisons(self, end_us: int) -> tuple[ComparisonReport, ...]:
        return tuple(
            stream.comparison(
                end_us,
                retired=key in self._retired,
                total=raised(stream, self.totals),
            )
            for key, stream in self.compared.items()
        )

    def _stream_reports(self, around: Surroundings, end_us: int) -> tuple[StreamReport, ...]:
        placed = [placed for placed in self.placed.values() if placed.taken_over]
        standing = Standing(
            self.policy.blind,
            around,
            self.totals,
            end_us,
            self._watermark.value_us,
            tuple(placement.state.clock_us for placement in placed),
            self._retired,
        )
        found = [
            stream_report(stream, standing)
            for key, stream in self.streams.items()
            if key not in self.compared
        ]
        reports = with_volumes(with_shares(found), self._usual)
        return (*reports, *map(without_baseline, self._without_baseline))

    def _retire(self, end_us: int | None) -> None:
        """Let go of the alarms of versions that nobody asks any more."""
        retired = frozenset() if end_us is None else find_retired(self.streams, end_us)
        # What a version was compared with is as good as gone with it.
        retired |= {key for key, stream in self.compared.items() if stream.other.key in retired}
        fresh, self._retired = retired - self._retired, retired
        for key in fresh:
            self.streams[key].quieten()
        if fresh:
            self.totals.alarms.restore(self.streams)

    def close_panes(self, now_us: int, progress: Mapping[Partition, Progress]) -> None:
        """Close the panes that are complete, and step the alarms at each."""
        whole(self.closing(now_us, progress))

    def closing(self, now_us: int, progress: Mapping[Partition, Progress]) -> Pieces[None]:
        """`close_panes` in pieces. Until the last of them records may be added, and no more."""
        known = {p: self._as_confirmed(p, progress[p]) for p in self._confirmed if p in progress}
        if self._watermark.look(now_us, _clocks(self._confirmed), known):
            assert self._watermark.value_us is not None
            for stream in self.streams.values():
                noted = yield from stream.closing(self._watermark.value_us)
                self.totals.alarms.record(stream, noted)
                self.totals.alarms.refresh(stream)
        self._expire_halves(now_us)

    def _expire_halves(self, now_us: int) -> None:
        """Give up halves whose other half would be late by now, or comes no more.

        A partition that paused may go on where it was, so it is idle here only when it has been
        silent for as long as two halves may be apart, and late.
        """
        if not self._waiting:
            return
        if self._watermark.ended >= self._confirmed.keys():
            self._pending.expire(None)
            return
        within_us, fate = self.policy.joins.within_us, self.policy.fate
        complete_us = self._watermark.with_patience(
            now_us, _clocks(self._confirmed), within_us + fate.lateness_us
        )
        if complete_us is not None:
            # A record is late when all of its pane is: so is every time before this one.
            pane_start_us = complete_us - complete_us % fate.pane_us
            self._pending.expire(pane_start_us - within_us)

    def _as_confirmed(self, partition: Partition, progress: Progress) -> Progress:
        """How far a partition is: where something was read and can't be saved, it is not done."""
        if self._pending.partitions[partition] is self._confirmed[partition]:
            return progress
        return replace(progress, caught_up=False, ended=False)

    def _windows_end(self, now_us: int) -> int | None:
        """Where windows end: with the newest pane.

        Where nothing waits to be read they go on with the clock, so that a stream that fell silent
        runs empty instead of looking as it did.
        """
        pane = self.policy.fate.pane_us
        end = end_of_pane(latest(_clocks(self._confirmed)), pane)
        if end is None or not self._confirmed or not self._watermark.idle >= self._confirmed.keys():
            return end
        return max(end, (now_us - self.policy.idle_after_us) // pane * pane)


def _clocks(partitions: Mapping[Partition, PartitionState]) -> dict[Partition, int | None]:
    return {partition: state.clock_us for partition, state in partitions.items()}
