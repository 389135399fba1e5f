"""The `json` format: one JSON object a record.

There are three ways, each for what the one before it refuses: the compiled reader takes a batch
straight into arrays (`decode.native_reader`, where it is installed); msgspec takes a record into a
struct made from the baselines' columns (`decode.schema`); and last it is parsed as Python's servers
write JSON (`NaN` and `Infinity` as tokens, numbers of any size), its good columns kept, its bad
values marked as of the wrong type. What becomes of a record is the same by each, and depends on
nothing but the record.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.composer import Composer, RecordPolicy, Views
from driftwatch.decode.native_reader import NativeReader
from driftwatch.decode.schema import Path, unknown_keys
from driftwatch.decode.screen import screen
from driftwatch.leaf_arrays import LeafColumn, put, take
from driftwatch.native import compiled
from driftwatch.records import Batch, IntArray, ModelVersion, RawBatch, Reason
from driftwatch.sketch.vocabulary import cut

MAX_UNKNOWN_COLUMNS = 200
"""Names of unknown columns that are kept; beyond it unknown columns are no longer looked for."""


class JsonDecoder:
    """Decodes batches of JSON records for a set of baselines."""

    def __init__(
        self,
        policy: RecordPolicy,
        baselines: Mapping[ModelVersion, Baseline],
        fallbacks: Mapping[str, str] | None = None,
        views: Views | None = None,
    ) -> None:
        """See `Composer`."""
        self._policy = policy
        self._composer = Composer(policy, baselines, fallbacks, views)
        self._unknown: set[str] = set()
        self._compiled = compiled()
        self._build()

    def _build(self) -> None:
        self._decode: Callable[[bytes], Any] = _refuse
        if self._composer.type.readable:
            self._decode = msgspec.json.Decoder(self._composer.type.struct).decode
        self._native: NativeReader | None = None
        if self._compiled is not None:
            limits = self._policy.max_value_bytes, self._policy.max_nesting
            self._native = NativeReader(self._compiled, self._composer.root, *limits)

    def decode(self, raw: RawBatch) -> Batch:
        """The batch's records as columns. Never raises for what a record holds."""
        leaves, positions, rejected, unknown = self._leaves(raw.values)
        composed = self._composer.compose_leaves(leaves, positions, raw.broker_times_us)
        self._learn(unknown)
        return Batch(
            raw.partition,
            len(raw.values),
            raw.next_offset,
            composed.rows,
            tuple(sorted(rejected + composed.rejected)),
            raw.broker_times_us,
            tuple(unknown),
            composed.unrouted,
            composed.strangers,
            raw.offsets,
        )

    def event_time(self, value: bytes) -> int | None:
        """The time of one record (microseconds), or None; for looking ahead in files."""
        records, _, _, _ = self._read([value])
        return self._composer.event_time(records[0]) if records else None

    def _leaves(
        self, values: Sequence[bytes | None]
    ) -> tuple[Mapping[Path, LeafColumn], IntArray, list[tuple[int, Reason]], list[str]]:
        """The readable records' leaves and positions, what was rejected, and unknown columns."""
        every = np.arange(len(values))
        if self._native is None:
            return self._leaves_of(values, every)
        leaves, refused = self._native.read(values)
        if len(refused) == len(values):
            return self._leaves_of(values, every)
        if not len(refused):
            return leaves, every, [], []
        # What it refuses is read as if it had been alone, and put where it belongs.
        others, rows, rejected, unknown = self._leaves_of(
            [values[row] for row in refused.tolist()], refused
        )
        if len(rows):
            leaves = {path: put(column, rows, others[path]) for path, column in leaves.items()}
        kept = np.setdiff1d(every, np.setdiff1d(refused, rows))
        if len(kept) < len(values):
            leaves = {path: take(column, kept) for path, column in leaves.items()}
        return leaves, kept, rejected, unknown

    def _leaves_of(
        self, values: Sequence[bytes | None], positions: IntArray
    ) -> tuple[Mapping[Path, Sequence[Any]], IntArray, list[tuple[int, Reason]], list[str]]:
        """The same without the compiled reader, of values at these positions."""
        records, kept, rejected, unknown = self._read(values)
        leaves = self._composer.type.columns(records) if records else {}
        refusals = [(int(positions[at]), reason) for at, reason in rejected]
        return leaves, positions[np.array(kept, dtype=np.int64)], refusals, unknown

    def _read(
        self, values: Sequence[bytes | None]
    ) -> tuple[list[Any], list[int], list[tuple[int, Reason]], list[str]]:
        """Records, their positions, what was rejected, and names of unknown columns."""
        policy = self._policy
        rejected = screen(values, policy.max_value_bytes, policy.max_nesting)
        positions = list(range(len(values)))
        if rejected:
            refused = {position for position, _ in rejected}
            positions = [p for p in positions if p not in refused]
            values = [values[p] for p in positions]
        records: list[Any] = []
        unreadable: list[int] = []
        unknown: list[str] = []
        remaining = iter(values)
        while True:
            try:
                records.extend(map(self._decode, remaining))  # type: ignore[arg-type]
                break
            except (msgspec.MsgspecError, ValueError, RecursionError):
                # `extend` keeps what it had; the value that failed is taken from the iterator.
                failed = len(records)
                try:
                    records.append(self._read_slowly(values[failed] or b"", unknown))
                except (ValueError, RecursionError):
                    records.append(None)
                    unreadable.append(failed)
        if unreadable:
            rejected.extend((positions[i], "unparsable") for i in unreadable)
            kept = [i for i, record in enumerate(records) if record is not None]
            records, positions = [records[i] for i in kept], [positions[i] for i in kept]
        return records, positions, rejected, unknown

    def _read_slowly(self, value: bytes, unknown: list[str]) -> msgspec.Struct:
        """Read a record that the fast path refused. Raises ValueError or RecursionError."""
        record = json.loads(value.decode("utf-8-sig"), parse_int=_integer)
        if not isinstance(record, dict):
            raise ValueError("not an object")
        for path in unknown_keys(record, self._composer.root):
            name = cut(path[-1])
            if name in self._unknown or name in unknown:
                continue
            if len(self._unknown) + len(unknown) < MAX_UNKNOWN_COLUMNS:
                unknown.append(name)
        return self._composer.read(record)

    def _learn(self, unknown: list[str]) -> None:
        """Make the fast path skip columns that have been reported.

        Where their names are too long or too odd for it, records with them stay slow.
        """
        if not unknown:
            return
        self._unknown.update(unknown)
        self._composer.skip(unknown, closed=len(self._unknown) < MAX_UNKNOWN_COLUMNS)
        self._build()


def _integer(digits: str) -> int | float:
    """JSON knows no largest integer, and Python refuses to read very long ones."""
    return int(digits) if len(digits.lstrip("-")) < 20 else float(digits)


def _refuse(value: bytes) -> msgspec.Struct:  # noqa: ARG001 (a parser's signature)
    """Stands in for a parser that the wanted keys don't allow: every record goes the slow way."""
    raise ValueError("no parser for these keys")
