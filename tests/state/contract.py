"""The suite that every store passes.

A subclass in a test module of its own says how a store is made (`new_store`) and how it is opened
again after the process ended (`reopened`).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.errors import StateError
from driftwatch.records import Half, HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.state.port import Checkpoint, Doubt, PaneKey, PartitionState, Retention, Store
from tests.state.model import Model, Pane, everything, seen

MINUTE = 60_000_000
ALL = StreamKey("fraud", "3")
NEW = StreamKey("fraud", "3", "new_customers")
LOG0, LOG1 = Partition("fraud-log", 0), Partition("fraud-log", 1)
AT_9 = {LOG0: PartitionState(9)}
BOTH_AT_9 = {**AT_9, LOG1: PartitionState(9)}
NEVER = -(2**62)


def pane(
    start: int, stream: StreamKey = ALL, partition: Partition = LOG0, minutes: int = 1
) -> PaneKey:
    """The key of a pane that starts at this minute."""
    return PaneKey(stream, partition, start * MINUTE, minutes * MINUTE)


def counts(*cells: int, value: float = 1.0) -> Counts:
    """So many records in each cell, all with this value in the one numeric column."""
    rows = sum(cells)
    if rows == 0:
        return Counts.empty(len(cells), 1)
    moments = Moments(*(np.array([x]) for x in (float(rows), value, 0.0, value, value)))
    return Counts(rows, np.array(cells, dtype=np.int64), moments)


def at(offset: int, partition: Partition = LOG0) -> HalfKey:
    """Where half of a pair stands."""
    return HalfKey(partition, offset)


def half(join_key: bytes, time_us: int = 7) -> Half:
    """A request that waits for its response."""
    return Half(0, "request", join_key, time_us, b"{}")


def large(seed: int) -> Counts:
    """Counts of a hundred columns that hardly get smaller when stored."""
    counts = Counts.empty(52_000, 100)
    counts.cells[:] = np.random.default_rng(seed).integers(0, 2**20, 52_000)
    return counts


def checkpoint(panes: dict[PaneKey, Counts] | None = None, **changes: Any) -> Checkpoint:
    """These panes, with some frontier for each of their partitions."""
    panes = panes or {}
    partitions = {key.partition: PartitionState(frontier=1) for key in panes}
    return Checkpoint(panes, {**partitions, **changes.pop("partitions", {})}, **changes)


class Settling(NamedTuple):
    """The arguments of `Store.settle`."""

    confirmed: set[Partition]
    undone: set[Partition]
    retention: Retention | None


class StoreContract:
    """What a store promises. See the module."""

    @pytest.fixture
    def new_store(self) -> Callable[[], Store]:
        """Makes an empty store at each call; all are closed after the test."""
        raise NotImplementedError

    def reopened(self, store: Store) -> Store:
        """The same state as another process finds it after this one."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, new_store: Callable[[], Store]) -> Store:
        return new_store()

    def test_a_new_store_holds_nothing(self, store: Store) -> None:
        assert everything(store) == Model()

    def test_what_was_saved_is_there_after_a_restart(self, store: Store) -> None:
        state = PartitionState(
            frontier=2**62,
            clock_us=-5,
            tallies={"counted": 2**53 + 1, "reason:unparsable": 3},
            suspects_us=(7, -7),
            topic_id="Zr4k",
        )
        store.save(
            Checkpoint(
                panes={pane(3): counts(1, 0, 2**40), pane(4, NEW): counts(0, 0, 0)},
                partitions={LOG0: state, LOG1: PartitionState(frontier=0)},
                detector={ALL: b"\x00\xff", NEW: b""},
                fingerprints={ALL: "f1"},
            )
        )

        snapshot = self.reopened(store).load()

        assert dict(snapshot.panes) == {
            pane(3): counts(1, 0, 2**40),
            pane(4, NEW): counts(0, 0, 0),
        }
        assert snapshot.partitions == {LOG0: state, LOG1: PartitionState(frontier=0)}
        assert snapshot.detector == {ALL: b"\x00\xff", NEW: b""}
        assert snapshot.fingerprints == {ALL: "f1"}

    def test_a_loaded_state_can_be_saved_again_as_it_is(
        self, store: Store, new_store: Callable[[], Store]
    ) -> None:
        store.save(checkpoint({pane(3): counts(1, 2, 3)}, detector={ALL: b"d"}))
        snapshot, copy = store.load(), new_store()

        copy.save(
            Checkpoint(
                snapshot.panes, snapshot.partitions, snapshot.detector, snapshot.fingerprints
            )
        )

        assert everything(copy) == everything(store)

    def test_counts_are_added_to_what_is_stored(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1, 2, 0, value=1.0)}))
        store.save(checkpoint({pane(3): counts(0, 1, 300, value=5.0)}))

        stored = store.load().panes[pane(3)]

        expected = counts(1, 2, 0, value=1.0)
        expected.add(counts(0, 1, 300, value=5.0))
        assert stored == expected

    def test_panes_that_differ_in_any_part_of_their_key_are_kept_apart(self, store: Store) -> None:
        keys = [pane(3), pane(4), pane(3, NEW), pane(3, partition=LOG1), pane(3, minutes=2)]
        keys.append(pane(3, ALL._replace(model_version="4")))
        keys.append(pane(3, ALL._replace(model="churn")))
        keys.append(pane(3, partition=LOG0._replace(topic="other")))
        for number, key in enumerate(keys):
            store.save(checkpoint({key: counts(number)}))

        assert {k: v.rows for k, v in store.load().panes.items()} == {
            key: number for number, key in enumerate(keys)
        }

    def test_the_state_of_a_partition_replaces_the_one_before(self, store: Store) -> None:
        before = PartitionState(5, 100, {"counted": 5}, (1, 2), "Zr4k")
        after = PartitionState(3, None, {"late": 1}, (), None)
        store.save(checkpoint(partitions={LOG0: before, LOG1: before}))
        store.save(checkpoint(partitions={LOG0: after}))

        assert store.load().partitions == {LOG0: after, LOG1: before}

    def test_a_detector_replaces_its_own_stream_s_only(self, store: Store) -> None:
        store.save(checkpoint(detector={ALL: b"1", NEW: b"2"}))
        store.save(checkpoint(detector={ALL: b"3" * 1_000_000}))

        assert store.load().detector == {ALL: b"3" * 1_000_000, NEW: b"2"}

    def test_what_the_caller_does_to_saved_counts_later_changes_nothing(self, store: Store) -> None:
        mine, tallies = counts(1, 2, 3), {"counted": 6}
        state = PartitionState(frontier=6, tallies=tallies)
        store.save(checkpoint({pane(3): mine}, partitions={LOG0: state}))

        mine.add(counts(1, 1, 1))
        tallies["counted"] = 9

        assert store.load().panes[pane(3)] == counts(1, 2, 3)
        assert store.load().partitions[LOG0].tallies == {"counted": 6}

    def test_what_the_caller_does_to_loaded_counts_changes_nothing(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1, 2, 3)}))

        store.load().panes[pane(3)].add(counts(1, 1, 1))

        assert store.load().panes[pane(3)] == counts(1, 2, 3)

    def test_panes_are_a_mapping_of_what_is_there_and_nothing_else(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1)}))

        panes = store.load().panes

        assert len(panes) == 1
        assert pane(3) in panes
        assert pane(4) not in panes
        with pytest.raises(KeyError):
            panes[pane(4)]

    def test_only_the_partitions_asked_for_are_loaded_with_every_detector(
        self, store: Store
    ) -> None:
        store.save(
            checkpoint(
                {pane(3): counts(1), pane(3, partition=LOG1): counts(2)},
                detector={ALL: b"d"},
                fingerprints={ALL: "f"},
            )
        )

        snapshot = store.load([LOG1, Partition("unknown", 9)])

        assert {key: pane.rows for key, pane in snapshot.panes.items()} == {
            pane(3, partition=LOG1): 2
        }
        assert set(snapshot.partitions) == {LOG1}
        assert snapshot.detector == {ALL: b"d"}
        assert snapshot.fingerprints == {ALL: "f"}

    def test_no_partition_asked_for_is_none_loaded(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1)}))

        assert not store.load([]).panes
        assert not store.load([]).partitions

    def test_a_stream_with_another_fingerprint_starts_anew(self, store: Store) -> None:
        store.save(
            checkpoint(
                {
                    pane(3): counts(1, 1),
                    pane(3, partition=LOG1): counts(1, 1),
                    pane(3, NEW): counts(5),
                },
                detector={ALL: b"old", NEW: b"other"},
                fingerprints={ALL: "f1", NEW: "g1"},
            )
        )

        store.save(checkpoint({pane(3): counts(1, 2, 3)}, fingerprints={ALL: "f2", NEW: "g1"}))

        assert everything(store) == Model(
            panes={pane(3): seen(counts(1, 2, 3)), pane(3, NEW): seen(counts(5))},
            partitions={LOG0: PartitionState(1), LOG1: PartitionState(1)},
            detector={NEW: b"other"},
            fingerprints={ALL: "f2", NEW: "g1"},
        )

    def test_a_stream_that_gets_its_first_fingerprint_goes_on(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1)}))
        store.save(checkpoint({pane(3): counts(1)}, fingerprints={ALL: "f1"}))

        assert store.load().panes[pane(3)].rows == 2

    @pytest.mark.parametrize("bad", [counts(0, -9), counts(1, 2, 3)], ids=["negative", "layout"])
    def test_a_checkpoint_that_fails_midway_changes_nothing(
        self, store: Store, bad: Counts
    ) -> None:
        store.save(
            checkpoint({pane(9): counts(4, 4)}, detector={ALL: b"d"}, fingerprints={ALL: "f"})
        )
        before = everything(store)
        good = checkpoint(
            {pane(3): counts(1, 1), pane(9): counts(1, 1)},
            partitions={LOG0: PartitionState(99), LOG1: PartitionState(99)},
            detector={ALL: b"e", NEW: b"e"},
            fingerprints={NEW: "g"},
            retention=Retention(60 * MINUTE, 5 * MINUTE, 6 * MINUTE),
        )

        with pytest.raises(StateError):
            store.save(replace(good, panes={**good.panes, pane(9): bad}))

        assert everything(store) == before
        store.save(good)
        assert store.load().partitions[LOG0].frontier == 99
        assert everything(self.reopened(store)) != before

    def test_a_forgotten_stream_leaves_nothing_but_the_frontiers(self, store: Store) -> None:
        both = {ALL: "a", NEW: "b"}
        store.save(
            checkpoint(
                {pane(3): counts(1), pane(3, NEW): counts(2)},
                detector={ALL: b"a", NEW: b"b"},
                fingerprints=both,
            )
        )

        store.forget([ALL, StreamKey("never", "seen")])

        assert everything(self.reopened(store)) == Model(
            panes={pane(3, NEW): seen(counts(2))},
            partitions={LOG0: PartitionState(1)},
            detector={NEW: b"b"},
            fingerprints={NEW: "b"},
        )

    def test_a_forgotten_stream_can_begin_again(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1, 1)}, fingerprints={ALL: "a"}))
        store.forget([ALL])
        store.save(checkpoint({pane(3): counts(1, 2, 3)}, fingerprints={ALL: "b"}))

        assert store.load().panes[pane(3)] == counts(1, 2, 3)

    def test_rolled_up_panes_become_blocks_with_the_same_counts(self, store: Store) -> None:
        fine = {
            pane(start, partition=log): counts(start, 1)
            for start in range(12)
            for log in (LOG0, LOG1)
        }
        store.save(checkpoint(fine))

        store.save(checkpoint(retention=Retention(7 * MINUTE, 5 * MINUTE, NEVER)))

        for log in (LOG0, LOG1):
            # Minutes 0 to 4, then 5 and 6 of the next block; each partition for itself.
            expected = {
                pane(0, partition=log, minutes=5): [0 + 1 + 2 + 3 + 4, 5],
                pane(5, partition=log, minutes=5): [5 + 6, 2],
                **{pane(start, partition=log): [start, 1] for start in range(7, 12)},
            }
            panes = store.load([log]).panes
            assert {key: held.cells.tolist() for key, held in panes.items()} == expected

    def test_rolled_up_moments_are_those_of_all_values(self, store: Store) -> None:
        store.save(checkpoint({pane(n): counts(1, value=float(n)) for n in range(5)}))
        store.save(checkpoint(retention=Retention(5 * MINUTE, 5 * MINUTE, NEVER)))

        moments = store.load().panes[pane(0, minutes=5)].moments

        assert moments.mean[0] == pytest.approx(2)
        assert moments.stddev[0] == pytest.approx(np.arange(5).std())
        assert (moments.minimum[0], moments.maximum[0]) == (0, 4)

    def test_a_late_pane_joins_its_block_once(self, store: Store) -> None:
        retention = Retention(5 * MINUTE, 5 * MINUTE, NEVER)
        store.save(checkpoint({pane(n): counts(1) for n in range(5)}, retention=retention))
        store.save(checkpoint({pane(2): counts(10)}, retention=retention))
        store.save(checkpoint(retention=retention))

        assert everything(store).panes == {
            pane(0, minutes=5): Pane(15, (15,), 1.0, 1.0),
        }

    def test_blocks_are_aligned_to_the_epoch_on_both_sides_of_it(self, store: Store) -> None:
        store.save(checkpoint({pane(n): counts(1) for n in (-6, -5, -1, 0)}))
        store.save(checkpoint(retention=Retention(MINUTE, 5 * MINUTE, NEVER)))

        assert {key: held.rows for key, held in store.load().panes.items()} == {
            pane(-10, minutes=5): 1,
            pane(-5, minutes=5): 2,
            pane(0, minutes=5): 1,
        }

    def test_a_pane_that_fits_into_no_block_stays_until_it_is_dropped(self, store: Store) -> None:
        odd = {pane(4, minutes=2): counts(1), pane(3, minutes=5): counts(2)}
        store.save(checkpoint(odd))

        store.save(checkpoint(retention=Retention(60 * MINUTE, 5 * MINUTE, NEVER)))
        assert {key: held.rows for key, held in store.load().panes.items()} == {
            pane(4, minutes=2): 1,
            pane(3, minutes=5): 2,
        }
        store.save(checkpoint(retention=Retention(60 * MINUTE, 5 * MINUTE, 6 * MINUTE)))
        assert set(store.load().panes) == {pane(3, minutes=5)}

    def test_panes_are_dropped_with_their_block_and_not_before(self, store: Store) -> None:
        store.save(checkpoint({pane(n): counts(1) for n in range(15)}))

        # The second block ends at minute 10, after what is to be dropped: it is kept whole.
        store.save(checkpoint(retention=Retention(10 * MINUTE, 5 * MINUTE, 9 * MINUTE)))

        assert {key: held.rows for key, held in store.load().panes.items()} == {
            pane(5, minutes=5): 5,
            **{pane(start): 1 for start in range(10, 15)},
        }

    def test_what_is_in_doubt_is_not_loaded(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1, 2)}, partitions={LOG0: PartitionState(3)}))
        before = everything(store)

        store.save(
            checkpoint({pane(3): counts(4, 4), pane(5): counts(1, 1)}, partitions=AT_9),
            in_doubt=True,
        )

        assert everything(self.reopened(store)) == before

    def test_a_doubt_says_what_was_before_and_after(self, store: Store) -> None:
        store.save(checkpoint(partitions={LOG0: PartitionState(3, 7, {"late": 1}, (2,), "T")}))
        later = {LOG0: PartitionState(9), LOG1: PartitionState(4)}
        store.save(checkpoint(partitions=later), in_doubt=True)

        assert self.reopened(store).doubts() == {
            LOG0: Doubt(PartitionState(3, 7, {"late": 1}, (2,), "T"), PartitionState(9), save=2),
            LOG1: Doubt(None, PartitionState(4), save=2),
        }

    def test_what_is_confirmed_stands_as_it_was_saved(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1, 2)}))
        store.save(checkpoint({pane(3): counts(4, 4)}, partitions=AT_9), in_doubt=True)

        store.settle([LOG0])

        store = self.reopened(store)
        assert not store.doubts()
        assert store.load().partitions[LOG0].frontier == 9
        assert store.load().panes[pane(3)].cells.tolist() == [5, 6]

    def test_what_is_undone_never_was(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1, 2)}))
        before = everything(store)
        both = {pane(3): counts(4, 4), pane(5): counts(1, 1), pane(3, partition=LOG1): counts(7, 7)}
        store.save(checkpoint(both), in_doubt=True)

        store.settle([], [LOG0, LOG1])

        store = self.reopened(store)
        assert not store.doubts()
        assert everything(store) == before

    def test_one_partition_may_be_undone_and_the_other_confirmed(self, store: Store) -> None:
        both = {pane(3): counts(1), pane(3, partition=LOG1): counts(2)}
        store.save(checkpoint(both), in_doubt=True)

        store.settle([LOG1, Partition("never", 1)], [LOG0])

        assert {key.partition: held.rows for key, held in store.load().panes.items()} == {LOG1: 2}
        assert set(store.load().partitions) == {LOG1}

    def test_a_second_doubt_about_a_partition_is_refused(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1)}), in_doubt=True)
        for in_doubt in (True, False):
            with pytest.raises(StateError, match="in doubt already: fraud-log/0"):
                store.save(checkpoint({pane(3): counts(1)}), in_doubt=in_doubt)
        store.settle([LOG0])
        assert store.load().panes[pane(3)].rows == 1

    def test_panes_in_doubt_are_neither_rolled_up_nor_dropped(self, store: Store) -> None:
        store.save(checkpoint({pane(n): counts(1) for n in range(3)}))
        store.save(checkpoint({pane(1): counts(5)}), in_doubt=True)
        retention = Retention(10 * MINUTE, 5 * MINUTE, MINUTE)

        store.save(checkpoint({pane(2, partition=LOG1): counts(1)}, retention=retention))
        store.settle([], [LOG0])

        assert {key: held.rows for key, held in store.load([LOG0]).panes.items()} == {
            pane(n): 1 for n in range(3)
        }

    def test_the_retention_of_what_is_in_doubt_waits_until_it_is_settled(
        self, store: Store
    ) -> None:
        retention = Retention(10 * MINUTE, 5 * MINUTE, NEVER)
        store.save(checkpoint({pane(1): counts(1)}, retention=retention), in_doubt=True)
        store.settle([LOG0], retention=retention)
        assert list(store.load().panes) == [pane(0, minutes=5)]

    def test_a_stream_that_is_forgotten_does_not_come_back_with_an_undo(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1), pane(3, NEW): counts(2)}))
        store.save(checkpoint({pane(3): counts(1), pane(3, NEW): counts(2)}), in_doubt=True)
        store.forget([ALL])
        store.settle([], [LOG0])
        assert {key.stream: held.rows for key, held in store.load().panes.items()} == {NEW: 2}

    def test_halves_of_pairs_wait_until_they_are_freed(self, store: Store) -> None:
        first, second = at(5), at(6, LOG1)
        store.save(checkpoint(partitions=BOTH_AT_9, halves={first: half(b"a"), second: half(b"b")}))
        store = self.reopened(store)
        assert store.load().halves == {first: half(b"a"), second: half(b"b")}
        assert store.load([LOG1]).halves == {second: half(b"b")}

        # Used by a pair that counts in the other partition.
        store.save(checkpoint(partitions=AT_9, freed={second: LOG0}))

        assert self.reopened(store).load().halves == {first: half(b"a")}

    def test_a_half_is_kept_as_it_came(self, store: Store) -> None:
        request = Half(0, "request", bytes(range(256)), -(2**50), b"\x00" * 2_000_000)
        response = Half(0, "response", b"", 2**50, b"")
        waiting = {at(2**40): request, at(0): response}
        store.save(checkpoint(partitions=AT_9, halves=waiting))
        assert self.reopened(store).load().halves == waiting

    def test_halves_in_doubt_are_neither_there_nor_gone(self, store: Store) -> None:
        store.save(checkpoint(partitions=BOTH_AT_9, halves={at(5, LOG1): half(b"a")}))
        later = {at(8): half(b"c")}
        store.save(
            checkpoint(partitions=AT_9, halves=later, freed={at(5, LOG1): LOG0}), in_doubt=True
        )

        assert self.reopened(store).load().halves == {at(5, LOG1): half(b"a")}

    @pytest.mark.parametrize("stands", [True, False])
    def test_what_became_of_halves_stands_or_falls_with_the_pair(
        self, store: Store, stands: bool
    ) -> None:
        before = {at(5, LOG1): half(b"a")}
        after = {at(8): half(b"c")}
        store.save(checkpoint(partitions=BOTH_AT_9, halves=before))
        store.save(
            checkpoint(partitions=AT_9, halves=after, freed={at(5, LOG1): LOG0}), in_doubt=True
        )

        store.settle([LOG0] if stands else [], [LOG1] if stands else [LOG0])

        assert self.reopened(store).load().halves == (after if stands else before)

    def test_a_half_that_is_freed_twice_does_not_come_back(self, store: Store) -> None:
        store.save(checkpoint(partitions=BOTH_AT_9, halves={at(5, LOG1): half(b"a")}))
        store.save(checkpoint(partitions=AT_9, freed={at(5, LOG1): LOG0}), in_doubt=True)
        store.save(checkpoint(partitions={LOG1: PartitionState(9)}, freed={at(5, LOG1): LOG1}))

        store.settle([], [LOG0])

        assert not self.reopened(store).load().halves

    def test_halves_that_are_older_than_what_is_kept_go(self, store: Store) -> None:
        waiting = {at(n): half(b"a", n * MINUTE) for n in range(4)}
        store.save(checkpoint(partitions=AT_9, halves=waiting))
        store.save(checkpoint(retention=Retention(0, MINUTE, 2 * MINUTE)))
        assert set(store.load().halves) == {at(2), at(3)}

    def test_halves_come_with_the_frontier_that_they_lie_below(self) -> None:
        for wrong in ({"halves": {at(5): half(b"a")}}, {"freed": {at(5, LOG1): LOG0}}):
            with pytest.raises(ValueError, match="fraud-log/0 come without its frontier"):
                checkpoint(**wrong)

    def test_whole_numbers_may_come_from_arrays(self, store: Store) -> None:
        one = np.int64(1)
        key = PaneKey(ALL, LOG0, np.int64(0), np.int64(MINUTE))  # type: ignore[arg-type]
        state = PartitionState(one, one, {"counted": one}, (one,))  # type: ignore[arg-type, dict-item]
        retention = Retention(np.int64(MINUTE), np.int64(5 * MINUTE), np.int64(NEVER))  # type: ignore[arg-type]

        waiting = {HalfKey(LOG0, np.int64(7)): half(b"a", np.int64(9))}  # type: ignore[arg-type]
        store.save(
            checkpoint(
                {key: counts(1)}, partitions={LOG0: state}, retention=retention, halves=waiting
            )
        )

        snapshot = self.reopened(store).load()
        assert snapshot.halves == {at(7): half(b"a", 9)}
        assert snapshot.partitions == {LOG0: PartitionState(1, 1, {"counted": 1}, (1,))}
        assert dict(snapshot.panes) == {pane(0, minutes=5): counts(1)}

    def test_a_closed_store_refuses_and_may_be_closed_again(self, store: Store) -> None:
        store.save(checkpoint({pane(3): counts(1)}))
        store.close()
        store.close()

        with pytest.raises(StateError, match="is closed"):
            store.save(checkpoint())
        with pytest.raises(StateError, match="is closed"):
            store.load()
        with pytest.raises(StateError, match="is closed"):
            store.forget([ALL])

    def test_any_run_of_operations_gives_what_a_dictionary_holds(
        self, new_store: Callable[[], Store]
    ) -> None:
        # Defined in here: hypothesis wants each of its tests to belong to one class alone.
        @settings(max_examples=150)
        @given(st.lists(operations, max_size=8), st.sets(logs))
        def run(
            steps: list[tuple[Checkpoint, bool] | frozenset[StreamKey] | Settling | None],
            some: set[Partition],
        ) -> None:
            store, model = new_store(), Model()
            for number, step in enumerate(steps):
                if step is None:
                    store = self.reopened(store)
                elif isinstance(step, frozenset):
                    store.forget(step)
                    model.forget(step)
                elif isinstance(step, Settling):
                    store.settle(*step)
                    model.settle(*step)
                else:
                    saved = with_halves(step[0], model, number)
                    if (changed := model.copy()).save(saved, in_doubt=step[1]):
                        store.save(saved, in_doubt=step[1])
                        model = changed
                    else:
                        with pytest.raises(StateError):
                            store.save(saved, in_doubt=step[1])
                assert everything(store) == model
            assert everything(store, some) == model.of(some)
            store.close()

        run()


