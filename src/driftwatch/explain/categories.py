"""What changed in the values of a categorical column."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from driftwatch.explain.choice import LEAD, Candidate, chosen, judged, penalty
from driftwatch.explain.explanation import UNEXPLAINED, Explanation, Tie
from driftwatch.explain.spelling import respelled
from driftwatch.explain.wording import number, percent, quoted
from driftwatch.explain.words import NEW, OTHER, STANDS_OUT, WordColumn
from driftwatch.records import FloatArray, IntArray

STUCK = 0.98
NOT_STUCK_BEFORE = 0.9
FEWEST_FOR_DEFAULT = 3
"""Of fewer words, one more of one is a share that moved, not a default filled in."""
GONE = 0.1
"""A word with less than this part of what was expected of it has vanished."""
_SHOWN = 3


def explain_words(
    column: WordColumn,
    new_words: Sequence[tuple[str, int]],
    others: Iterable[Candidate] = (),
) -> Explanation:
    """The simplest change of the values.

    new_words: words that training never saw, and how often each was seen at least.
    others: candidates that need other columns to be seen.
    """
    comparison = column.comparison
    nats = comparison.nats
    if nats < LEAD:
        return UNEXPLAINED
    best = chosen(respelled(column, new_words))
    if best.kind != "none":
        return best  # it says more than that there are new values, and of each of them
    best = chosen([*others, *_one_more(column), *_outside(column, new_words)])
    stands_out = float(np.abs(column.moved).max()) >= STANDS_OUT + math.log(len(column.live))
    if not stands_out and comparison.fits(comparison.unchanged, 0):
        return best
    moved = _shares(column, nats)
    if best.kind == "none":
        return moved
    if best.kind == "default":
        return replace(best, ties=(*best.ties, Tie(moved.kind, moved.words, moved.score)))
    return best


def _one_more(column: WordColumn) -> Iterator[Candidate]:
    """One word of the vocabulary gained, and the others are in proportion."""
    i = int(np.argmax(column.moved[:OTHER])) if len(column.layout.vocabulary) else -1
    if i < 0 or column.moved[i] <= 0:
        return
    now, was = float(column.now[i]), float(column.was[i])
    predicted = column.pooled(_proportional(column.was, np.array([i]), now))
    shares = f"{percent(was)} of the values, now {percent(now)}"
    if now >= STUCK and was < NOT_STUCK_BEFORE:
        words = f"stuck at {column.name(i)} (was {shares})"
        stuck = judged("stuck", words, 1, predicted, column.comparison)
        yield replace(stuck, parameters=0, fits=True)
    elif np.count_nonzero(column.base[:OTHER]) >= FEWEST_FOR_DEFAULT:
        words = (
            f"{percent(now)} of the values are now {column.name(i)} "
            f"({percent(was)} in training), the others are in proportion: a default filled in?"
        )
        yield judged("default", words, 2, predicted, column.comparison)


def _outside(column: WordColumn, new_words: Sequence[tuple[str, int]]) -> Iterator[Candidate]:
    """Values that are new, words that are gone, or both."""
    gone = _gone(column)
    lost = _gone_words(column, gone)
    new = len(column.live) + NEW
    now = float(column.now[new])
    # In sparse columns some values are always new; the cell must have gained.
    grown = now > 0 and column.moved[new] > 0
    if grown:
        predicted = column.pooled(_proportional(column.was, np.array([new]), now))
        words = _new_words(column, new_words)
        found = judged("new_value", words, 1, predicted, column.comparison)
        yield found
        if now >= STUCK and len(new_words) == 1:
            word = new_words[0][0]
            place = quoted(word) if word in column.named else "one value"
            words = f"stuck at {place} (was 0.0% of the values, now {percent(now)})"
            yield replace(found, kind="stuck", words=words)
    if len(gone):
        without = _proportional(column.was, gone, 0.0)
        predicted = column.pooled(without)
        yield judged("vanished", lost, len(gone), predicted, column.comparison)
        if grown:
            predicted = column.pooled(_proportional(without, np.array([new]), now))
            words = f"{_new_words(column, new_words)}; {lost}: renamed?"
            both = judged("new_value", words, 1 + len(gone), predicted, column.comparison)
            yield both
            yield replace(both, kind="vanished")


def _gone(column: WordColumn) -> IntArray:
    """Words that should have been seen and hardly were, the heaviest first."""
    expected = column.was * column.live.sum()
    lead = -column.moved >= LEAD
    gone = np.flatnonzero((column.live <= GONE * expected) & lead)
    return gone[np.argsort(-column.base[gone], kind="stable")]


def _proportional(shares: FloatArray, changed: IntArray, now: float) -> FloatArray:
    """(V + 2,) with `now` in all of the changed ones together, the others in proportion."""
    result: FloatArray = shares.copy()
    result[changed] = 0.0
    left = result.sum()
    result *= (1.0 - now) / left if left > 0 else 0.0
    result[changed] = now / len(changed)
    return result


def _new_words(column: WordColumn, new_words: Sequence[tuple[str, int]]) -> str:
    total = int(column.live.sum())
    now, was = float(column.now[NEW]), float(column.was[NEW])
    named = [word for word in new_words if word[0] in column.named]
    if not named:
        return f"new values in {percent(now)} of the values ({percent(was)} in training)"
    # The words may have been noted for longer than since the onset.
    part = min(1.0, float(column.live[NEW]) / max(1, sum(count for _, count in new_words)))
    shown = ", ".join(
        f"{quoted(word)} in {percent(count * part / total)}"
        for word, count in sorted(named, key=lambda w: (-w[1], w[0]))[:_SHOWN]
    )
    if len(new_words) == 1:
        return f"new value {shown} of the values"
    return f"new values in {percent(now)} of the values: {shown}"


def _gone_words(column: WordColumn, gone: IntArray) -> str:
    lost = percent(float(column.was[gone].sum())) if len(gone) else ""
    if column.sensitive or len(gone) > _SHOWN:
        count = "one value has" if len(gone) == 1 else f"{len(gone)} values have"
        return f"{count} vanished ({lost} in training)"
    named = ", ".join(
        f"{column.name(int(i))} ({percent(float(column.was[i]))} in training, "
        f"now {percent(float(column.now[i]))})"
        for i in gone
    )
    return f"vanished: {named}"


def _shares(column: WordColumn, nats: float) -> Explanation:
    """The words whose shares moved most; this is true whatever happened."""
    order = np.argsort(-np.abs(column.moved))
    movers = order[np.abs(column.moved[order]) > 1.0][:20]
    if not len(movers):
        movers = order[:1]
    score = nats - penalty(max(1, len(movers) - 1), column.comparison.weight)
    if column.sensitive:
        most = float(np.abs(column.now - column.was).max())
        words = f"shares moved, by up to {number(100 * most)} points"
    else:
        words = "shares moved: " + ", ".join(
            f"{column.name(int(i))} {percent(float(column.was[i]))} -> "
            f"{percent(float(column.now[i]))}"
            for i in movers[:_SHOWN]
        )
    return Explanation("shares", words, max(score, min(nats, LEAD)))
