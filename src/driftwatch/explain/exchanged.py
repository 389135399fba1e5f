"""Two columns that hold what the other held."""

from collections.abc import Mapping

import numpy as np

from driftwatch.explain.choice import Candidate, judged
from driftwatch.explain.column import NumericColumn
from driftwatch.explain.distribution import shares
from driftwatch.explain.words import NEW, OTHER, WordColumn
from driftwatch.records import FloatArray


def exchanged_numbers(columns: Mapping[int, NumericColumn]) -> dict[int, list[Candidate]]:
    """By column, the others with which it may have been exchanged."""
    likeness = {
        (i, j): _looks_like(one, other)
        for i, one in columns.items()
        for j, other in columns.items()
        if i != j and one.exponent == other.exponent
    }
    return _both_ways(likeness)


def exchanged_words(columns: Mapping[int, WordColumn]) -> dict[int, list[Candidate]]:
    """The same for categorical columns."""
    likeness = {
        (i, j): _reads_like(one, other)
        for i, one in columns.items()
        for j, other in columns.items()
        if i != j
    }
    return _both_ways(likeness)


def _both_ways(likeness: Mapping[tuple[int, int], Candidate]) -> dict[int, list[Candidate]]:
    """Only where each looks like the other."""
    found: dict[int, list[Candidate]] = {}
    for (i, j), one in likeness.items():
        if one.fits and likeness[j, i].fits:
            found.setdefault(i, []).append(one)
    return found


def _looks_like(one: NumericColumn, other: NumericColumn) -> Candidate:
    predicted = shares(other.before.cumulative(one.cuts.at, one.cuts.below))
    return judged("exchanged", _words(other.layout.name), 0, predicted, one.comparison)


def _reads_like(one: WordColumn, other: WordColumn) -> Candidate:
    held = dict(zip(other.layout.vocabulary, other.was.tolist(), strict=False))
    predicted: FloatArray = np.zeros(len(one.live))
    predicted[:OTHER] = [held.get(word, 0.0) for word in one.layout.vocabulary]
    # Rare or new to this column: the other's words outside its vocabulary may be either.
    outside = max(0.0, 1.0 - float(predicted.sum()))
    seen = one.live[[OTHER, NEW]] + 0.5
    predicted[[OTHER, NEW]] = outside * seen / seen.sum()
    pooled = one.pooled(predicted)
    return judged("exchanged", _words(other.layout.name), 1, pooled, one.comparison)


def _words(name: str) -> str:
    return f"holds what {name} held, and the other way round: exchanged?"
