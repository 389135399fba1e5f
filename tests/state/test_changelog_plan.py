"""The rows of a checkpoint, and a mirror made of them: the semantics of every store.

What a plan does to a mirror is held to the model that the other stores are held to; and what is
left of all its rows once the topic was compacted has to make the same mirror again.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.errors import StateError
from driftwatch.protocol.checkpoint import Checkpoint, PaneKey, PartitionState, Retention
from driftwatch.protocol.commit import Commit
from driftwatch.records import Half, Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.changelog.errors import DamageError
from driftwatch.state.changelog.keys import Replica, RowKey
from driftwatch.state.changelog.mirror import Mirror
from driftwatch.state.changelog.plan import plan
from driftwatch.state.changelog.values import DetectorRow, parts_of
from tests.state.contract import (
    ALL,
    AT_9,
    BOTH_AT_9,
    LOG0,
    LOG1,
    MINUTE,
    NEVER,
    NEW,
    at,
    checkpoint,
    counts,
    half,
    pane,
    with_halves,
)
from tests.state.model import Model, Pane, seen

US = Replica("r0")
BOTH = (LOG0, LOG1)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with closing(Mirror()) as mirror:
        yield mirror


def save(mirror: Mirror, saved: Checkpoint) -> dict[bytes, bytes | None]:
    """Plan it and put it into the mirror. Returns what is written to the topic."""
    held = [partition for partition in BOTH if mirror.partition(partition) is not None]
    made = plan(saved, mirror, dict.fromkeys(BOTH, Commit(0, "changelog/t")), held, US)
    mirror.put(made.all_rows())
    for partition, commit in made.commits.items():
        row = mirror.partition(partition)
        assert row is not None
        assert (row.frontier, row.number) == (commit.offset, commit.number)
    return {key.data: value for key, value in made.all_rows()}


def held(mirror: Mirror) -> Model:
    """What stands in a mirror, as a model has it."""
    found = Model()
    for partition in BOTH:
        row = mirror.partition(partition)
        if row is None:
            continue
        found.partitions[partition] = row.state
        for key in mirror.panes(partition):
            found.panes[key] = seen(mirror.counts(key))
        found.halves |= mirror.halves(partition)
        found.fingerprints |= mirror.streams(partition)
    for stream, detector in mirror.detectors(US).items():
        assert isinstance(detector, DetectorRow)
        found.detector[stream] = detector.state
    return found


panes = st.builds(
    pane,
    st.integers(-3, 12),
    st.sampled_from([ALL, NEW]),
    st.sampled_from(BOTH),
)


@st.composite
def checkpoints(draw: st.DrawFn) -> Checkpoint:
    deltas = draw(
        st.dictionaries(panes, st.builds(counts, st.integers(0, 9), st.integers(0, 9)), max_size=6)
    )
    partitions = {key.partition for key in deltas} | draw(st.sets(st.sampled_from(BOTH)))
    states = st.builds(PartitionState, st.integers(0, 99), st.none() | st.integers(-9, 9))
    retention = st.builds(
        lambda roll, drop: Retention(roll * MINUTE, 5 * MINUTE, drop * MINUTE),
        st.integers(-1, 12),
        st.integers(-9, 9),
    )
    return Checkpoint(
        deltas,
        {partition: draw(states) for partition in partitions},
        draw(st.dictionaries(st.sampled_from([ALL, NEW]), st.binary(max_size=3))),
        {ALL: draw(st.sampled_from(["f1", "f1", "f2"])), NEW: "g"},
        draw(st.none() | retention),
    )


@given(st.lists(checkpoints(), max_size=6))
def test_a_plan_does_what_every_store_does(saved: list[Checkpoint]) -> None:
    model, latest = Model(), dict[bytes, bytes | None]()
    with closing(Mirror()) as mirror, closing(Mirror()) as restored:
        first = Checkpoint({}, dict.fromkeys(BOTH, PartitionState(0)), {}, {ALL: "f1", NEW: "g"})
        for number, one in enumerate([first, *saved]):
            # Late ones: what waits is not tidied up by its age.
            with_some = with_halves(one, model, number, first_minute=100)
            model.save(with_some)
            latest |= save(mirror, with_some)
        # A stream that begins anew would take its detector along; here it stays until the next one.
        expected, found = replace(model, detector={}), replace(held(mirror), detector={})
        assert found == expected
        restored.put((RowKey.parse(key), value) for key, value in latest.items())  # type: ignore[misc]
        assert held(restored) == held(mirror)


def test_counts_are_written_as_they_are_with_those_before(mirror: Mirror) -> None:
    first = save(mirror, checkpoint({pane(3): counts(1, 2)}))
    second = save(mirror, checkpoint({pane(3): counts(1, 1)}))
    assert first.keys() == second.keys()
    assert mirror.counts(pane(3)).cells.tolist() == [2, 3]


def test_the_row_of_a_partition_comes_last(mirror: Mirror) -> None:
    save(mirror, checkpoint({pane(n): counts(1) for n in range(3)}))
    tidy = Retention(0, 5 * MINUTE, 2 * MINUTE)
    rows = save(mirror, checkpoint({pane(9): counts(1)}, fingerprints={ALL: "f"}, retention=tidy))
    assert list(rows)[-1] == RowKey("partition", LOG0).data
    assert list(rows.values()).count(None) == 2


def test_a_half_that_was_used_elsewhere_is_deleted_before_the_row_of_its_partition(
    mirror: Mirror,
) -> None:
    large = Half(0, "request", b"a", 7, b"x" * 2_000_000)
    save(mirror, checkpoint(partitions=BOTH_AT_9, halves={at(5, LOG1): large}))
    assert mirror.halves(LOG1) == {at(5, LOG1): large}

    rows = save(mirror, checkpoint(partitions=AT_9, freed={at(5, LOG1): LOG0}))

    own = RowKey("partition", LOG1).data
    assert [key for key in rows if b'-log",1' in key][-1] == own
    assert [rows[RowKey.of_half(at(5, LOG1), part).data] for part in range(3)] == [None] * 3
    assert mirror.halves(LOG1) == {}


def test_what_waits_in_a_partition_that_went_is_left_to_whoever_has_it(mirror: Mirror) -> None:
    save(mirror, checkpoint(partitions=BOTH_AT_9, halves={at(5, LOG1): half(b"a")}))
    freed = checkpoint(partitions=AT_9, freed={at(5, LOG1): LOG0})
    made = plan(freed, mirror, {LOG0: Commit(0, "changelog/t")}, [LOG0], US)
    assert made.rows.keys() == {LOG0}


@pytest.mark.parametrize("part", range(3))
def test_half_of_a_pair_of_which_a_part_is_missing_is_damage(mirror: Mirror, part: int) -> None:
    large = Half(0, "request", b"a", 7, b"x" * 2_000_000)
    save(mirror, checkpoint(partitions=AT_9, halves={at(5): large}))
    mirror.check(LOG0)
    mirror.put([(RowKey.of_half(at(5), part), None)])
    with pytest.raises(DamageError, match=f"part {part} of half of a pair is missing"):
        mirror.check(LOG0)
    with pytest.raises(DamageError):
        mirror.halves(LOG0)


def test_half_of_a_pair_that_makes_no_sense_is_damage(mirror: Mirror) -> None:
    save(mirror, checkpoint(partitions=AT_9, halves={at(5): half(b"a")}))
    (both,) = parts_of(msgspec.msgpack.encode(["both", b"a", 7, b"{}"]))
    mirror.put([(RowKey.of_half(at(5)), both)])
    with pytest.raises(DamageError, match="half of a pair can't be read"):
        mirror.halves(LOG0)


def test_each_checkpoint_has_the_next_number(mirror: Mirror) -> None:
    for number in (1, 2, 3):
        save(mirror, checkpoint({pane(number): counts(1)}))
        row = mirror.partition(LOG0)
        assert row is not None
        assert row.number == number


@pytest.mark.parametrize("bad", [counts(0, -9), counts(1, 2, 3)], ids=["negative", "layout"])
def test_counts_that_do_not_fit_change_nothing(mirror: Mirror, bad: Counts) -> None:
    save(mirror, checkpoint({pane(9): counts(4, 4)}))
    before = held(mirror)
    with pytest.raises(StateError, match="can't be saved"):
        save(mirror, checkpoint({pane(3): counts(1, 1), pane(9): bad}))
    assert held(mirror) == before


def test_a_partition_that_is_not_settled_is_left_as_it_is(mirror: Mirror) -> None:
    both = {pane(1): counts(1), pane(1, partition=LOG1): counts(1)}
    save(mirror, checkpoint(both))
    only = checkpoint({pane(9): counts(1)}, retention=Retention(0, MINUTE, 5 * MINUTE))
    made = plan(only, mirror, {LOG0: Commit(0, "w")}, [], US)
    assert made.rows.keys() == {LOG0}


def test_what_is_dropped_from_a_plan_is_not_written(mirror: Mirror) -> None:
    both = {pane(1): counts(1), pane(1, partition=LOG1): counts(1)}
    made = plan(checkpoint(both), mirror, dict.fromkeys(BOTH, Commit(0, "w")), [], US)
    made.drop(LOG1)
    assert {key.owner for key, _ in made.all_rows()} == {LOG0}
    assert made.commits.keys() == {LOG0}


def test_owners_of_like_names_are_kept_apart(mirror: Mirror) -> None:
    key = RowKey("detector", Replica(str(LOG0)), ALL)
    mirror.put([(key, b"")])
    mirror.clear(LOG0)
    assert list(mirror.detectors(Replica(str(LOG0)))) == [ALL]


def test_a_mirror_takes_all_rows_or_none(mirror: Mirror) -> None:
    def rows() -> Iterator[tuple[RowKey, bytes]]:
        yield RowKey("stream", LOG0, ALL), b"x"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        mirror.put(rows())
    with pytest.raises(DamageError):
        mirror.counts(pane(0))
    assert mirror.streams(LOG0) == {}


def test_a_pane_of_before_the_epoch_has_its_place() -> None:
    key = PaneKey(StreamKey("ü", '"3"', "a,b"), Partition("t", 2**31 - 1), -5 * MINUTE, MINUTE)
    found = RowKey.parse(RowKey.of_pane(key, 7).data)
    assert found is not None
    assert (found.pane, found.part) == (key, 7)


def test_rolled_up_rows_are_those_of_their_block(mirror: Mirror) -> None:
    save(mirror, checkpoint({pane(n): counts(1) for n in range(5)}))
    late = checkpoint({pane(2): counts(10)}, retention=Retention(5 * MINUTE, 5 * MINUTE, NEVER))
    save(mirror, late)
    assert held(mirror).panes == {pane(0, minutes=5): Pane(15, (15,), 1.0, 1.0)}
