"""Records of a format, changed in every way that a broken or hostile writer may come upon.

The same seed gives the same records, on every machine and whatever was asked for before.
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.hostile import fragments

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[\[\]{},:]')
_PUNCTUATION = frozenset((b"{", b"}", b"[", b"]", b",", b":"))
_ODD_BYTES = (b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xc3", b"\n", b"\r", b"\x1b", b'"', b"\\", b"{")
LARGE_EVERY = 2_000
"""One record of so many is large: they cost as much as thousands of others."""
LARGEST = (1 << 20) + 2_000


class _Template(NamedTuple):
    """A record as tokens, and where its keys, its values and its event time stand among them."""

    tokens: list[bytes]
    keys: list[int]
    values: list[int]
    times: list[int]


class Mutator:
    """Makes records, good and bad ones.

    examples: good records; the token `time` in them stands for the event time.
    """

    def __init__(self, examples: Sequence[bytes], time: bytes, seed: object) -> None:
        self._random = random.Random(f"hostile:{seed}")  # a text: no seed is another's neighbour
        self._templates = [_template(example, time) for example in examples]
        self._kinds: tuple[Callable[[_Template, bytes], bytes], ...] = (
            *(self._number, self._text, self._other, self._time, self._key),
            *(self._doubled, self._dropped, self._swapped, self._many),
            *(self._truncated, self._flipped, self._odd_byte, self._spliced, self._noise),
        )

    def record(self, now: bytes) -> bytes:
        """One record, with `now` as its event time unless that is what is wrong with it."""
        pick = self._random
        template = pick.choice(self._templates)
        if pick.random() < 0.3:
            return _joined(template, now)
        if pick.randrange(LARGE_EVERY) == 0:
            return self._large(template, now)
        return pick.choice(self._kinds)(template, now)

    # Changes of a token

    def _number(self, template: _Template, now: bytes) -> bytes:
        return self._replaced(template, now, template.values, fragments.NUMBERS)

    def _text(self, template: _Template, now: bytes) -> bytes:
        return self._replaced(template, now, template.values, fragments.TEXTS)

    def _other(self, template: _Template, now: bytes) -> bytes:
        return self._replaced(template, now, template.values, fragments.OTHERS)

    def _time(self, template: _Template, now: bytes) -> bytes:
        return self._replaced(template, now, template.times, fragments.TIMES)

    def _key(self, template: _Template, now: bytes) -> bytes:
        number = self._random.randrange(1_000_000_000)
        return self._replaced(template, now, template.keys, (*fragments.KEYS, b'"u%d"' % number))

    def _many(self, template: _Template, now: bytes) -> bytes:
        """Several changes at once."""
        tokens = _filled(template, now)
        for _ in range(self._random.randrange(2, 6)):
            sort = self._random.choice((fragments.NUMBERS, fragments.TEXTS, fragments.OTHERS))
            tokens[self._random.choice(template.values)] = self._random.choice(sort)
        return b"".join(tokens)

    def _doubled(self, template: _Template, now: bytes) -> bytes:
        """A key that is there twice, with two values."""
        tokens = _filled(template, now)
        at = self._random.choice(template.keys)
        value = self._random.choice((*fragments.NUMBERS, *fragments.OTHERS))
        tokens[at] = tokens[at] + b":" + value + b"," + tokens[at]
        return b"".join(tokens)

    def _dropped(self, template: _Template, now: bytes) -> bytes:
        tokens = _filled(template, now)
        del tokens[self._random.randrange(len(tokens))]
        return b"".join(tokens)

    def _swapped(self, template: _Template, now: bytes) -> bytes:
        tokens = _filled(template, now)
        a, b = self._random.randrange(len(tokens)), self._random.randrange(len(tokens))
        tokens[a], tokens[b] = tokens[b], tokens[a]
        return b"".join(tokens)

    def _large(self, template: _Template, now: bytes) -> bytes:
        """A value, or space around the record, from a few bytes to more than is allowed."""
        kind = self._random.randrange(fragments.LARGE_KINDS + 1)
        size = int(LARGEST ** self._random.uniform(0.3, 1.0))
        if kind == fragments.LARGE_KINDS:
            return b"\n" * size + _joined(template, now)
        return self._replaced(template, now, template.values, (fragments.large(kind, size),))

    def _replaced(
        self, template: _Template, now: bytes, places: Sequence[int], by: Sequence[bytes]
    ) -> bytes:
        tokens = _filled(template, now)
        tokens[self._random.choice(places)] = self._random.choice(by)
        return b"".join(tokens)

    # Changes of bytes

    def _truncated(self, template: _Template, now: bytes) -> bytes:
        value = _joined(template, now)
        return value[: self._random.randrange(len(value))]

    def _flipped(self, template: _Template, now: bytes) -> bytes:
        value = bytearray(_joined(template, now))
        for _ in range(self._random.choice((1, 1, 1, 2, 8))):
            value[self._random.randrange(len(value))] ^= 1 << self._random.randrange(8)
        return bytes(value)

    def _odd_byte(self, template: _Template, now: bytes) -> bytes:
        value = _joined(template, now)
        at = self._random.choice((0, len(value), self._random.randrange(len(value))))
        return value[:at] + self._random.choice(_ODD_BYTES) + value[at:]

    def _spliced(self, template: _Template, now: bytes) -> bytes:
        """The beginning of one record and the end of another."""
        one, other = _joined(template, now), _joined(self._random.choice(self._templates), now)
        return one[: self._random.randrange(len(one))] + other[self._random.randrange(len(other)) :]

    def _noise(self, _template: _Template, _now: bytes) -> bytes:
        kind = self._random.randrange(3)
        if kind == 0:
            return self._random.randbytes(self._random.randrange(60))
        if kind == 1:
            parts = (*fragments.OTHERS, *fragments.NUMBERS[:20], *_PUNCTUATION)
            return b"".join(self._random.choices(parts, k=self._random.randrange(12)))
        return self._random.choice((b"", b" ", b"\n", b"\xef\xbb\xbf", b"null", b"[]", b"{}", b"0"))


def _template(example: bytes, time: bytes) -> _Template:
    tokens = _TOKEN.findall(example)
    keys = [i for i, after in enumerate(tokens[1:]) if after == b":"]
    values = [
        i for i, token in enumerate(tokens) if token not in _PUNCTUATION and i not in set(keys)
    ]
    return _Template(tokens, keys, values, [i for i in values if tokens[i] == time])


def _filled(template: _Template, now: bytes) -> list[bytes]:
    tokens = template.tokens.copy()
    for i in template.times:
        tokens[i] = now
    return tokens


def _joined(template: _Template, now: bytes) -> bytes:
    return b"".join(_filled(template, now))
