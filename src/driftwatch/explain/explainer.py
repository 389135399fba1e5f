"""Explains the columns of a stream that are in alarm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from driftwatch.explain.categories import explain_words
from driftwatch.explain.choice import Candidate
from driftwatch.explain.column import NumericColumn, numeric_column
from driftwatch.explain.exchanged import exchanged_numbers, exchanged_words
from driftwatch.explain.explanation import UNEXPLAINED, Explanation
from driftwatch.explain.missing import explain_missing
from driftwatch.explain.named import MANY, nameable
from driftwatch.explain.numeric import changed, explain_numbers
from driftwatch.explain.one_value import Ends
from driftwatch.explain.taken_over import named_numbers, named_words
from driftwatch.explain.words import WordColumn, word_column
from driftwatch.pieces import Pieces, whole
from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout, NumericLayout

MOST_EXCHANGED = 40
"""Where more columns of a kind than this moved together, no two of them were exchanged; and to look
at each pair would take as long as all else."""
_REST = "the values that are left changed too, in no simple way"


def explain(
    layout: Layout,
    baseline: Counts,
    live: Counts,
    columns: Sequence[int],
    *,
    phi: FloatArray | None = None,
    missing_phi: FloatArray | None = None,
    new_values: Mapping[str, Sequence[tuple[str, int]]] | None = None,
    sensitive: frozenset[str] = frozenset(),
    show_values: bool = False,
) -> dict[int, Explanation]:
    """What changed in each of these columns between the baseline and the live counts.

    live: counts since the onset of the alarm.
    columns: indices of the columns that are in alarm now. Two that were exchanged are found if both
        are among them.
    phi: (C,) how many rows count as one, because rows are not independent; None for 1.
    missing_phi: (C,) the same for how values go missing; None for `phi`.
    new_values: by column name, words that training never saw and how often each was seen at least.
    sensitive: names of columns of which no value may be shown.
    show_values: of the other columns, values that few records had may be shown as well.

    Cost: some milliseconds a column; for pairs of columns of a kind, some 200 microseconds each.
    """
    return whole(
        explaining(
            layout,
            baseline,
            live,
            columns,
            phi=phi,
            missing_phi=missing_phi,
            new_values=new_values,
            sensitive=sensitive,
            show_values=show_values,
        )
    )


def explaining(
    layout: Layout,
    baseline: Counts,
    live: Counts,
    columns: Sequence[int],
    *,
    phi: FloatArray | None = None,
    missing_phi: FloatArray | None = None,
    new_values: Mapping[str, Sequence[tuple[str, int]]] | None = None,
    sensitive: frozenset[str] = frozenset(),
    show_values: bool = False,
) -> Pieces[dict[int, Explanation]]:
    """The same in pieces, each of them a column or a pair of columns."""
    sides = {i: _Sides(layout, baseline, live, i, phi, missing_phi) for i in dict.fromkeys(columns)}
    new_values = new_values or {}
    numbers, words = yield from _by_kind(sides, layout, live, sensitive, new_values, show_values)
    swapped: dict[int, list[Candidate]] = {}
    if len(numbers) <= MOST_EXCHANGED:
        swapped |= yield from exchanged_numbers(numbers)
    if len(words) <= MOST_EXCHANGED:
        swapped |= yield from exchanged_words(words)
    result = {}
    for i, side in sides.items():
        found, left = UNEXPLAINED, False
        if i in numbers:
            ends = _ends(layout, live, i)
            only = ends.least if ends is not None and ends.least == ends.most else None
            found = explain_numbers(numbers[i], only, swapped.get(i, ()))
            found = named_numbers(numbers[i], only, found)
            left = changed(numbers[i])
        elif i in words:
            known = new_values.get(side.column.name, ())
            found = explain_words(words[i], known, swapped.get(i, ()))
            found = named_words(words[i], found)
        missing = explain_missing(side.column, side.base, side.live, side.missing_phi)
        result[i] = _together(missing, found, left)
        yield
    return result


def _by_kind(
    sides: Mapping[int, "_Sides"],
    layout: Layout,
    live: Counts,
    sensitive: frozenset[str],
    new_values: Mapping[str, Sequence[tuple[str, int]]],
    show_values: bool,
) -> Pieces[tuple[dict[int, NumericColumn], dict[int, WordColumn]]]:
    """The columns that have a value on both sides."""
    numbers: dict[int, NumericColumn] = {}
    words: dict[int, WordColumn] = {}
    for i, side in sides.items():
        column, bins = side.column, side.column.bins
        hidden = column.name in sensitive
        base, now = side.base[:bins], side.live[:bins]
        if not (base.any() and now.any()):
            continue
        if not isinstance(column, NumericLayout):
            known = () if hidden else nameable(new_values.get(column.name, ()), show_values)
            named = frozenset(word for word, _ in known)
            words[i] = word_column(column, base, now, side.phi, hidden, named)
        elif len(column.edges):
            named_alone = show_values or int(now.sum()) >= MANY
            ends = _ends(layout, live, i)
            numbers[i] = numeric_column(column, base, now, side.phi, hidden, named_alone, ends)
        yield
    return numbers, words


class _Sides:
    """Both sides' counts of one column."""

    def __init__(
        self,
        layout: Layout,
        baseline: Counts,
        live: Counts,
        i: int,
        phi: FloatArray | None,
        missing_phi: FloatArray | None,
    ) -> None:
        cells = slice(int(layout.starts[i]), int(layout.starts[i + 1]))
        self.column = layout.columns[i]
        self.base, self.live = baseline.cells[cells], live.cells[cells]
        self.phi = _usable(phi, i)
        self.missing_phi = self.phi if missing_phi is None else _usable(missing_phi, i)


def _usable(phi: FloatArray | None, i: int) -> float:
    given = 1.0 if phi is None else float(phi[i])
    return given if np.isfinite(given) and given > 1 else 1.0


def _ends(layout: Layout, live: Counts, i: int) -> Ends | None:
    """The ends of a numeric column's live values, where the moments cover just these rows."""
    at, moments = int(np.searchsorted(layout.numeric, i)), live.moments
    start = int(layout.starts[i])
    rows = live.cells[start : start + layout.columns[i].bins].sum()
    if float(moments.count[at]) != float(rows):
        return None
    return Ends(float(moments.minimum[at]), float(moments.maximum[at]), float(moments.mean[at]))


def _together(missing: Explanation | None, values: Explanation, left: bool) -> Explanation:
    """Both in words, what tells more first."""
    if missing is None:
        return values
    if values.kind == "none":
        return replace(missing, words=f"{missing.words}; {_REST}") if left else missing
    first, second = missing, values
    if values.score > missing.score:
        first, second = values, missing
    return replace(first, words=f"{first.words}; also {second.words}")
