"""What every DeadLetters promises: one suite that each adapter runs against a place of its own."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from driftwatch.deadletters.port import DeadLetters
from driftwatch.records import Partition, RawBatch
from tests.harness.waiting import wait_until

LOG = Partition("fraud-log", 3)
MOST_BYTES = 2_000


class Found(NamedTuple):
    """A letter as whoever looks into the place finds it."""

    reason: str
    topic: str
    partition: int
    offset: int
    value: bytes | None
    whole_bytes: int | None = None


class Place(ABC):
    """Where letters go, and what a test may do to it."""

    keeps_tombstones = True

    @abstractmethod
    def open(self) -> DeadLetters:
        """An adapter that writes there, values up to `MOST_BYTES`."""

    @abstractmethod
    def read(self) -> list[Found]:
        """All that is there now."""

    @abstractmethod
    def shut(self) -> None:
        """Let nothing be written from now on; nothing was yet."""

    @abstractmethod
    def mend(self) -> None:
        """Undo that."""


def batch(values: Sequence[bytes | None], first: int = 100, **more: Any) -> RawBatch:
    offsets = np.arange(first, first + len(values))
    return RawBatch(LOG, values, offsets, first + len(values), **more)


class DeadLettersContract:
    """Subclasses provide the fixture `place`."""

    @pytest.fixture
    def dead(self, place: Place) -> Iterator[DeadLetters]:
        dead = place.open()
        yield dead
        dead.close()

    @pytest.mark.parametrize(
        "value",
        [
            b'{"ts": 1,',
            b"",
            b"\xff\xfe\x00",
            "f\u00fcr \u2028 \U0001f4a9".encode(),
            b'a\nb\r\n"c"\\',
        ],
    )
    def test_a_value_is_there_as_it_came(
        self, place: Place, dead: DeadLetters, value: bytes
    ) -> None:
        dead.send(batch([value]), [(0, "unparsable")])
        assert dead.flush(20)
        assert place.read() == [Found("unparsable", "fraud-log", 3, 100, value)]

    def test_a_tombstone_is_a_letter_too(self, place: Place, dead: DeadLetters) -> None:
        dead.send(batch([None]), [(0, "unparsable")])
        assert dead.flush(20)
        (found,) = place.read()
        assert found.value == (None if place.keeps_tombstones else b"")

    def test_only_the_records_named_are_there_each_with_its_reason_and_place(
        self, place: Place, dead: DeadLetters
    ) -> None:
        dead.send(batch([b"0", b"1", b"2", b"3"]), [(1, "late"), (3, "unknown_model")])
        dead.send(batch([b"4", b"5"], first=900), [(0, "future")])
        assert dead.flush(20)
        assert sorted(place.read(), key=lambda found: found.offset) == [
            Found("late", "fraud-log", 3, 101, b"1"),
            Found("unknown_model", "fraud-log", 3, 103, b"3"),
            Found("future", "fraud-log", 3, 900, b"4"),
        ]

    def test_every_letter_is_there_once_and_counted_once(
        self, place: Place, dead: DeadLetters
    ) -> None:
        values = [b"%d" % i for i in range(1_000)]
        for first in range(0, 1_000, 100):
            part = batch(values[first : first + 100], first=first)
            dead.send(part, [(i, "unparsable") for i in range(100)])
        assert dead.flush(20)
        assert sorted(found.offset for found in place.read()) == list(range(1_000))
        assert dict(dead.deliveries) == {"written": 1_000, "cut": 0, "dropped": 0, "removed": 0}
        assert dead.problem is None

    def test_a_value_that_is_too_large_is_cut_and_says_how_large_it_was(
        self, place: Place, dead: DeadLetters
    ) -> None:
        large, whole = b"x" * (MOST_BYTES + 1), b"y" * MOST_BYTES
        dead.send(batch([large, whole]), [(0, "too_large"), (1, "too_large")])
        assert dead.flush(20)
        assert sorted(place.read(), key=lambda found: found.offset) == [
            Found("too_large", "fraud-log", 3, 100, large[:MOST_BYTES], MOST_BYTES + 1),
            Found("too_large", "fraud-log", 3, 101, whole),
        ]
        assert (dead.deliveries["written"], dead.deliveries["cut"]) == (1, 1)

    def test_nothing_to_send_is_no_letter(self, place: Place, dead: DeadLetters) -> None:
        dead.send(batch([b"fine"]), [])
        assert dead.flush(20)
        assert place.read() == []
        assert not any(dead.deliveries.values())

    def test_a_place_that_takes_nothing_holds_nobody_up(
        self, place: Place, dead: DeadLetters
    ) -> None:
        place.shut()
        began = time.monotonic()
        for first in range(20):
            dead.send(batch([b"lost"], first=first), [(0, "unparsable")])
            assert not dead.flush(0.3)
        assert time.monotonic() - began < 5
        wait_until(lambda: dead.problem, what="there is a problem")
        dead.close()
        assert dict(dead.deliveries) == {"written": 0, "cut": 0, "dropped": 20, "removed": 0}

    def test_writing_goes_on_when_the_place_is_mended(
        self, place: Place, dead: DeadLetters
    ) -> None:
        place.shut()
        dead.send(batch([b"before"]), [(0, "unparsable")])
        assert not dead.flush(0.1)
        wait_until(lambda: dead.problem, what="there is a problem")
        place.mend()
        dead.send(batch([b"after"], first=200), [(0, "unparsable")])
        wait_until(
            lambda: dead.deliveries["written"] and dead.flush(1), what="it is written", timeout=20
        )
        assert place.read()[-1] == Found("unparsable", "fraud-log", 3, 200, b"after")
        assert sum(dead.deliveries.values()) == 2
        assert dead.problem is None

    def test_what_one_process_wrote_the_next_one_keeps(
        self, place: Place, dead: DeadLetters
    ) -> None:
        dead.send(batch([b"first"]), [(0, "unparsable")])
        dead.close()
        again = place.open()
        again.send(batch([b"second"], first=200), [(0, "unparsable")])
        assert again.flush(20)
        again.close()
        assert [found.value for found in place.read()] == [b"first", b"second"]

    def test_it_may_be_closed_twice(self, dead: DeadLetters) -> None:
        dead.send(batch([b"x"]), [(0, "unparsable")])
        dead.close()
        dead.close()
        assert sum(dead.deliveries.values()) == 1
