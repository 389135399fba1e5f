"""Configurations that were written to do harm, and good ones that were damaged."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from driftwatch.config import load
from driftwatch.errors import DriftwatchError
from tests.config.corpus import ENV, GOOD

_MODEL = "models: {fraud: {baselines: [b.json]}}"
_SMALLEST = f"""\
source: {{stdin: {{}}}}
decode: {{timestamp: ts, model: {{const: fraud}}, model_version: {{const: a}}, features: f}}
{_MODEL}
state: {{memory: true}}
"""
_VARIABLES = {
    **ENV,
    "LONG": "x" * 100_000,
    "REFERENCE": "${LONG}",
    "NUL": "\x00",
    "LINE": "a\nb: c",
}
_PIECES: tuple[bytes, ...] = (
    *(b"&a ", b"*a", b"*b", b"<<: *a", b"!!python/object:os.system", b"!!binary ", b"!x ", b"? "),
    *(b"---\n", b"...\n", b"%YAML 1.1\n", b"%TAG ! x:\n", b"|\n", b">-\n", b"\t", b"\xff", b"\x00"),
    *(
        b"${",
        b"${LONG}",
        b"${REFERENCE}",
        b"${NUL}",
        b"${LINE}",
        b"${A:-${B}}",
        b"$${TEXT}",
        b"${}",
    ),
    *(b'"\\ud800"', b'"\\UFFFFFFFF"', b"\xef\xbb\xbf", "ключ".encode(), b"\xe2\x80\xa8", b"\x85"),
    *(b"1e999", b".nan", b"-.inf", b"0x1F", b"9" * 5_000, b"1_000", b"{", b"[", b"}", b"]", b": "),
    *(
        b"null",
        b"~",
        b"true",
        b"-1",
        b"[]",
        b"{}",
        b"99999999999999999999d",
        b"**/**/*",
        b"/dev/zero",
    ),
)


class Failure(NamedTuple):
    """A file that was answered with what no file may be answered with."""

    name: str
    kind: str
    text: str


def bombs(size: int) -> dict[str, str]:
    """Files of up to `size` bytes that would be much more if they were taken at their word."""

    def times(part: str) -> int:
        return size // len(part)

    def each(text: str) -> str:
        """`text` over and over, with another number in the place of each @."""
        return "".join(text.replace("@", str(i)) for i in range(size // (len(text) + 5)))

    laughs = "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return {
        "unknown keys": _SMALLEST + each("k@: 1\n"),
        "keys twice, and unknown": _SMALLEST + each("k@: 1\nk@: 2\n"),
        "keys without values": _SMALLEST + "x: {" + each("k@,") + "}\n",
        "a long list": _SMALLEST.replace("b.json", each("b@,")),
        "many windows": _SMALLEST + "windows: [" + each("@m,").removeprefix("0m,") + "]\n",
        "many columns": _SMALLEST.replace(
            "[b.json]", "[b.json], columns: {" + each("c@: {x: 1},") + "}"
        ),
        "many models": _SMALLEST.replace(_MODEL, "models: {" + each("m@: {baselines: b},") + "}"),
        "laughs": "a: &a [x,x,x,x,x,x,x,x,x]\n" + laughs,
        "a long text by aliases": f"a: &a {'x' * (size // 2)}\nb: [{'*a,' * (size // 6)}]\n",
        "a long variable": "a: '" + "${LONG}" * times("${LONG}") + "'\n",
        "half a variable": "a: '" + "${" * times("${") + "'\n",
        "deep lists": "[" * size,
        "deep blocks": "- " * times("- "),
        "keys of keys": "? " * times("? "),
        "keys without an end": "{" + "a," * times("a,"),
        "anchors": each("k@: &a@ x\n"),
        "one long key": "x" * size + ": 1\n",
        "escapes": 'a: "' + "\\x41" * times("\\x41") + '"\n',
        "an open quote": "'" * (size - 1),
        "nothing": "\n" * size,
        "a long number": _SMALLEST + "pane: " + "9" * size,
        "documents": "--- " * times("--- "),
        "too large": " " * (1 << 21),
    }


def damaged(count: int, seed: object) -> Iterator[bytes]:
    """Good configurations after an accident or two."""
    pick = random.Random(f"configurations:{seed}")
    sources = [path.read_bytes() for path in GOOD]
    for _ in range(count):
        data = pick.choice(sources)
        for _ in range(pick.choice((1, 1, 2, 5))):
            data = _damaged(data, pick)
        yield data


def _damaged(data: bytes, pick: random.Random) -> bytes:
    at = pick.randrange(len(data) + 1)
    until = min(len(data), at + pick.choice((0, 0, 1, 5, 40)))
    lines = data.splitlines(keepends=True)
    kind = pick.randrange(4)
    if kind == 0 and lines:  # a line that is there again, somewhere else
        lines.insert(pick.randrange(len(lines)), pick.choice(lines))
        return b"".join(lines)
    if kind == 1:
        return data[:at] + data[until:]
    if kind == 2:
        return data[:at] + bytes([pick.randrange(256)]) + data[until:]
    return data[:at] + pick.choice(_PIECES) + data[until:]


def load_all(files: Sequence[tuple[str, bytes]]) -> list[Failure]:
    """Every file that was answered with something else than settings or a DriftwatchError."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "driftwatch.yaml"
        for name, data in files:
            path.write_bytes(data)
            try:
                load(path, _VARIABLES)
            except DriftwatchError as error:
                if len(str(error)) > 100_000:
                    found.append(Failure(name, "a message without an end", str(error)[:200]))
            except BaseException as error:  # noqa: BLE001 (whatever comes out is what is asked)
                found.append(Failure(name, type(error).__name__, f"{error}: {data[:2_000]!r}"))
    return found
