"""A vector, such as an embedding, by a few numbers that move when its distribution does.

A change of a vector's mean or spread in any direction shows in most of the random projections, and
so do changes that no single element shows. The directions are drawn once and for all. Projections
are sums of integers that float64 holds without rounding, so that every machine and every batch size
gives the same bits: a vector that many records share stays one value.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from driftwatch.derive.derivation import Derivation, blank
from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.sketch.layout import Kind

PROJECTIONS = 32
MOST_ELEMENTS = 16_384
"""Of the vectors that are projected."""
_KEY = 0x64726966_74776174
_EXACT_BITS = 52
_DIRECTION_BITS = 3
_SLICE_ELEMENTS = 1 << 18
"""Made numbers of at a time: 2 MB."""


class Vector(Derivation):
    """Norm, `PROJECTIONS` random projections, distance to the training data's mean, and length.

    mean: of the training data's vectors of the most frequent length. Vectors of another length, or
    with an element that is no number, have no projection and no distance: these are of the wrong
    type. The length is a category; so a vector of another length is a new one.

    >>> vector = Vector(source="v", mean=(3.0, 0.0))
    >>> norm, *projections, distance, size = vector.compute([[3, 4], [1.5]], np.zeros(2, np.int64))
    >>> norm, distance[0], size
    ([5.0, 1.5], 4.0, ['2', '1'])
    >>> len(projections), max(abs(p[0]) for p in projections) <= 5.0
    (32, True)
    """

    kind: Literal["vector"] = "vector"
    mean: tuple[float, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Derivation.columns`."""
        projections = (f"projection.{i:02d}" for i in range(PROJECTIONS))
        return tuple(f"{self.source}.{part}" for part in ("norm", *projections, "distance", "size"))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """See `Derivation.kinds`."""
        number: Kind = "numeric"
        return (*[number] * (PROJECTIONS + 2), "categorical")

    def compute(
        self,
        values: Sequence[Any],
        event_times_us: IntArray,  # noqa: ARG002 (every kind's signature)
    ) -> Sequence[Sequence[Any]]:
        """See `Derivation.compute`."""
        blanks = [blank(value) for value in values]
        numeric = [blanks.copy() for _ in range(PROJECTIONS + 2)]
        sizes = [str(len(v)) if type(v) is list else b for v, b in zip(values, blanks, strict=True)]
        for rows, vectors in matrices(values):
            fits = vectors.shape[1] == len(self.mean)
            found = [lengths(vectors)]
            if fits:
                found += list(projected(vectors).T)
                with np.errstate(invalid="ignore", over="ignore"):
                    found.append(lengths(vectors - np.array(self.mean)))
            for column, cells in zip(numeric, found, strict=False):
                for row, cell in zip(rows, cells.tolist(), strict=True):
                    column[row] = cell
        return [*numeric, sizes]


def matrices(values: Sequence[Any]) -> Iterator[tuple[list[int], FloatArray]]:
    """Those of some values that are vectors, some of one length (n, k) at a time, and their places.

    >>> [(rows, m.tolist()) for rows, m in matrices([[1, 2], None, [3.5], ["x"], [4, 5], []])]
    [([0, 4], [[1.0, 2.0], [4.0, 5.0]]), ([2], [[3.5]])]
    """
    by_length: dict[int, list[int]] = {}
    for i, value in enumerate(values):
        if type(value) is list and value and _NUMBERS.issuperset(map(type, value)):
            by_length.setdefault(len(value), []).append(i)
    for length, rows in by_length.items():
        most = max(1, _SLICE_ELEMENTS // length)
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
            yield part, np.array([_floats(values[i]) for i in part])


_NUMBERS = frozenset((int, float))


def _floats(vector: list[int | float]) -> FloatArray:
    try:
        return np.array(vector, dtype=np.float64)
    except OverflowError:  # JSON knows no largest integer
        return np.array([_float(element) for element in vector])


def _float(element: float) -> float:
    try:
        return float(element)
    except OverflowError:
        return np.inf if element > 0 else -np.inf


def lengths(vectors: FloatArray) -> FloatArray:
    """(n,) Euclidean norms; NaN where an element is not finite."""
    finite, scaled, exponents = _scaled(vectors)
    norms = np.full(len(vectors), np.nan)
    with np.errstate(over="ignore"):
        norms[finite] = np.ldexp(np.sqrt(np.add.reduce(scaled * scaled, axis=1)), exponents)
    return norms


def projected(vectors: FloatArray) -> FloatArray:
    """(n, PROJECTIONS) of (n, k) vectors on unit vectors; NaN where an element is not finite."""
    size = vectors.shape[1]
    directions, norms = _directions(size)
    # With so many bits, a sum of `size` products is exact in any order.
    bits = _EXACT_BITS - _DIRECTION_BITS - (size - 1).bit_length()
    finite, scaled, exponents = _scaled(vectors)
    sums = np.rint(np.ldexp(scaled, bits)) @ directions
    found = np.full((len(vectors), PROJECTIONS), np.nan)
    with np.errstate(over="ignore"):
        found[finite] = np.ldexp(sums / norms, (exponents - bits)[:, None]) + 0.0
    return found


def _scaled(vectors: FloatArray) -> tuple[BoolArray, FloatArray, "np.ndarray[Any, Any]"]:
    """Which vectors are finite, and these with elements below 1, times 2 to the exponents."""
    finite: BoolArray = np.logical_and.reduce(np.isfinite(vectors), axis=1)
    kept = np.ascontiguousarray(vectors[finite])
    _, exponents = np.frexp(np.abs(kept).max(axis=1, initial=0.0))
    return finite, np.ldexp(kept, -exponents[:, None]), exponents


@lru_cache(maxsize=8)
def _directions(size: int) -> tuple[FloatArray, FloatArray]:
    """(size, PROJECTIONS) odd integers up to 7, nearly normal, and the lengths of the columns.

    They are counted from bits of Philox, whose stream is the same everywhere.
    """
    raw = np.random.Philox(key=_KEY).random_raw(size * PROJECTIONS // 8)
    ones = np.bitwise_count(raw.astype("<u8").view(np.uint8) & np.uint8(127))
    found = 2.0 * ones.reshape(size, PROJECTIONS) - 7.0
    return found, np.sqrt(np.add.reduce(found * found, axis=0))
