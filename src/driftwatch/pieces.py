"""Work that is done in pieces, so that a loop can read on between two of them.

It is a generator that yields after each piece and returns what came out. Whoever has nothing else
to do asks for the whole.
"""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Pieces = Generator[None, None, T]


def whole(pieces: Pieces[T]) -> T:
    """All pieces at once.

    >>> def counted():
    ...     yield
    ...     yield
    ...     return 2
    >>> whole(counted())
    2
    """
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            found: T = end.value
            return found
