"""Who rests so that the others catch up, decided from clocks and positions alone."""

from driftwatch.monitor.alignment import Alignment
from driftwatch.records import Partition, Progress

A, B, C = (Partition("log", number) for number in range(3))
AHEAD, STILL_AFTER, NOW = 600, 60, 100_000


def new() -> Alignment:
    return Alignment(AHEAD, STILL_AFTER)


def reading(position: int = 0) -> Progress:
    return Progress(position, None, None, caught_up=False)


def at_end(position: int = 0) -> Progress:
    return Progress(position, position, 0, caught_up=True)


def test_one_that_is_too_far_ahead_of_the_slowest_rests() -> None:
    clocks = {A: 1000, B: 1000 + AHEAD, C: 1001 + AHEAD}
    assert new().ahead(NOW, clocks, dict.fromkeys(clocks, reading())) == {C}


def test_one_that_has_nothing_waiting_is_not_waited_for() -> None:
    clocks = {A: 1000, B: 5000, C: 5100}
    assert new().ahead(NOW, clocks, {A: at_end(), B: reading(), C: reading()}) == frozenset()


def test_one_that_has_nothing_waiting_does_not_rest() -> None:
    assert new().ahead(NOW, {A: 1000, B: 5000}, {A: reading(), B: at_end()}) == frozenset()


def test_one_that_is_near_to_now_does_not_rest() -> None:
    clocks = {A: 1000, B: 5000}
    progress = dict.fromkeys(clocks, reading())
    assert new().ahead(5000 + AHEAD, clocks, progress) == frozenset()
    assert new().ahead(5000 + AHEAD + 1, clocks, progress) == {B}


def test_one_that_was_not_read_yet_is_not_waited_for() -> None:
    assert new().ahead(NOW, {A: None, B: 5000}, {A: reading(), B: reading()}) == frozenset()


def test_one_that_does_not_move_is_waited_for_a_while_only() -> None:
    alignment, clocks = new(), {A: 1000, B: 5000}
    progress = {A: reading(7), B: reading(9)}
    assert alignment.ahead(NOW, clocks, progress) == {B}
    assert alignment.ahead(NOW + STILL_AFTER - 1, clocks, progress) == {B}
    assert alignment.ahead(NOW + STILL_AFTER, clocks, progress) == frozenset()
    assert alignment.ahead(NOW + STILL_AFTER, clocks, {**progress, A: reading(8)}) == {B}


def test_one_that_went_and_came_again_is_waited_for_anew() -> None:
    alignment, clocks = new(), {A: 1000, B: 5000}
    progress = {A: reading(7), B: reading(9)}
    alignment.ahead(NOW, clocks, progress)
    alignment.ahead(NOW + 10, {B: 5000}, {B: reading(9)})
    assert alignment.ahead(NOW + STILL_AFTER, clocks, progress) == {B}
