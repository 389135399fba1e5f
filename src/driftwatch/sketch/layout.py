r"""Which cell of the flat count vector means what.

A stream's counts are one vector over the cells of all its columns (see `sketch.counts`); the layout
says where each column's cells begin and what they stand for. It is frozen in the baseline, so two
counts of one layout can always be added.

A numeric column with E edges has E + 7 cells:

    0                   below edges[0]                      \
    i (1 .. E-1)        edges[i-1] <= x < edges[i]           } bins
    E                   edges[E-1] <= x                     /
    E + 1 .. E + 6      null, absent, wrong type, NaN, -inf, +inf

A categorical column with V words has V + 5 cells:

    0 .. V-1            the words of the vocabulary
    V, V + 1            other (seen in the baseline), new (never seen)
    V + 2 .. V + 4      null, absent, wrong type
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from driftwatch.records import BoolArray, FloatArray, IntArray, Status

Role = Literal["feature", "prediction", "label", "serving", "segment", "rate", "contract"]
"""What a column is to the model. The last three say whether a condition holds: that a record is in
a segment, one whose share is watched, or one that every record must meet."""
CONDITION_ROLES: tuple[Role, ...] = ("segment", "rate", "contract")
Kind = Literal["numeric", "categorical"]

SIDE_CELLS = ("null", "absent", "wrong_type")
"""Cells of any kind of column that hold no value; their order is that of `records.Status`."""
NON_FINITE_CELLS = ("nan", "negative_inf", "positive_inf")


@dataclass(frozen=True, slots=True, eq=False)
class NumericLayout:
    """A numeric column's bins.

    edges: (E,) ascending, finite float64.
    low, high: the baseline's smallest value is edges[low]; its largest is just below edges[high].
    single: (E + 1,) bins that hold one value only, which are known exactly.

    The largest float has no float above it: a column that holds it has it at edges[high] itself.
    """

    name: str
    role: Role
    edges: FloatArray
    low: int
    high: int

    kind: Literal["numeric"] = "numeric"

    @property
    def bins(self) -> int:
        """Cells that hold a finite value."""
        return len(self.edges) + 1

    @property
    def size(self) -> int:
        """All cells."""
        return self.bins + len(SIDE_CELLS) + len(NON_FINITE_CELLS)

    @property
    def single(self) -> BoolArray:
        """(E + 1,) bins that hold one value only, which are known exactly."""
        single = np.zeros(self.bins, dtype=np.bool_)
        single[1:-1] = self.edges[1:] == np.nextafter(self.edges[:-1], np.inf)
        return single

    def cell(self, name: str) -> int:
        """The cell of a side counter, within the column."""
        return self.bins + (SIDE_CELLS + NON_FINITE_CELLS).index(name)


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalLayout:
    """A categorical column's words.

    vocabulary: (V,) the words that have a cell of their own.
    other: sorted 64-bit hashes (uint64) of the baseline's words outside the vocabulary.
    other_complete: False where the baseline had more words than it could keep; then `other` is
        empty, a word outside the vocabulary can't be told from a new one, and all count as other.
    """

    name: str
    role: Role
    vocabulary: tuple[str, ...]
    other: "np.ndarray[tuple[int], np.dtype[np.uint64]]"
    other_complete: bool = True

    kind: Literal["categorical"] = "categorical"

    @property
    def bins(self) -> int:
        """Cells that hold a value: the words, other and new."""
        return len(self.vocabulary) + 2

    @property
    def size(self) -> int:
        """All cells."""
        return self.bins + len(SIDE_CELLS)

    def cell(self, name: str) -> int:
        """The cell of a counter that is not a word, within the column."""
        return len(self.vocabulary) + ("other", "new", *SIDE_CELLS).index(name)


ColumnLayout = NumericLayout | CategoricalLayout


@dataclass(frozen=True)
class Layout:
    """The cells of all columns of a stream, one column after the other."""

    columns: tuple[ColumnLayout, ...]

    @cached_property
    def starts(self) -> IntArray:
        """(columns + 1,) where each column's cells begin; the last entry is the size."""
        return np.cumsum([0, *(column.size for column in self.columns)], dtype=np.int64)

    @property
    def size(self) -> int:
        """The cells of all columns."""
        return int(self.starts[-1])

    @cached_property
    def value_bounds(self) -> IntArray:
        """(2 C,) where each column's bins begin and end, one column after the other."""
        bins = np.array([column.bins for column in self.columns], dtype=np.int64)
        return np.stack((self.starts[:-1], self.starts[:-1] + bins), axis=1).ravel()

    @cached_property
    def numeric(self) -> IntArray:
        """Indices of the numeric columns, in order."""
        return self._of_kind("numeric")

    @cached_property
    def categorical(self) -> IntArray:
        """Indices of the categorical columns, in order."""
        return self._of_kind("categorical")

    def _of_kind(self, kind: Kind) -> IntArray:
        return np.array([i for i, c in enumerate(self.columns) if c.kind == kind], dtype=np.int64)

    @cached_property
    def fingerprint(self) -> str:
        """Changes exactly when counts of the one can't be added to counts of the other."""
        digest = hashlib.blake2b(digest_size=16)
        for column in self.columns:
            digest.update(f"{column.kind}\0{column.role}\0{column.name}\0".encode())
            if isinstance(column, NumericLayout):
                digest.update(column.edges.astype("<f8").tobytes())
                digest.update(f"{column.low} {column.high}".encode())
            else:
                for word in column.vocabulary:
                    digest.update(f"{len(word)} {word}".encode("utf-8", "surrogatepass"))
                digest.update(column.other.astype("<u8").tobytes())
                digest.update(b"complete" if column.other_complete else b"incomplete")
        return digest.hexdigest()

    @cached_property
    def side_cells(self) -> Mapping[str, tuple[IntArray, IntArray]]:
        """By side counter: the columns that have it, and its flat cell in each of them."""
        names = {
            "numeric": SIDE_CELLS + NON_FINITE_CELLS,
            "categorical": ("other", "new", *SIDE_CELLS),
        }
        found: dict[str, tuple[list[int], list[int]]] = {
            name: ([], []) for kind in names.values() for name in kind
        }
        for i, (column, start) in enumerate(zip(self.columns, self.starts, strict=False)):
            for name in names[column.kind]:
                found[name][0].append(i)
                found[name][1].append(int(start) + column.cell(name))
        return {
            name: (np.array(columns, dtype=np.int64), np.array(cells, dtype=np.int64))
            for name, (columns, cells) in found.items()
        }


assert (Status.NULL, Status.ABSENT, Status.WRONG_TYPE) == (1, 2, 3)
