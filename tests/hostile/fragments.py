"""What stands in hostile JSON where a value was expected: one token each, as bytes."""

import json

NUMBERS: tuple[bytes, ...] = (
    *(b"0", b"-0", b"-0.0", b"0e0", b"1", b"-1", b"1.0", b"1e0", b"1E+2", b"0.1e-1"),
    *(b"1e400", b"-1e400", b"1E-999", b"-1E-999", b"1e308", b"1.8e308", b"5e-324", b"2e-324"),
    *(b"9007199254740993", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809"),
    *(b"18446744073709551616", b"1" + b"0" * 30, b"-1" + b"0" * 400, b"9" * 4_301, b"1" * 20_000),
    *(b"0." + b"0" * 400 + b"1", b"0." + b"1" * 5_000, b"1e" + b"9" * 30, b"1e-" + b"9" * 5_000),
    *(b"NaN", b"-NaN", b"nan", b"Infinity", b"-Infinity", b"inf", b"+1", b"01", b"1.", b".5", b"-"),
    *(b"1e", b"1e+", b"0x10", b"1_000", b"1,5", b"--1", b"1e5.5", b"\xd9\xa1", b"True", b"None"),
)
"""Numbers at every edge, and what only looks like one."""

TEXTS: tuple[bytes, ...] = (
    *(b'""', b'" "', b'"\\u0000"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"'),
    *(b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x80\xae"'),
    *(b'"\x00"', b'"\n"', b'"\\x41"', b'"\\"', b'"', b'"\\u12"', b"'x'", b'"\\uFFFF\\uFEFF"'),
    *(b'"NaN"', b'"null"', b'"true"', b'"1"', b'"1e400"', b'"-0"', b'"3.0"', b'"__proto__"'),
    *(b'"' + b"a" * 255 + b'"', b'"' + b"a" * 257 + b'"', b'"' + b"\xc3\xa9" * 200 + b'"'),
    *(b'"' + b"\\ud800" * 300 + b'"', b'"' + b"e\xcc\x81" * 300 + b'"', b'"' + b"9" * 5_000 + b'"'),
    *(b'"</script><b>"', b'"\\u001b[2J"', b'"{{.}}"', b'"${HOME}"', b'"\\\\\\""', b'"a\\nb\\r"'),
)
"""Texts: empty, half characters, bad UTF-8, control characters, at and beyond the longest word."""

TIMES: tuple[bytes, ...] = (
    *(b"0", b"-1", b"1", b"99999999999", b"100000000000", b"253402300799", b"253402300800"),
    *(b"1767225600000", b"1767225600000000", b"1767225600000000000", b"1e17", b"1e18", b"1e300"),
    *(b"9223372036854775807", b"-9223372036854775808", b"1e400", b"NaN", b'"1767225600"'),
    *(b'"' + b"1" * 5_000 + b'"', b'"2026-01-01T00:00:00Z"', b'"2026-01-01t00:00:00z"'),
    *(b'"2026-01-01T00:00:00.123456789+14:00"', b'"2026-02-30T00:00:00Z"', b'"2026-W01-1"'),
    *(b'"0001-01-01T00:00:00+23:59"', b'"9999-12-31T23:59:59.999999-23:59"', b'"20260101T000000"'),
    *(b'"2026-01-01T24:00:00Z"', b'"2026-01-01T00:00:60Z"', b'"1969-12-31T23:59:59Z"', b'"now"'),
    *(b'"2026-13-01T00:00:00Z"', b'"2026-01-01T00:00:00+99:99"', b'"\\ud8002026-01-01"', b'""'),
    *(
        '"\N{FULLWIDTH DIGIT TWO}026-01-01T00:00:00Z"'.encode(),
        '"१७६७२२५६००"'.encode(),
        b"[1767225600]",
        b"{}",
    ),
)
"""Event times in every unit, on both sides of every border, and absurd ones."""

OTHERS: tuple[bytes, ...] = (
    *(b"null", b"true", b"false", b"[]", b"{}", b"[[]]", b"[{}]", b'{"":{"":{}}}', b'{"a":1}'),
    *(b"[1,2,3]", b"[null]", b'[1,"a"]', b"[1,[2]]", b"[true]", b"[NaN]", b'{"0":1,"1":2}'),
    *(b"", b"nul", b"undefined", b"//x", b"/*x*/", b"[", b"]", b"{", b"}", b",", b":", b"\\"),
)
"""Values of another type, and what is no value."""

KEYS: tuple[bytes, ...] = (
    *(b'""', b'"."', b'".."', b'"a.b"', b'"\\u0000"', b'"\\ud800"', b'"\\""', b'"\\\\"', b'"f0"'),
    *(b'"amount"', b'"probs"', b'"probs.0"', b'"user"', b'"user.age"', b'"ts"', b'"0"'),
    *(b'"' + b"k" * 300 + b'"', b'"__class__"', b'"\\u0061mount"', '"schlüssel"'.encode()),
)
"""Keys: odd ones, those of other columns, and one that is spelled by an escape."""


def nested(depth: int, brackets: bytes) -> bytes:
    """A value so many brackets deep: `[]`, `{}` (as objects under a key), closed again."""
    if brackets == b"[]":
        return b"[" * depth + b"]" * depth
    return b'{"a":' * depth + b"1" + b"}" * depth


def large(kind: int, size: int) -> bytes:
    """A value of about `size` bytes; `kind` may be any number."""
    makers = (
        lambda: b'"' + b"x" * size + b'"',
        lambda: b'"' + b"\\u0041" * (size // 6) + b'"',
        lambda: b'"' + "é".encode() * (size // 2) + b'"',
        lambda: b"9" * size,
        lambda: b"0." + b"7" * size,
        lambda: b"[" + b"1," * (size // 2) + b"1]",
        lambda: b"[" + b"[]," * (size // 3) + b"[]]",
        lambda: b" " * size + b"1",
        lambda: nested(size // 2, b"[]"),
        lambda: nested(size // 6, b"{}"),
        lambda: b"{" + b",".join(b'"k%d":%d' % (i, i) for i in range(size // 12)) + b"}",
        lambda: b"{" + b",".join(b'"a":1' for _ in range(size // 6)) + b"}",
        lambda: b'"' + b"\\" * size + b'"',
        lambda: json.dumps("\ud800" * (size // 6)).encode(),
    )
    return makers[kind % len(makers)]()


LARGE_KINDS = 14
