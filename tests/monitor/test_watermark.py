"""How far a log is complete, decided from its partitions alone."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.monitor.watermark import Watermark, end_of_pane, latest
from driftwatch.records import Partition, Progress

A, B, C = (Partition("log", number) for number in range(3))
LATENESS, IDLE_AFTER = 120, 60


def new() -> Watermark:
    return Watermark(pane_us=60, lateness_us=LATENESS, idle_after_us=IDLE_AFTER)


def reading(position: int = 0) -> Progress:
    return Progress(position, None, None, caught_up=False)


def at_end(position: int = 0) -> Progress:
    return Progress(position, position, 0, caught_up=True)


def ended(position: int = 0) -> Progress:
    return Progress(position, position, 0, caught_up=True, ended=True)


def test_it_is_the_slowest_clock_less_the_lateness() -> None:
    watermark = new()
    watermark.look(0, {A: 1000, B: 500}, {A: reading(), B: reading()})
    assert watermark.value_us == 500 - LATENESS


def test_a_partition_without_a_record_holds_everything_back() -> None:
    watermark = new()
    assert not watermark.look(0, {A: 1000, B: None}, {A: reading(), B: reading()})
    assert watermark.value_us is None


def test_without_partitions_there_is_none() -> None:
    watermark = new()
    assert not watermark.look(0, {}, {})
    assert watermark.value_us is None


def test_it_never_goes_back() -> None:
    watermark = new()
    watermark.look(0, {A: 1000}, {A: reading()})
    assert not watermark.look(0, {A: 900}, {A: reading()})
    assert watermark.value_us == 1000 - LATENESS


def test_it_says_whether_it_moved() -> None:
    watermark = new()
    found = [watermark.look(0, {A: clock}, {A: reading()}) for clock in (1000, 1000, 1001)]
    assert found == [True, False, True]


@pytest.mark.parametrize(("later", "value"), [(59, 500), (60, 1000)])
def test_a_partition_that_is_read_to_its_end_holds_nothing_back_after_a_while(
    later: int, value: int
) -> None:
    watermark = new()
    for now in (0, later):
        watermark.look(now, {A: 1000, B: 500}, {A: reading(), B: at_end(7)})
    assert watermark.value_us == value - LATENESS


def test_a_partition_that_brings_something_now_and_then_is_not_idle() -> None:
    watermark = new()
    for i in range(10):
        watermark.look(50 * i, {A: 1000 + i, B: 500}, {A: reading(), B: at_end(i)})
    assert watermark.idle == set()


@pytest.mark.parametrize("progress", [{}, {B: reading(7)}], ids=["unreachable", "lagging"])
def test_a_partition_that_lags_or_can_not_be_reached_is_never_idle(
    progress: Mapping[Partition, Progress],
) -> None:
    watermark = new()
    watermark.look(0, {B: 500}, {B: at_end(7)})
    for now in range(100, 2000, 100):
        watermark.look(now, {B: 500}, progress)
    assert watermark.idle == set()


def test_while_all_are_idle_it_stands_still() -> None:
    watermark = new()
    for now in range(0, 1000, 100):
        watermark.look(now, {A: 1000, B: 500}, {A: at_end(), B: at_end()})
    assert watermark.value_us == 500 - LATENESS


def test_a_partition_that_has_ended_holds_nothing_back() -> None:
    watermark = new()
    watermark.look(0, {A: 1000, B: 500}, {A: reading(), B: ended()})
    assert watermark.value_us == 1000 - LATENESS


def test_one_that_ended_and_is_no_longer_heard_of_holds_nothing_back() -> None:
    watermark = new()
    watermark.look(0, {A: 1000, B: 500}, {A: reading(), B: ended()})
    watermark.look(0, {A: 2000, B: 500}, {A: reading()})
    assert watermark.value_us == 2000 - LATENESS


def test_one_that_ended_and_goes_on_counts_again() -> None:
    watermark = new()
    watermark.look(0, {A: 1000, B: 500}, {A: reading(), B: ended()})
    watermark.look(0, {A: 5000, B: 1500}, {A: reading(), B: reading()})
    assert watermark.value_us == 1500 - LATENESS


@pytest.mark.parametrize(("clock", "end"), [(1000, 1020), (1019, 1020), (1020, 1080)])
def test_where_all_have_ended_it_passes_everything(clock: int, end: int) -> None:
    watermark = new()
    watermark.look(0, {A: clock, B: 500}, {A: ended(), B: ended()})
    assert watermark.value_us == end


def test_a_partition_that_went_is_forgotten() -> None:
    watermark = new()
    watermark.look(0, {A: 1000, B: 500}, {A: reading(), B: ended()})
    watermark.forget(B)
    watermark.look(0, {A: 5000, B: 1500}, {A: reading()})
    assert watermark.value_us == 1500 - LATENESS


@pytest.mark.parametrize(
    ("progress", "waiting"),
    [
        ({A: at_end(), B: at_end()}, None),
        ({A: reading(), B: at_end()}, 1000),
        ({A: reading(), B: reading()}, 500),
        ({A: reading(), C: reading()}, 1000),  # of C no record has come yet
        ({C: reading()}, None),
    ],
)
def test_what_waits_is_as_old_as_the_slowest_partition_with_records_to_read(
    progress: Mapping[Partition, Progress], waiting: int | None
) -> None:
    watermark = new()
    watermark.look(0, {A: 1000, B: 500, C: None}, progress)
    assert watermark.waiting_us == waiting


looks = st.lists(
    st.tuples(
        st.integers(0, 100),
        st.dictionaries(st.sampled_from((A, B, C)), st.none() | st.integers(0, 5000), max_size=3),
        st.dictionaries(
            st.sampled_from((A, B, C)),
            st.builds(
                Progress, st.integers(0, 3), st.none(), st.none(), st.booleans(), st.booleans()
            ),
            max_size=3,
        ),
    ),
    max_size=10,
)


@given(looks)
def test_it_never_passes_a_partition_that_may_bring_more(history: list[tuple[Any, ...]]) -> None:
    watermark, now, before = new(), 0, None
    for step, clocks, progress in history:
        now += step
        moved = watermark.look(now, clocks, progress)
        if moved:
            assert watermark.value_us is not None
            assert before is None or watermark.value_us > before
            for partition, clock in clocks.items():
                if partition not in watermark.idle | watermark.ended:
                    assert clock is not None
                    assert watermark.value_us <= clock - LATENESS
        else:
            assert watermark.value_us == before
        before = watermark.value_us


def test_the_latest_of_no_clocks_is_none() -> None:
    assert latest({A: None}) is None
    assert end_of_pane(latest({}), 60) is None
