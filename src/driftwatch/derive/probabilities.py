"""The probabilities of classes, by what people ask of a classifier: which class, and how surely."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from driftwatch.derive.derivation import Derivation, blank
from driftwatch.derive.vector import matrices
from driftwatch.records import WRONG_TYPE, FloatArray, IntArray
from driftwatch.sketch.layout import Kind, Role

_ABOVE_ONE = 1e-6
"""By how much rounding may lift a probability above 1."""
_ENTROPY_STEP = 2.0**-30
"""Entropy is rounded to it, because logarithms differ in their last bits between processors."""


class Probabilities(Derivation):
    """Top class, its probability, how far it is ahead of the second, and the entropy in nats.

    Of a vector, or of an object {class: probability}. classes: names of a vector's elements;
    without them they go by their numbers. Of equal ones the first is the top class; in an object,
    the first by name. Probabilities need not add up to 1; for the entropy they are made to. Where
    all are 0 there is no top class and no entropy: these are null. A vector of another length than
    `classes`, and a number that is no probability, make all four of the wrong type.

    >>> scores = Probabilities(source="scores", classes=("cat", "dog"))
    >>> scores.compute([[0.25, 0.75], {"dog": 1.0}], np.zeros(2, np.int64))[:3]
    [['dog', 'dog'], [0.75, 1.0], [0.5, 1.0]]
    """

    kind: Literal["probabilities"] = "probabilities"
    source_role: Role = "prediction"
    classes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Derivation.columns`."""
        parts = ("top_class", "confidence", "margin", "entropy")
        return tuple(f"{self.source}.{part}" for part in parts)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """See `Derivation.kinds`."""
        return ("categorical", "numeric", "numeric", "numeric")

    def compute(
        self,
        values: Sequence[Any],
        event_times_us: IntArray,  # noqa: ARG002 (every kind's signature)
    ) -> Sequence[Sequence[Any]]:
        """See `Derivation.compute`."""
        cells = [[blank(value) for value in values] for _ in range(4)]
        for rows, shares, names in self._groups(values):
            columns = zip(cells, _measured(shares, names), strict=True)
            bad = (shares < 0.0) | (shares > 1.0 + _ABOVE_ONE)
            usable = ~np.logical_or.reduce(bad, axis=1)
            for column, found in columns:
                for row, cell, good in zip(rows, found, usable.tolist(), strict=True):
                    if good:
                        column[row] = cell
        return cells

    def _groups(
        self, values: Sequence[Any]
    ) -> Iterator[tuple[list[int], FloatArray, Sequence[str]]]:
        """Rows with the same classes: their places, (n, k) probabilities and k names."""
        for rows, shares in matrices(values):
            classes = self.classes or tuple(map(str, range(shares.shape[1])))
            if len(classes) == shares.shape[1]:
                yield rows, shares, classes
        by_classes: dict[tuple[str, ...], list[int]] = {}
        for i, value in enumerate(values):
            if type(value) is dict:
                by_classes.setdefault(tuple(value), []).append(i)
        for keys, places in by_classes.items():
            names = sorted(keys)
            vectors = [[values[i][name] for name in names] for i in places]
            for rows, shares in matrices(vectors):
                yield [places[row] for row in rows], shares, names


def _measured(shares: FloatArray, names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """The four columns of (n, k) probabilities."""
    known = ~np.logical_or.reduce(np.isnan(shares), axis=1)
    ordered = np.sort(shares, axis=1)  # NaN last
    confidence = ordered[:, -1]
    total = np.add.reduce(shares, axis=1)
    top = [
        (names[at] if some else None) if finite else WRONG_TYPE
        for at, some, finite in zip(
            np.argmax(shares, axis=1).tolist(), (total > 0).tolist(), known.tolist(), strict=True
        )
    ]
    second = ordered[:, -2] if shares.shape[1] > 1 else np.zeros(len(shares))
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = shares / total[:, None]
        terms = np.where(parts > 0.0, -parts * np.log(parts), parts)
    entropy = np.rint(np.add.reduce(terms, axis=1) / _ENTROPY_STEP) * _ENTROPY_STEP + 0.0
    nothing = (total == 0).tolist()
    yield top
    yield confidence.tolist()
    yield (confidence - second).tolist()
    yield [None if none else cell for cell, none in zip(entropy.tolist(), nothing, strict=True)]
