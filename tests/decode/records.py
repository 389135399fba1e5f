"""Strategies for JSON records, good ones and nasty ones, and a list of the nastiest."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

LARGE = (2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**19, 10**400)

numbers: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 60),
    st.sampled_from((*LARGE, -(10**18) - 1, -(10**400))),
    st.floats(),
    st.sampled_from((0.0, -0.0, 5e-324, 1.7e308, float("nan"), float("inf"), float("-inf"))),
)
texts = st.one_of(
    st.sampled_from(("DE", "FR", "1", "1.0", "true", "null", "NaN", "Infinity", "", " ", "\x00")),
    st.sampled_from(("\ud800", "é" * 200, "x" * 300, '"', "\\", "𝄞")),
    st.text(max_size=5),
)
scalars: st.SearchStrategy[Any] = st.one_of(st.none(), st.booleans(), numbers, texts)


def values_under(keys: Sequence[str]) -> st.SearchStrategy[Any]:
    """Scalars, arrays and objects of scalars under some of these keys."""
    names = st.sampled_from(keys)
    return st.one_of(
        scalars,
        scalars,
        st.lists(st.none() | numbers, max_size=3),
        st.lists(scalars, max_size=3),
        st.dictionaries(names, scalars, max_size=3),
        st.dictionaries(names, st.dictionaries(names, scalars, max_size=2), max_size=2),
    )


def as_json(record: object, *, ascii_only: bool = True, spaces: bool = False) -> bytes:
    """As Python's servers write it: NaN as a token, half characters as they are."""
    separators = (" ,\n", "\t: ") if spaces else (",", ":")
    text = json.dumps(record, ensure_ascii=ascii_only, separators=separators)
    return text.encode("utf-8", "surrogatepass")


@st.composite
def encoded(draw: st.DrawFn, records: st.SearchStrategy[Any]) -> bytes:
    """A record as bytes: mostly as one writes it, sometimes damaged."""
    value = as_json(
        draw(records), ascii_only=draw(st.booleans()), spaces=draw(st.sampled_from((False, True)))
    )
    damage = draw(st.sampled_from((None,) * 6 + ("cut", "put", "twice", "mark")))
    at = draw(st.integers(0, len(value)))
    if damage == "cut":
        return value[:at]
    if damage == "put":
        return value[:at] + draw(st.binary(min_size=1, max_size=3)) + value[at:]
    if damage == "twice":
        return value[:-1] + b"," + value[1:]  # every key twice
    return b"\xef\xbb\xbf" + value if damage == "mark" else value


NASTY: tuple[bytes | None, ...] = (
    *(None, b"", b" ", b"\n", b"null", b"1", b'"text"', b"[]", b"[{}]", b"true", b"NaN", b"{}"),
    *(b"{", b"}", b'{"', b'{"a', b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b"{,}"),
    *(b'{"a":1}{"a":1}', b'{"a":1}\n', b'\t{"a" : 1}\r\n', b'{"a":1}x', b'{"a":1}\x00', b"{a:1}"),
    *(b'{"a":01}', b'{"a":1.}', b'{"a":.5}', b'{"a":+1}', b'{"a":-}', b'{"a":0x1}', b'{"a":1e}'),
    *(b'{"a":-Infinity}', b'{"a":-NaN}', b'{"a":nan}', b'{"a":Inf}', b'{"a":tru}', b'{"a":nul}'),
    *(b'{"a":1e400}', b'{"a":-1e400}', b'{"a":1e-400}', b'{"a":' + b"9" * 400 + b"}"),
    *(b'{"a":' + b"9" * 5000 + b"}", b'{"a":-' + b"9" * 19 + b"}", b'{"a":-0}'),
    *(b'{"a":"\\ud800"}', b'{"\\ud800":1}', b'{"a":"\\udc00\\ud800"}', b'{"a":"\\ud83d\\ude00"}'),
    *(b'{"a":"\\u00g0"}', b'{"a":"\\q"}', b'{"a":"\n"}', b'{"a":"\x7f"}', b'{"a":"\\u0000"}'),
    *(b'{"\\u0061":1}', b'{"a\\"b":1}', b'{"a\\\\b":1}', b'{"a\\nb":1}', b'{"":1}', b'{".":1}'),
    *(b'{"a":1,"a":2}', b'{"a":{"b":1},"a":2}', b'{"a.b":1,"a":{"b":2}}', b'{"f1":1,"f0":2}'),
    *(b"\xff", b'{"a":"\xff"}', b'{"a":"\xc3"}', b'{"\xc3\xa4":1}', b"\xed\xa0\x80", b"\xc0\x80"),
    *(b'\xef\xbb\xbf{"a":1}', b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}', b"\xef\xbb\xbf", b"\xef\xbb"),
    *('{"a":1}'.encode("utf-16"), '{"a":1}'.encode("utf-16-le"), '{"a":1}'.encode("utf-32")),
    *(b"\x1f\x8b\x08\x00", b"\x00" * 20, b"\x00\x00\x00\x00\x07{}", b"a,b\n1,2\n", b"<a/>"),
    *(b"[" * 1000, b'{"a":' * 1000, b"[" * 1000 + b"]" * 1000, b'{"a":"' + b"[" * 1000 + b'"}'),
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b'{"zz":' + b"[" * 300 + b"]" * 300 + b"}",
    b'{"a":"' + b"x" * 5000 + b'"}',
    b'{"' + b"k" * 5000 + b'":1}',
    b'{"a":{"b":{"c":{"d":[[[{"e":null}]]]}}}}',
)
"""Values that break readers, one kind of trouble each."""
