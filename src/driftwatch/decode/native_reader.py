"""The compiled reader of JSON records, where the compiled part is installed.

It refuses whatever is out of the ordinary, so that those records go the other ways of
`json_records`; what it takes it reads as they would (tests/decode/test_native_reader.py holds them
against each other).
"""

import json
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
import numpy as np

from driftwatch.decode.leaves import TYPES, LeafType
from driftwatch.decode.schema import Node, Path, is_plain
from driftwatch.leaf_arrays import Coded, LeafColumn, Numbers, Times
from driftwatch.records import (
    ABSENT,
    CellArray,
    FloatArray,
    IntArray,
    Status,
    StatusArray,
)

_KINDS: Mapping[LeafType, str] = {
    "number": "number",
    "scalar": "token",
    "boolean": "token",
    "time": "time",
    "any": "raw",
    "raw": "raw",
}
_TEXT_TIME = 3
_NULL, _ABSENT = -1, -2


class Read(NamedTuple):
    """What the compiled reader made of a batch.

    leaves: one column a wanted leaf; in the rows of `refused` (ascending) stands nothing.
    """

    leaves: dict[Path, LeafColumn]
    refused: IntArray


class NativeReader:
    """Reads a batch of records into the wanted leaves of a tree."""

    def __init__(
        self, native: ModuleType, root: Node, max_value_bytes: int, max_nesting: int
    ) -> None:
        """native: see `native.compiled`."""
        self._places: dict[str, list[tuple[Path, LeafType]]] = {
            kind: [] for kind in ("number", "token", "time", "raw")
        }
        tree = self._tree(root, ())
        counts = tuple(map(len, self._places.values()))
        self._reader = native.JsonReader(
            tree, counts, most_bytes=max_value_bytes, most_nested=max_nesting
        )
        self._decoders = {leaf: msgspec.json.Decoder(kind).decode for leaf, kind in TYPES.items()}

    def _tree(self, node: Node, path: Path) -> tuple[bool, list[tuple[bytes, str, Any]]]:
        """What the reader looks for below `path`, each leaf in a place of its own."""
        entries: list[tuple[bytes, str, Any]] = []
        for key, leaf in node.leaves.items():
            kind = _KINDS[leaf]
            place = len(self._places[kind])
            self._places[kind].append(((*path, key), leaf))
            if key in node.nodes:  # wanted as a leaf and as an object: Python's business
                kind, place = "refused", 0
            entries.extend((text, kind, place) for text in _spellings(key))
        for key, child in node.nodes.items():
            tree = self._tree(child, (*path, key))
            if key not in node.leaves:
                # Written in two ways it would be two objects.
                kinds = (("node", tree), ("refused", 0))
                entries.extend(
                    (text, *kind) for text, kind in zip(_spellings(key), kinds, strict=False)
                )
        ignored = sorted(node.ignored - node.leaves.keys() - node.nodes.keys())
        entries.extend((text, "ignored", 0) for key in ignored for text in _spellings(key))
        return node.closed, entries

    def read(self, values: Sequence[bytes | None]) -> Read:
        """The leaves of some records."""
        n = len(values)
        numbers, texts = self._places["number"], self._places["token"]
        times, raws = self._places["time"], self._places["raw"]
        room: FloatArray = np.empty((len(numbers) + len(times), n))
        told: StatusArray = np.empty(room.shape, dtype=np.uint8)
        codes: CellArray = np.empty((len(texts) + len(times), n), dtype=np.int32)
        refused, tokens, slices = self._reader.read(
            values, room.reshape(-1), told.reshape(-1), codes.reshape(-1)
        )
        odd = set(refused)
        leaves: dict[Path, LeafColumn] = {}
        is_told = np.any(told, axis=1).tolist()
        for i, (path, _) in enumerate(numbers):
            status = told[i] if is_told[i] else None
            if status is not None:
                room[i, status != Status.VALUE] = np.nan
            leaves[path] = Numbers(room[i], status)
        least = np.min(codes, axis=1, initial=0).tolist()
        for i, (path, leaf) in enumerate(texts):
            leaves[path] = self._coded(codes[i], least[i], tokens[i], leaf, odd)
        for i, (path, _) in enumerate(times):
            at, code = len(numbers) + i, len(texts) + i
            leaves[path] = self._times(room[at], told[at], codes[code], tokens[code])
        for (path, leaf), column in zip(raws, slices, strict=True):
            leaves[path] = self._objects(column, leaf, odd)
        return Read(leaves, np.array(sorted(odd), dtype=np.int64))

    def _coded(
        self, codes: CellArray, least: int, tokens: Sequence[bytes], leaf: LeafType, odd: set[int]
    ) -> Coded:
        """least: of the codes. odd: gets the rows whose token is none that the leaf may have."""
        decode = self._decoders[leaf]
        values: list[Any] = []
        for code, token in enumerate(tokens):
            try:
                values.append(decode(token))
            except msgspec.MsgspecError:
                values.append(ABSENT)
                odd.update(np.flatnonzero(codes == code).tolist())
        if least < 0:
            for code, value in ((_NULL, None), (_ABSENT, ABSENT)):
                rows = codes == code
                if rows.any():
                    codes[rows] = len(values)
                    values.append(value)
        return Coded(codes, values)

    def _times(
        self,
        numbers: FloatArray,
        told: StatusArray,
        codes: CellArray,
        tokens: Sequence[bytes],
    ) -> Times:
        rows = np.flatnonzero(told)
        if not len(rows):
            return Times(numbers, {})
        numbers[rows] = np.nan
        decode = self._decoders["time"]
        others: dict[int, Any] = {}
        for row in rows.tolist():
            if told[row] == _TEXT_TIME:
                others[row] = decode(tokens[codes[row]])
            else:
                others[row] = None if told[row] == Status.NULL else ABSENT
        return Times(numbers, others)

    def _objects(self, slices: Sequence[bytes | None], leaf: LeafType, odd: set[int]) -> list[Any]:
        decode = self._decoders[leaf]
        found: list[Any] = []
        for row, text in enumerate(slices):
            try:
                found.append(ABSENT if text is None else decode(text))
            except (msgspec.MsgspecError, RecursionError):
                found.append(ABSENT)
                odd.add(row)
        return found


def _spellings(key: str) -> list[bytes]:
    """How writers of JSON write a key: as it is, or with escapes for what is not ASCII.

    None for a key that is always written with escapes: the reader refuses whatever record has it.
    """
    if not is_plain(key):
        return []
    return list(dict.fromkeys((key.encode(), json.dumps(key)[1:-1].encode())))
