"""Which series are left out where there are more than `max_series`.

Parts go whole, so that what is there can be relied on: a window of a stream has the gauges of all
its columns or of none. Alarms, blindness and the process's own series always stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from driftwatch.export.page import Page

ITSELF, BASELINE, WINDOW = range(3)
"""What a part holds: gauges of the stream, baselines of its columns, their gauges in a window."""


class Rank(NamedTuple):
    """How early a part goes; the larger goes first.

    counts: these go before all else. of_segment: segments go before whole streams. holds: windows
    before baselines. length_us: long windows before short ones. position: the last streams before
    the first ones.
    """

    counts: bool
    of_segment: bool
    holds: int
    length_us: int
    position: int


@dataclass(frozen=True, slots=True)
class Part:
    """Series that are kept or left out together. size: how many; rank: None for those that stay."""

    size: int
    write: Callable[[Page], None]
    rank: Rank | None = None


def left_out(parts: Sequence[Part], max_series: int) -> set[int]:
    """Indices of the parts that have to go.

    >>> def part(size, *rank): return Part(size, print, Rank(*rank) if rank else None)
    >>> whole = part(10, False, False, WINDOW, 60, 0)
    >>> segment = part(10, False, True, WINDOW, 60, 1)
    >>> left_out([part(5), whole, segment], 25), left_out([part(5), whole, segment], 24)
    (set(), {2})
    """
    ranked = ((part.rank, index) for index, part in enumerate(parts) if part.rank is not None)
    excess = sum(part.size for part in parts) - max_series
    gone: set[int] = set()
    for _, index in sorted(ranked, reverse=True):
        if excess <= 0:
            break
        excess -= parts[index].size
        gone.add(index)
    return gone
