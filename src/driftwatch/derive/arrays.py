"""Lists and nested arrays, by their size: an image that arrives at another resolution."""

from collections.abc import Sequence
from typing import Any, Literal

from driftwatch.derive.derivation import Derivation, blank
from driftwatch.records import IntArray
from driftwatch.sketch.layout import Kind

MOST_LISTS = 10_000
"""Inner lists that are looked at; the shape of a larger array is that of its first ones."""
MOST_AXES = 16


class ListLength(Derivation):
    """How many elements a list has.

    >>> import numpy as np
    >>> ListLength(source="tags").compute([["a", "b"], [], "a"], np.zeros(3, np.int64))[0][:2]
    [2.0, 0.0]
    """

    kind: Literal["list"] = "list"

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Derivation.columns`."""
        return (f"{self.source}.length",)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """See `Derivation.kinds`."""
        return ("numeric",)

    def compute(
        self,
        values: Sequence[Any],
        event_times_us: IntArray,  # noqa: ARG002 (every kind's signature)
    ) -> Sequence[Sequence[Any]]:
        """See `Derivation.compute`."""
        return [[float(len(v)) if type(v) is list else blank(v) for v in values]]


class Shape(Derivation):
    """The shape of an array of arrays, as a category; `ragged` where inner lists differ.

    >>> import numpy as np
    >>> Shape(source="image").compute([[[1, 2, 3], [4, 5, 6]], [[1], []]], np.zeros(2, np.int64))
    [['2x3', 'ragged']]
    """

    kind: Literal["shape"] = "shape"

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Derivation.columns`."""
        return (f"{self.source}.shape",)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """See `Derivation.kinds`."""
        return ("categorical",)

    def compute(
        self,
        values: Sequence[Any],
        event_times_us: IntArray,  # noqa: ARG002 (every kind's signature)
    ) -> Sequence[Sequence[Any]]:
        """See `Derivation.compute`."""
        return [[shape(v) if type(v) is list else blank(v) for v in values]]


def shape(array: list[Any]) -> str:
    """The sizes of all axes, the outermost first.

    >>> shape([[1, 2], [3, 4], [5, 6]]), shape([1.5]), shape([]), shape([[1], 2])
    ('3x2', '1', '0', 'ragged')
    """
    sizes: list[int] = []
    level = [array]
    while level:
        size = len(level[0])
        inner = [list in map(type, each) for each in level]
        if any(len(each) != size for each in level) or len(set(inner)) > 1:
            return "ragged"
        sizes.append(size)
        if not inner[0] or len(sizes) == MOST_AXES:
            break
        if any(set(map(type, each)) != {list} for each in level):
            return "ragged"
        level = [part for each in level[:MOST_LISTS] for part in each][:MOST_LISTS]
    return "x".join(map(str, sizes))
