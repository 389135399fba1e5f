"""Whether a column moves with the hour of the day or of the week.

Rows that follow each other are alike, and days differ for no reason, so no test that takes counts
to be binomial can tell a cycle from the weather. Here weeks (put together to `WEEKS` groups) are
compared with each other: of each event's variance between hours and groups, how much lies between
the hours? The answer is compared with what it would be if each group had begun at another hour
(for the week: at another day), which leaves everything as it was but the agreement between them.
All events are shifted together, and the largest share of all counts: so the error is at most 1% a
column, however the events depend on each other.

A cycle that moves no event by more than `LEAST` on the scale h is none: hours of their own cost
more rows than they gain.
"""

from collections.abc import Collection, Iterator

import numpy as np

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.stats.events import ColumnEvents
from driftwatch.stats.slack import h
from driftwatch.stats.strata import Strata

SHIFTS = 300
"""Of which the true one must be the best but `CHANCE`."""
CHANCE = 2
LEAST = 0.02
FEW = 5
"""An event that is rarer than this in a cell is not asked."""


def choose_strata(events: ColumnEvents, groups: IntArray, fits: Collection[Strata]) -> Strata:
    """The coarsest strata that leave nothing to be seen.

    groups: (weeks, hours, G) counts; hours is 24 or 168. fits: strata with rows enough.
    """
    weeks, hours, _ = groups.shape
    days = hours // 24
    by_day = groups.reshape(weeks, days, 24, -1).sum(axis=1)
    found: Strata = "none"
    if "hour_of_day" in fits and _moves(events, by_day, None):
        found = "hour_of_day"
    if "hour_of_week" in fits and days == 7 and _moves(events, groups, 24):
        found = "hour_of_week"
    return found


def _moves(events: ColumnEvents, groups: IntArray, period: int | None) -> bool:
    """Whether hours differ; with a period, whether they differ from those a period away."""
    k, m = (part.astype(np.float64) for part in events.counts(groups))
    often = np.minimum(k, m - k).sum(axis=(0, 1)) >= FEW * k.shape[0] * k.shape[1]
    k, m = k[:, :, often], m[:, :, often]
    if k.shape[2] == 0:
        return False
    large = _size(k, m, period) >= LEAST
    if not large.any():
        return False
    true = _between(k, m, 0 * np.arange(len(k)), period)
    rest = _rest(k, m, period)
    shares = np.divide(true, rest, out=np.zeros_like(true), where=rest > 0)
    best, better = shares[large].max(), 0
    for shift in _shifts(len(k), k.shape[1], period or 1):
        other = np.divide(
            _between(k, m, shift, period), rest, out=np.zeros_like(true), where=rest > 0
        )
        better += bool(other.max() >= best)
        if better > CHANCE:
            return False
    return True


def _shifts(weeks: int, hours: int, step: int) -> Iterator[IntArray]:
    """Where each week begins; the first stays. The same ones each time."""
    places = hours // step
    total = places ** (weeks - 1)
    for i in range(1, min(SHIFTS, total)):
        code = i * (total // min(SHIFTS, total)) % total
        digits = [code // places**w % places for w in range(weeks - 1)]
        yield np.array([0, *digits]) * step


def _between(k: FloatArray, m: FloatArray, shift: IntArray, period: int | None) -> FloatArray:
    """(E,) sum of squares between hours, beyond what is between those of one period."""
    k = sum(np.roll(part, s, axis=0) for part, s in zip(k, shift.tolist(), strict=True))
    m = sum(np.roll(part, s, axis=0) for part, s in zip(m, shift.tolist(), strict=True))
    return _squares(k, m) - _squares(*_folded(k, m, period))


def _rest(k: FloatArray, m: FloatArray, period: int | None) -> FloatArray:
    """(E,) the whole of which `_between` is a part."""
    return _squares(k, m) - _squares(*_folded(k.sum(axis=0), m.sum(axis=0), period))


def _folded(k: FloatArray, m: FloatArray, period: int | None) -> tuple[FloatArray, FloatArray]:
    """(hours of a period, E); without one there is a single hour."""
    shape = (-1, period or 1, k.shape[-1]) if period else (-1, 1, k.shape[-1])
    return k.reshape(shape).sum(axis=0), m.reshape(shape).sum(axis=0)


def _squares(k: FloatArray, m: FloatArray) -> FloatArray:
    """(E,) sum of m p^2 over all cells."""
    terms = np.divide(k**2, m, out=np.zeros_like(k), where=m > 0)
    found: FloatArray = terms.reshape(-1, k.shape[-1]).sum(axis=0)
    return found


def _size(k: FloatArray, m: FloatArray, period: int | None) -> FloatArray:
    """(E,) by how much hours differ on the scale h (root mean square), less what is noise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        each = h(k / m)
        hourly = h(k.sum(axis=0) / m.sum(axis=0))
        usual = h(np.divide(*_folded(k.sum(axis=0), m.sum(axis=0), period)))
    usual = np.tile(usual, (len(hourly) // len(usual), 1))
    seen: BoolArray = m > 0
    weeks = seen.sum(axis=0)
    squares = np.where(seen, (each - hourly) ** 2, 0.0).sum(axis=0)
    noise = squares / np.maximum(weeks - 1, 1) / np.maximum(weeks, 1)
    there = weeks > 1
    moved = np.where(there, (hourly - usual) ** 2 - noise, 0.0).sum(axis=0)
    found: FloatArray = np.sqrt(np.maximum(moved / np.maximum(there.sum(axis=0), 1), 0.0))
    return found
