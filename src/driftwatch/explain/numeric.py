"""What changed in the values of a numeric column."""

from collections.abc import Iterable
from dataclasses import replace

from driftwatch.explain.choice import LEAD, Candidate, chosen
from driftwatch.explain.column import NumericColumn
from driftwatch.explain.explanation import UNEXPLAINED, Explanation
from driftwatch.explain.lumps import filled, gained_by, is_one_value, lumps, surely_stuck
from driftwatch.explain.new_mode import new_mode
from driftwatch.explain.transforms import transforms

MAIN_PART = 0.1
"""Of all nats, what a value must tell to be one of two changes; less is a part of another."""


def explain_numbers(
    column: NumericColumn, only: float | None, others: Iterable[Candidate] = ()
) -> Explanation:
    """The simplest change of the values.

    only: the one value that was seen, where there is one.
    others: candidates that need other columns to be seen.
    """
    if column.comparison.nats < LEAD:
        return UNEXPLAINED
    stuck = surely_stuck(column, only)
    if stuck is not None:
        return chosen([stuck])
    found = [*others, *lumps(column, only), *transforms(column)]
    # A mixture takes ten times as long to fit, and is a tie at best where one value does it.
    if not any(c.fits and _is_enough(c, column) for c in found):
        found += new_mode(column)
    simple = chosen(found)
    if simple.kind != "none" or column.constant:
        return simple
    return _two_changes(column)


def _is_enough(candidate: Candidate, column: NumericColumn) -> bool:
    """Whether what a candidate leaves is no more than chance leaves of the truth."""
    left = column.comparison.nats - candidate.nats
    return candidate.kind == "stuck" or left <= len(column.starts) / 2


def changed(column: NumericColumn) -> bool:
    """Whether the values differ from the baseline's by more than chance."""
    return not column.comparison.fits(column.comparison.unchanged, 0)


def _two_changes(column: NumericColumn) -> Explanation:
    """One value filled in, and another change of the values that are left."""
    for bin_index in column.gains[:1].tolist():
        lump, gained = filled(column, bin_index), gained_by(column, bin_index)
        minor = gained < max(LEAD, MAIN_PART * column.comparison.nats)
        if minor or lump.kind == "stuck" or not is_one_value(column, bin_index):
            continue
        rest = column.without(bin_index)
        if not changed(rest):
            continue
        second = chosen(transforms(rest))
        if second.kind == "none":
            continue
        score = gained + second.score
        if gained >= second.score:
            words = f"{lump.words} The other values: {second.words}"
            return Explanation(lump.kind, words, score)
        words = f"{second.words}; also {lump.words}"
        return replace(second, words=words, score=score)
    return UNEXPLAINED
