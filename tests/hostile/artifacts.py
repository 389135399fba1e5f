"""Baseline artifacts that were written to do harm: files, and documents whose checksum fits."""

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baseline import artifact
from driftwatch.baseline.artifact import Baseline, load_baseline
from driftwatch.config import parse
from driftwatch.errors import DriftwatchError
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import SECOND_US, Partition, Progress, RawBatch
from driftwatch.state.port import PartitionState
from tests.baseline.data import built_of_arrays
from tests.hostile.formats import FORMATS, TIME, world

ODD: tuple[Any, ...] = (
    *(0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**400),
    *(0.5, -0.0, 1e308, -1e308, 1.8e308, 5e-324, -5e-324, float("inf"), float("nan")),
    *(None, True, "", "x", "\x00", "🂡", "a" * 10_000, [], {}, [[]], [2**63], [-1], {"a": 1}),
)


def files(size: int) -> Iterator[tuple[str, bytes]]:
    """Files of which hardly a byte was written by `baseline build`, of up to `size` bytes unpacked.

    One after the other: all together they would take more memory than any of them may.
    """
    good = next(iter(world().values())).to_bytes()
    head = b'{"format":"driftwatch-baseline","schema_version":1,"x":'
    packed = gzip.compress(good)
    makers: Mapping[str, Callable[[], bytes]] = {
        "a gzip bomb": lambda: gzip.compress(b" " * size, 9),
        "a bomb of many members": lambda: gzip.compress(b" " * (size // 64), 9) * 64,
        "a bomb in a bomb": lambda: gzip.compress(gzip.compress(b" " * size, 9), 9),
        "empty lists": lambda: b"[" + b"[]," * (size // 3) + b"[]]",
        "empty lists, packed": lambda: gzip.compress(
            head + b"[" + b"[]," * (size // 3) + b"[]]}", 1
        ),
        "numbers": lambda: head + b"[" + b"1," * (size // 2) + b"1]}",
        "deep": lambda: head + b"[" * (size // 2),
        "a long number": lambda: head + b"9" * min(size, 1 << 22) + b"}",
        "a long text": lambda: head + b'"' + b"\\u0041" * (size // 6) + b'"}',
        "keys": lambda: head + b"{" + b'"key":1,' * (size // 8) + b'"k":1}}',
        "a tail": lambda: good + b"x" * (size - len(good)),
        "truncated": lambda: packed[:-9],
        "a wrong length": lambda: packed[:-1] + b"\x7f",
        "garbage after the end": lambda: packed + b"garbage",
        "another format": lambda: gzip.compress(b"\x1f\x8b" * 100),
    }
    for name, make in makers.items():
        yield name, make()


def documents() -> list[dict[str, Any]]:
    """Good artifacts to begin with: a plain one, and one with all that can be measured."""
    rows, hour_us = 60_000, 3_600 * SECOND_US
    times = 5_800 * 72 * hour_us + np.arange(rows) * (35 * 24 * hour_us // rows)
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(80)])
    columns: Mapping[str, Any] = {
        "amount": rng.normal(size=rows) + np.sin(times / (24 * hour_us) * 2 * np.pi),
        "country": words[np.minimum(rng.geometric(0.05, rows), 80) - 1],
    }
    measured = built_of_arrays(columns, times)
    return [json.loads(b.to_bytes()) for b in (next(iter(world().values())), measured)]


def edited(good: Sequence[Mapping[str, Any]], count: int, seed: object) -> Iterator[bytes]:
    """Artifacts with values that make no sense, and with the checksum that belongs to them."""
    pick = random.Random(f"artifacts:{seed}")
    for _ in range(count):
        document = json.loads(json.dumps(pick.choice(good)))
        del document["checksum"]
        for _ in range(pick.choice((1, 1, 1, 2, 4))):
            _edit(document, pick)
        yield _sealed(document)


def _sealed(document: dict[str, Any]) -> bytes:
    def text() -> str:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    document["checksum"] = artifact._checksum(text())
    return text().encode()


def _edit(document: dict[str, Any], pick: random.Random) -> None:
    """Replace, take out or double something somewhere; counts may keep adding up."""
    if pick.random() < 0.1:
        more = pick.choice((1, 2**31, 2**53, 2**63, 2**70))
        document["rows"] = _plus(document.get("rows"), more)
        columns = document.get("columns")
        for column in columns if isinstance(columns, list) else ():
            if isinstance(column, dict):
                column["null"] = _plus(column.get("null"), more)
        return
    here: Any = document
    while True:
        keys = list(here) if isinstance(here, dict) else range(len(here))
        key = pick.choice(keys)
        inner = here[key]
        if not isinstance(inner, dict | list) or not inner or pick.random() < 0.1:
            break
        here = inner
    actions: tuple[Callable[[], object], ...] = (
        lambda: here.__setitem__(key, pick.choice(ODD)),
        lambda: here.__setitem__(key, pick.choice(ODD)),
        lambda: here.pop(key),
        lambda: here.insert(key, inner) if isinstance(here, list) else here.update(odd=inner),
    )
    pick.choice(actions)()


def _plus(value: object, more: int) -> object:
    return value + more if isinstance(value, int) else value


def load_all(found: Sequence[tuple[str, bytes]]) -> list[str]:
    """Every file that was answered with something else than a baseline or a DriftwatchError.

    A baseline must also do: a monitor is made of it, and counts, judges and reports.
    """
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        for name, data in found:
            path.write_bytes(data)
            try:
                _use(load_baseline(path))
            except DriftwatchError as error:
                if len(str(error)) > 100_000:
                    failures.append(f"{name}: a message without an end: {str(error)[:200]}")
            except BaseException as error:  # noqa: BLE001 (whatever comes out is what is asked)
                failures.append(f"{name}: {error!r}: {data[:1_000]!r}")
    return failures


def _use(baseline: Baseline) -> None:
    configuration = {
        "source": {"stdin": {}},
        "decode": {
            **FORMATS["json"].decode,
            "model": {"const": "m"},
            "model_version": {"const": "v"},
        },
        "models": {"m": {"baselines": {"v": "a.json"}}},
        "state": {"memory": True},
    }
    settings = parse(configuration, Path("a.yaml"))
    baseline = baseline.model_copy(update={"model": "m", "model_version": "v"})
    baselines = {baseline.route: baseline}
    decoder = make_decoder(settings, baselines)
    monitor = make_monitor(settings, baselines, TIME * SECOND_US)
    log = Partition("log", 0)
    monitor.assign({log: Placement(PartitionState(0), Commit(0))}, None)
    for pane in range(3):
        now = TIME + 300 * pane
        values = [e.replace(b"%d" % TIME, b"%d" % now) for e in FORMATS["json"].examples] * 8
        offsets = np.arange(len(values)) + pane * len(values)
        raw = RawBatch(log, values, offsets, int(offsets[-1]) + 1)
        monitor.add(decoder.decode(raw))
        monitor.checkpoint()
        monitor.confirm(now * SECOND_US)
        monitor.advance(now * SECOND_US, {log: Progress(raw.next_offset, None, None, False)})
