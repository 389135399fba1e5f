"""Gives training data the columns that are derived, as the daemon gives them to records."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk, Column
from driftwatch.baseline.times import UNTIMED, TimesOf
from driftwatch.derive.derivation import Derivation
from driftwatch.derive.kinds import AnyDerivation
from driftwatch.derive.vector import MOST_ELEMENTS, Vector, matrices
from driftwatch.errors import DataError, UsageError
from driftwatch.records import ABSENT, WRONG_TYPE, FloatArray, Status
from driftwatch.sketch.vocabulary import category_text

_BLOCK_ROWS = 32
_MOST_LENGTHS = 16
"""Lengths of vectors that are told apart in search of the usual one."""
_STATUS = {
    id(None): Status.NULL,
    id(ABSENT): Status.ABSENT,
    id(WRONG_TYPE): Status.WRONG_TYPE,
}


class Deriving:
    """Makes columns of what chunks hand on raw.

    times_of: where a chunk's rows have their times. needs_times: whether any column depends on
        them.
    """

    def __init__(self, derived: Sequence[Derivation], times_of: TimesOf) -> None:
        self._derived = derived
        self._times_of = times_of
        self.needs_times = any(derivation.needs_times for derivation in derived)

    def chunk(self, chunk: Chunk) -> Chunk:
        """The same rows with the derived columns. Raises DataError where the data has one too."""
        if not self._derived:
            return chunk
        made: dict[str, Column] = {}
        times = self._times_of(chunk) if self.needs_times else None
        served = np.full(chunk.rows, UNTIMED, dtype=np.int64) if times is None else times
        for derivation in self._derived:
            values = chunk.raw.get(derivation.source)
            if values is None:
                values = [ABSENT] * chunk.rows
            found = derivation.compute(values, served)
            for name, kind, cells in zip(derivation.columns, derivation.kinds, found, strict=True):
                if name in chunk.columns:
                    raise DataError(
                        f"the data has a column {name!r}, as one that is derived from "
                        f"{derivation.source!r} would be called; rename it"
                    )
                made[name] = _numbers(cells) if kind == "numeric" else _words(cells)
        return replace(chunk, columns={**chunk.columns, **made})


def _numbers(cells: Sequence[Any]) -> Values:
    numbers = np.array(cells, dtype=np.float64)
    status = np.zeros(len(cells), dtype=np.uint8)
    for hole in np.flatnonzero(np.isnan(numbers)).tolist():
        status[hole] = _STATUS.get(id(cells[hole]), Status.VALUE)
    return Values(status, numbers)


def _words(cells: Sequence[Any]) -> Values:
    index: dict[str, int] = {}
    codes = np.full(len(cells), -1, dtype=np.int32)
    status = np.zeros(len(cells), dtype=np.uint8)
    for i, cell in enumerate(cells):
        if type(cell) is str:
            codes[i] = index.setdefault(cell, len(index))
        else:
            status[i] = _STATUS[id(cell)]
    return Values(status, codes=codes, words=[category_text(word) for word in index])


def needs_mean(derived: Iterable[Derivation]) -> bool:
    """Whether some vector must be averaged before distances to its mean can be taken."""
    return any(isinstance(each, Vector) and not each.mean for each in derived)


def with_means(
    derived: Sequence[AnyDerivation], chunks: Iterable[Chunk]
) -> tuple[AnyDerivation, ...]:
    """The same derivations with the mean of each vector that lacks it, of all rows of the data.

    Raises UsageError for a source that holds no vectors.
    """
    means = {each.source: _Mean() for each in derived if isinstance(each, Vector) and not each.mean}
    for chunk in chunks:
        for source, mean in means.items():
            mean.add(chunk.raw.get(source, ()))
    return tuple(
        each.model_copy(update={"mean": means[each.source].mean(each.source)})
        if isinstance(each, Vector) and each.source in means
        else each
        for each in derived
    )


class _Mean:
    """The mean vector of the most frequent length; of several such, of the shortest.

    Rows are added up in blocks of a fixed size, so that the sum does not depend on the chunks.
    """

    def __init__(self) -> None:
        self._rows: Counter[int] = Counter()
        self._sums: dict[int, FloatArray] = {}
        self._blocks: dict[int, list[FloatArray]] = {}

    def add(self, values: Sequence[Any]) -> None:
        """Look at some more rows."""
        for _, vectors in matrices(values):
            size = vectors.shape[1]
            known = size in self._blocks
            if size > MOST_ELEMENTS or not (known or len(self._blocks) < _MOST_LENGTHS):
                continue
            block = self._blocks.setdefault(size, [])
            for vector in vectors[np.logical_and.reduce(np.isfinite(vectors), axis=1)]:
                block.append(vector)
                if len(block) == _BLOCK_ROWS:
                    self._settle(size)

    def _settle(self, size: int) -> None:
        block = self._blocks[size]
        if block:
            self._rows[size] += len(block)
            summed = np.stack(block).sum(axis=0)
            self._sums[size] = self._sums.get(size, np.zeros(size)) + summed
            block.clear()

    def mean(self, source: str) -> tuple[float, ...]:
        """Of all rows so far."""
        for size in self._blocks:
            self._settle(size)
        if not self._rows:
            raise UsageError(
                f"--derive vector:{source}: no row holds a vector (a list of up to "
                f"{MOST_ELEMENTS:,} numbers) there"
            )
        size = min(self._rows, key=lambda size: (-self._rows[size], size))
        mean = self._sums[size] / self._rows[size]
        if not np.isfinite(mean).all():
            raise UsageError(f"--derive vector:{source}: its numbers are too large to be averaged")
        return tuple((mean + 0.0).tolist())
