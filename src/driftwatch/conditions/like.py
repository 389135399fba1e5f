"""LIKE: `%` stands for any characters, `_` for one; everything else for itself, case included.

A pattern is cut at its `%`. The first piece must stand at the beginning, the last at the end, and
each of the others is taken at the first place behind the one before, which is never the wrong one.
So a text of n characters costs at most n times the length of the pattern, whatever the pattern.
"""

import re
from collections.abc import Callable, Iterator

Matches = Callable[[str], bool]


def like(pattern: str, escape: str | None = None) -> Matches:
    """Whether a text matches the pattern as a whole. escape: the sign that makes the next literal.

    Raises ValueError where the escape sign stands before anything but `%`, `_` and itself.

    >>> matches = like("a%_c")
    >>> matches("abc"), matches("ac"), matches("a-b-c"), matches("abC")
    (True, False, True, False)
    >>> like("100!%", "!")("100%")
    True
    """
    pieces = list(_pieces(pattern, escape))
    if len(pieces) == 1:
        whole = _compiled(pieces[0])
        return lambda text: whole.fullmatch(text) is not None
    first, last = _compiled(pieces[0]), _compiled(pieces[-1])
    middle = tuple(_compiled(piece) for piece in pieces[1:-1] if piece)
    tail = len(pieces[-1])

    def matches(text: str) -> bool:
        found = first.match(text)
        if found is None:
            return False
        at = found.end()
        for piece in middle:
            found = piece.search(text, at)
            if found is None:
                return False
            at = found.end()
        return len(text) - tail >= at and last.match(text, len(text) - tail) is not None

    return matches


def _pieces(pattern: str, escape: str | None) -> Iterator[list[str | None]]:
    """What stands between the `%`: the characters, and None for any."""
    piece: list[str | None] = []
    signs = iter(pattern)
    for sign in signs:
        if sign == escape:
            literal = next(signs, None)
            if literal is None or literal not in ("%", "_", escape):
                raise ValueError(f"the escape sign {escape} stands before no %, _ or {escape}")
            piece.append(literal)
        elif sign == "%":
            yield piece
            piece = []
        else:
            piece.append(None if sign == "_" else sign)
    yield piece


def _compiled(piece: list[str | None]) -> re.Pattern[str]:
    """No part of it repeats, so it matches or fails in one step a character."""
    expression = "".join("." if sign is None else re.escape(sign) for sign in piece)
    return re.compile(expression, re.DOTALL)
