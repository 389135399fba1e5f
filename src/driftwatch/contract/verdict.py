"""What a contract says of records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from driftwatch.records import BoolArray, FloatArray, StatusArray

How = Literal["within", "below", "above", "new", "missing", "wrong_type"]
"""below, above: a number beyond all of training. new: a category that training has never seen.
missing: no value, where fewer than one in a thousand training rows had none. wrong_type: a value of
another type, likewise."""
HOWS: tuple[How, ...] = get_args(How)


class Outside(NamedTuple):
    """A column of a record that lies outside of the training data.

    distance: for numbers, from the nearest training value in standard deviations of the training
    data; 1 for all others.
    """

    column: str
    how: How
    distance: float


class Verdict(NamedTuple):
    """What is wrong with one record.

    failed: rules that are false. unknown: rules that are NULL, because a value is missing. outside:
    columns that lie outside of the training data, the furthest first.
    """

    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    outside: tuple[Outside, ...]

    @property
    def ok(self) -> bool:
        """No rule is false. One that is unknown does not count against a record, as in SQL."""
        return not self.failed

    @property
    def distance(self) -> float:
        """How far outside of the training data the record lies: as far as its furthest column."""
        return self.outside[0].distance if self.outside else 0.0


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is wrong with each of n records; `verdicts[i]` is the `Verdict` of one.

    rules: R names. failed, unknown: (R, n). columns: C names. how: (C, n) indices into `HOWS`.
    distances: (C, n), 0 where a column lies within the training data.
    """

    rules: Sequence[str]
    failed: BoolArray
    unknown: BoolArray
    columns: Sequence[str]
    how: StatusArray
    distances: FloatArray

    @property
    def ok(self) -> BoolArray:
        """(n,) no rule is false."""
        ok: BoolArray = ~np.logical_or.reduce(self.failed, axis=0)
        return ok

    @property
    def distance(self) -> FloatArray:
        """(n,) how far outside of the training data each lies; 0 where it does not."""
        distance: FloatArray = self.distances.max(axis=0, initial=0.0)
        return distance

    def __len__(self) -> int:
        return int(self.failed.shape[1])

    def __getitem__(self, at: int) -> Verdict:
        rules = np.array(self.rules, dtype=np.object_)
        outside = [
            Outside(self.columns[i], HOWS[self.how[i, at]], float(self.distances[i, at]))
            for i in np.flatnonzero(self.how[:, at]).tolist()
        ]
        return Verdict(
            tuple(rules[self.failed[:, at]]),
            tuple(rules[self.unknown[:, at]]),
            furthest_first(outside),
        )

    def __iter__(self) -> Iterator[Verdict]:
        return (self[i] for i in range(len(self)))


def furthest_first(outside: list[Outside]) -> tuple[Outside, ...]:
    """In the order of a verdict; those at one distance by name."""
    return tuple(sorted(outside, key=lambda found: (-found.distance, found.column)))
