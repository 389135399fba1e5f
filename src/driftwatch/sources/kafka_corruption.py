"""Past a batch of records whose checksum fails however often it is fetched.

Its end is not known, since its own header may be what is broken; a broker hands out the whole batch
for any offset within it. So offsets behind it are tried, first in growing steps, then by halving.
"""

from collections.abc import Callable


def next_readable(position: int, end: int, can_be_read: Callable[[int], bool]) -> int:
    """The first offset behind an unreadable one from which on the log can be read.

    position: the unreadable offset. end: of the log; returned where all of the rest is unreadable.
    can_be_read: asks for the records at an offset; a few times.

    >>> next_readable(3, 100, lambda offset: offset >= 17)
    17
    >>> next_readable(3, 10, lambda offset: False)
    10
    """
    bad, good = position, position
    while good <= bad:
        probe = min(end, bad + max(1, 2 * (bad - position)))
        if probe >= end or can_be_read(probe):
            good = max(probe, position + 1)
        else:
            bad = probe
    while good - bad > 1:
        probe = (good + bad) // 2
        if can_be_read(probe):
            good = probe
        else:
            bad = probe
    return good
