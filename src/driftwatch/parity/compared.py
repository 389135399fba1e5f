"""Two columns, row by row: which rows differ, and by how much."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.parity.cells import Cells
from driftwatch.records import BoolArray, FloatArray

_NEARLY_ONE = 1e-3
_NO_WORD = np.array(None, dtype=object)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """(P,) each. size: of the difference; NaN where it has none.

    excess: size over what is allowed; above 1 it differs; infinite where it has no size.
    unreadable: both are arrays or objects, so nothing is known.
    """

    differs: BoolArray
    size: FloatArray
    excess: FloatArray
    unreadable: BoolArray


def compared(golden: Cells, log: Cells, absolute: float, relative: float) -> Compared:
    """Compare cell with cell."""
    numbers = golden.number & log.number
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        size = np.abs(golden.numbers - log.numbers)
        allowed = absolute + relative * np.abs(golden.numbers)
        excess = np.where(size == 0.0, 0.0, size / allowed)
    same_number = (golden.numbers == log.numbers) | (
        np.isnan(golden.numbers) & np.isnan(log.numbers)
    )
    sized = numbers & np.isfinite(size)
    words = _worded(golden) & _worded(log)
    same = np.select(
        [sized, numbers, words],
        [excess <= 1.0, same_number, golden.words == log.words],
        golden.missing & log.missing,
    )
    unreadable = ~_known(golden) & ~_known(log)
    differs = ~same & ~unreadable
    excess = np.select([sized, differs], [excess, np.inf], 0.0)
    return Compared(differs, np.where(sized, size, np.nan), excess, unreadable)


def whole(elements: Sequence[Compared]) -> Compared:
    """The elements of a vector as one: it differs where one does, by as much as the worst does."""
    if len(elements) == 1:
        return elements[0]
    sizes = np.stack([element.size for element in elements])
    none = np.isnan(sizes).all(axis=0)
    size = np.where(none, np.nan, np.max(np.where(np.isnan(sizes), -np.inf, sizes), axis=0))
    return Compared(
        np.any([element.differs for element in elements], axis=0),
        size,
        np.max([element.excess for element in elements], axis=0),
        np.any([element.unreadable for element in elements], axis=0),
    )


def are_probabilities(elements: Sequence[Cells]) -> bool:
    """Whether these are the probabilities of classes: no sign, and they add up to 1 in each row."""
    numbers, there = _stacked(elements)
    found = numbers[:, there]
    if len(elements) < 2 or not there.any() or (found < 0.0).any():
        return False
    return bool((np.abs(found.sum(axis=0) - 1.0) <= _NEARLY_ONE).all())


def top_class(elements: Sequence[Cells]) -> Cells:
    """Which element is largest, as a category; missing where one of them has no number."""
    numbers, there = _stacked(elements)
    words = np.full(len(there), None, dtype=object)
    words[there] = [str(i) for i in np.argmax(numbers[:, there], axis=0).tolist()]
    return Cells(np.full(len(there), np.nan), np.zeros(len(there), dtype=np.bool_), words, ~there)


def _stacked(elements: Sequence[Cells]) -> tuple[FloatArray, BoolArray]:
    """(elements, P) numbers; (P,) the rows that have all of them."""
    numbers = np.stack([element.numbers for element in elements])
    there: BoolArray = ~np.any(np.isnan(numbers), axis=0)
    return numbers, there


def _known(cells: Cells) -> BoolArray:
    return cells.number | cells.missing | _worded(cells)


def _worded(cells: Cells) -> BoolArray:
    worded: BoolArray = np.not_equal(cells.words, _NO_WORD)
    return worded