def with_halves(saved: Checkpoint, model: Model, number: int, first_minute: int = 0) -> Checkpoint:
    """The same with one more half for each partition; and of those that wait, the last is freed."""
    time_us = (first_minute + number) * MINUTE
    taken = {key for other in model.waiting.values() for key in other.freed}
    free = sorted(model.halves.keys() - taken)[-1:]
    by = next(iter(saved.partitions), None)
    return replace(
        saved,
        halves={at(number, log): half(b"%d" % number, time_us) for log in saved.partitions},
        freed=dict.fromkeys(free, by) if by is not None and number % 3 else {},
    )


streams = st.sampled_from([ALL, NEW])
logs = st.sampled_from([LOG0, LOG1])
minutes = st.integers(-8, 30).map(lambda minute: minute * MINUTE)
# Now and then a count below zero: a store has to refuse a sum that is.
deltas = st.builds(
    counts,
    st.integers(0, 300),
    st.integers(0, 2**40) | st.integers(-1, 3),
    value=st.integers(-9, 9).map(float),
)
keys = st.builds(PaneKey, streams, logs, minutes, st.sampled_from([MINUTE, 3 * MINUTE]))
states = st.builds(
    PartitionState,
    st.integers(0, 2**63 - 1),
    st.none() | minutes,
    st.dictionaries(st.sampled_from(["counted", "late"]), st.integers(0, 2**53)),
    st.lists(minutes, max_size=2).map(tuple),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)
retentions = st.builds(
    Retention, minutes, st.sampled_from([2 * MINUTE, 5 * MINUTE]), st.just(NEVER) | minutes
)
checkpoints = st.builds(
    checkpoint,
    st.dictionaries(keys, deltas, max_size=6),
    partitions=st.dictionaries(logs, states),
    detector=st.dictionaries(streams, st.binary(max_size=5)),
    fingerprints=st.dictionaries(streams, st.sampled_from("ab")),
    retention=st.none() | retentions,
)
settlings = st.builds(Settling, st.sets(logs), st.sets(logs), st.none() | retentions)
operations = st.tuples(checkpoints, st.booleans()) | st.frozensets(streams) | settlings | st.none()
