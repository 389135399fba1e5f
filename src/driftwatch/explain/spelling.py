"""The same words in another case, or with other whitespace."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from driftwatch.explain.choice import Candidate, penalty
from driftwatch.explain.wording import percent, quoted
from driftwatch.explain.words import NEW, OTHER, WordColumn
from driftwatch.records import FloatArray

_MOSTLY = 0.8
_SHOWN = 2

Change = tuple[str, str, float]
"""An old spelling, the new one, and how many rows came with it."""


def respelled(column: WordColumn, new_words: Sequence[tuple[str, int]]) -> Iterator[Candidate]:
    """The live counts are the baseline's, once every spelling is counted as the old one."""
    live = column.live.astype(np.float64)
    changes = [*_new_spellings(column, new_words, live), *_known_spellings(column, live)]
    if not changes:
        return
    before = column.comparison
    after = replace(before, live=column.pooled(live / column.phi))
    won = before.nats - after.nats
    yield Candidate(
        "spelling",
        _words(column, changes),
        1,
        won,
        won - penalty(1, before.weight),
        after.fits(after.unchanged, 1),
    )


def _plain(word: str) -> str:
    return " ".join(word.split()).casefold()


def _new_spellings(
    column: WordColumn, new_words: Sequence[tuple[str, int]], live: FloatArray
) -> list[Change]:
    """Counts words that are new as the word of the vocabulary that they spell, in `live`."""
    if not new_words or live[NEW] <= 0:
        return []
    known: dict[str, int] = {}
    for i, word in enumerate(column.layout.vocabulary):
        known.setdefault(_plain(word), i)  # the most frequent comes first
    listed = float(sum(count for _, count in new_words))
    fits = min(1.0, live[NEW] / listed) if listed > 0 else 0.0
    changes = []
    for word, count in new_words:
        i = known.get(_plain(word), -1)
        if i >= 0 and count > 0:
            changes.append((column.layout.vocabulary[i], word, count * fits))
            live[i] += count * fits
            live[NEW] -= count * fits
    matched = sum(change[2] for change in changes)
    unlisted = max(0.0, live[NEW] + matched - listed)
    if changes and matched >= _MOSTLY * min(listed, float(column.live[NEW])):
        _spread_out(column, live, unlisted)
    live[NEW] = max(live[NEW], 0.0)
    return changes


def _spread_out(column: WordColumn, live: FloatArray, rows: float) -> None:
    """Too many words are new to be listed: the rest goes to those that lack them."""
    lack = np.maximum(column.was * live.sum() - live, 0.0)[:OTHER]
    if lack.sum() > 0 and rows > 0:
        live[:OTHER] += rows * lack / lack.sum()
        live[NEW] -= rows


def _known_spellings(column: WordColumn, live: FloatArray) -> list[Change]:
    """Evens out the spellings of one word, all of them in the vocabulary, in `live`."""
    groups: dict[str, list[int]] = defaultdict(list)
    for i in np.flatnonzero(np.abs(column.moved[:OTHER]) > 1.0).tolist():
        groups[_plain(column.layout.vocabulary[i])].append(i)
    changes = []
    for group in groups.values():
        if len(group) < 2:
            continue
        loser, gainer = (pick(group, key=lambda i: column.moved[i]) for pick in (min, max))
        if column.moved[loser] >= 0 or column.moved[gainer] <= 0:
            continue
        rows = live[group].sum()
        gain = float(column.live[gainer] - column.was[gainer] * column.live.sum())
        live[group] = rows * column.base[group] / max(1, int(column.base[group].sum()))
        words = column.layout.vocabulary
        changes.append((words[loser], words[gainer], gain))
    return changes


def _words(column: WordColumn, changes: list[Change]) -> str:
    rows = sum(change[2] for change in changes)
    share = percent(min(1.0, rows / float(column.live.sum())))
    how = " and ".join(
        name
        for name, differs in (
            ("other case", any(_case(old) != _case(new) for old, new, _ in changes)),
            ("other whitespace", any(_space(old) != _space(new) for old, new, _ in changes)),
        )
        if differs
    )
    # A spelling of the vocabulary is the baseline's own; another one is a value of the live data.
    known = () if column.sensitive else column.layout.vocabulary
    named = [change for change in changes if change[1] in column.named or change[1] in known]
    if not named:
        return f"the same words written differently in {share} of the values: {how}"
    named = sorted(named, key=lambda change: -change[2])[:_SHOWN]
    shown = ", ".join(f"{quoted(old)} is now {quoted(new)}" for old, new, _ in named)
    more = f" and {len(changes) - len(named)} more" if len(changes) > len(named) else ""
    return f"{shown}{more}, in {share} of the values: {how}"


def _case(word: str) -> str:
    """What is left of a word without its whitespace."""
    return "".join(word.split())


def _space(word: str) -> str:
    """What is left of a word without its case."""
    return word.casefold()
