"""Two columns that hold what the other held."""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import TypeVar

import numpy as np

from driftwatch.explain.choice import Candidate, judged
from driftwatch.explain.column import NumericColumn
from driftwatch.explain.distribution import shares
from driftwatch.explain.words import NEW, OTHER, WordColumn
from driftwatch.pieces import Pieces
from driftwatch.records import FloatArray

Column = TypeVar("Column", NumericColumn, WordColumn)


def exchanged_numbers(columns: Mapping[int, NumericColumn]) -> Pieces[dict[int, list[Candidate]]]:
    """By column, the others with which it may have been exchanged; a piece is a pair."""
    return _both_ways(columns, _looks_like)


def exchanged_words(columns: Mapping[int, WordColumn]) -> Pieces[dict[int, list[Candidate]]]:
    """The same for categorical columns."""
    return _both_ways(columns, _reads_like)


def _both_ways(
    columns: Mapping[int, Column], likeness: Callable[[Column, Column], Candidate | None]
) -> Pieces[dict[int, list[Candidate]]]:
    """Only where each looks like the other."""
    found: dict[int, list[Candidate]] = {}
    for i, j in combinations(columns, 2):
        one = likeness(columns[i], columns[j])
        if one is not None and one.fits:
            other = likeness(columns[j], columns[i])
            if other is not None and other.fits:
                found.setdefault(i, []).append(one)
                found.setdefault(j, []).append(other)
        yield
    return found


def _looks_like(one: NumericColumn, other: NumericColumn) -> Candidate | None:
    if one.exponent != other.exponent:
        return None
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
