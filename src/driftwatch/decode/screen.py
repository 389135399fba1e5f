"""What a value must be before any parser sees it: there, of a bounded size and depth, and UTF-8.

Parsers guard their stack by a limit that depends on who calls them; a limit of our own makes the
fate of a deeply nested record the same everywhere. Checked for a whole batch at once, because
almost every batch passes.
"""

from collections.abc import Sequence

import numpy as np

from driftwatch.records import Reason


def screen(
    values: Sequence[bytes | None], max_bytes: int, max_nesting: int
) -> list[tuple[int, Reason]]:
    r"""(position, reason) of each value that no parser may see, in order.

    A tombstone (None) holds no record and counts as unparsable.

    >>> screen([b"{}", None, b"[" * 9 + b" " * 9, b"\xff", b" " * 99], 50, 8)
    [(1, 'unparsable'), (2, 'unparsable'), (3, 'not_utf8'), (4, 'too_large')]
    """
    try:
        lengths = list(map(len, values))  # type: ignore[arg-type]
        joined = b"".join(values)  # type: ignore[arg-type]
        # A value of 2 n bytes can't be nested deeper than n and still close all its brackets.
        if joined.isascii() and max(lengths, default=0) <= min(max_bytes, 2 * max_nesting):
            return []
    except TypeError:  # a tombstone among them
        pass
    found: list[tuple[int, Reason]] = []
    deep = _many_brackets(values, max_nesting)
    for position, value in enumerate(values):
        reason = _reason(value, max_bytes, max_nesting, position in deep)
        if reason is not None:
            found.append((position, reason))
    return found


def _reason(value: bytes | None, max_bytes: int, max_nesting: int, deep: bool) -> Reason | None:
    if value is None:
        return "unparsable"
    if len(value) > max_bytes:
        return "too_large"
    if not value.isascii():
        try:
            value.decode()
        except UnicodeDecodeError:
            return "not_utf8"
    return "unparsable" if deep and _nesting(value) > max_nesting else None


def _many_brackets(values: Sequence[bytes | None], limit: int) -> set[int]:
    """Positions of values with more than `limit` opening brackets."""
    long = [i for i, value in enumerate(values) if value is not None and len(value) > limit]
    if not long:
        return set()
    ends = np.cumsum([len(values[i] or b"") for i in long])
    chars = np.frombuffer(b"".join(values[i] or b"" for i in long), dtype=np.uint8)
    # `[` and `{` differ in one bit.
    opening = np.flatnonzero((chars | 0x20) == ord("{"))
    counts = np.diff(np.searchsorted(opening, ends), prepend=0)
    return {long[i] for i in np.flatnonzero(counts > limit)}


def _nesting(value: bytes) -> int:
    """The deepest nesting of brackets outside of texts."""
    deepest = depth = 0
    inside = escaped = False
    for byte in value:
        if inside:
            inside = escaped or byte != ord('"')
            escaped = byte == ord("\\") and not escaped
        elif byte == ord('"'):
            inside = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
