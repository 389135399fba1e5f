"""One value that takes over, and what a prediction's changes are called.

A model that answers the same to everybody, or one class to nearly everybody, is broken in a way
that people have names for, whatever else could be said of the counts. So these names come before
other explanations of a prediction; of a feature, one value taking over only says more than that
shares moved.
"""

from dataclasses import replace

import numpy as np

from driftwatch.explain.categories import GONE, STUCK
from driftwatch.explain.choice import LEAD
from driftwatch.explain.column import NumericColumn
from driftwatch.explain.explanation import Explanation, ExplanationKind, Tie
from driftwatch.explain.wording import percent
from driftwatch.explain.words import OTHER, WordColumn

MOST = 0.5
"""A value with less than this share of the column has not taken it over."""
LEFT = 0.5
"""All others together keep no more than this part of what they had in training."""

_SAYS_MORE = frozenset(("spelling", "exchanged", "new_value"))
_SAYS_LESS = frozenset(("shares", "none"))


def named_words(column: WordColumn, found: Explanation) -> Explanation:
    """What was found of a categorical column, by the name that people have for it."""
    is_prediction = column.layout.role == "prediction"
    if is_prediction and "stuck" in {found.kind, *(tie.kind for tie in found.ties)}:
        return _one_value(found, _only_zeros(column))
    if is_prediction and found.kind == "new_value":
        return replace(found, words=f"a class never predicted before: {found.words}")
    may_speak = found.kind not in _SAYS_MORE if is_prediction else found.kind in _SAYS_LESS
    top = _top(column) if may_speak else None
    if top is None:
        return found
    now, was = float(column.now[top]), float(column.was[top])
    shares = f"{percent(now)} of the values, {percent(was)} in training"
    said = Explanation(
        "concentrated",
        f"{column.name(top)} takes over: {shares}",
        max(found.score, float(column.moved[top])),
        _others(found),
    )
    if is_prediction and now >= STUCK and 1.0 - now <= GONE * (1.0 - was):
        return _one_value(said, _only_zeros(column))
    return said


def named_numbers(column: NumericColumn, only: float | None, found: Explanation) -> Explanation:
    """What was found of a numeric column, by the name that people have for it.

    only: the one value that was seen, where there is one.
    """
    if column.layout.role != "prediction" or found.kind != "stuck":
        return found
    fullest = int(np.argmax(column.live))
    single = bool(column.layout.single[fullest])
    value = float(column.layout.edges[fullest - 1]) if single else only
    return _one_value(found, value == 0.0 and not column.sensitive)


def _one_value(found: Explanation, zeros: bool) -> Explanation:
    kind: ExplanationKind = "all_zero" if zeros else "one_value"
    name = "all predictions are zero" if zeros else "all predictions are the same value"
    return replace(found, kind=kind, words=f"{name}, or nearly all: {found.words}")


def _others(found: Explanation) -> tuple[Tie, ...]:
    """What else was found, as a tie: it is as true, and says less."""
    if found.kind == "none":
        return found.ties
    return (Tie(found.kind, found.words, found.score), *found.ties)


def _top(column: WordColumn) -> int | None:
    """The word that has taken over, if one has."""
    if not column.layout.vocabulary or column.comparison.nats < LEAD:
        return None
    top = int(np.argmax(column.live[:OTHER]))
    now, was = float(column.now[top]), float(column.was[top])
    grew = column.moved[top] > 0 and 1.0 - now <= LEFT * (1.0 - was)
    return top if grew and now >= MOST else None


def _only_zeros(column: WordColumn) -> bool:
    """Whether the most frequent word is a zero that may be told."""
    top = int(np.argmax(column.live[:OTHER])) if column.layout.vocabulary else 0
    is_word = bool(column.layout.vocabulary) and column.live[top] >= column.live[OTHER:].max()
    word = column.layout.vocabulary[top] if is_word else ""
    return word in ("0", "0.0") and not column.sensitive
