"""The `json` format: one JSON object a record.

The fast path reads each record into a struct made from the baselines' columns (`decode.schema`). A
record that this refuses goes the slow way: parsed as Python's servers write JSON (`NaN` and
`Infinity` as tokens, numbers of any size), its good columns kept, its bad values marked as of the
wrong type. What becomes of a record is the same either way, and depends on nothing but the record.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.columns import ColumnReader, make_reader
from driftwatch.decode.leaves import ABSENT, LeafType, as_leaf
from driftwatch.decode.routes import Router
from driftwatch.decode.schema import (
    Node,
    Path,
    RecordType,
    record_type,
    split_path,
    unknown_keys,
)
from driftwatch.decode.screen import screen
from driftwatch.decode.timestamps import LATEST_US, MISSING, Unit, parse_times
from driftwatch.records import Batch, IntArray, ModelVersion, RawBatch, Reason, Rows
from driftwatch.sketch.vocabulary import cut

MAX_UNKNOWN_COLUMNS = 200
"""Names of unknown columns that are kept; beyond it unknown columns are no longer looked for."""


@dataclass(frozen=True, slots=True)
class JsonPolicy:
    """Where a record keeps what.

    Paths are dotted. timestamp: None takes the broker's time. model, model_version: a path, or
    None with `const_model`, `const_version`. features: the object that holds the features, `.` for
    the record itself. predictions, labels: paths of columns outside of it, by the column's name.
    ignored: features that are known and not wanted.
    """

    timestamp: str | None = None
    timestamp_unit: Unit = "auto"
    model: str | None = None
    const_model: str | None = None
    model_version: str | None = None
    const_version: str | None = None
    features: str = "."
    predictions: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    max_value_bytes: int = 1 << 20
    max_nesting: int = 400


class _Wanted(NamedTuple):
    """A leaf that somebody wants: the paths at which it may be found, the first one first."""

    paths: tuple[Path, ...]
    leaf: LeafType


class JsonDecoder:
    """Decodes batches of JSON records for a set of baselines."""

    def __init__(
        self,
        policy: JsonPolicy,
        baselines: Mapping[ModelVersion, Baseline],
        fallbacks: Mapping[str, str] | None = None,
    ) -> None:
        """fallbacks: by model, the version whose baseline stands in for an unknown version."""
        self._policy = policy
        self._router = Router(baselines.keys(), fallbacks or {})
        self._root = Node()
        self._features = split_path(policy.features)
        self._columns: dict[ModelVersion, list[_Wanted]] = {}
        self._readers: dict[ModelVersion, ColumnReader] = {}
        self._root.at(self._features).closed = True
        controls: tuple[tuple[str, str | None, LeafType], ...] = (
            ("time", policy.timestamp, "time"),
            ("model", policy.model, "scalar"),
            ("version", policy.model_version, "scalar"),
        )
        self._control = {
            name: self._add((split_path(path),), leaf)
            for name, path, leaf in controls
            if path is not None
        }
        for route, baseline in baselines.items():
            reader = make_reader(baseline)
            self._readers[route] = reader
            self._columns[route] = [
                self._want(column.name, column.role, leaf)
                for column, leaf in zip(reader.layout.columns, reader.leaves, strict=True)
            ]
        self._ignore(policy.ignored)
        self._unknown: set[str] = set()
        self._build()

    def _want(self, name: str, role: str, leaf: LeafType) -> _Wanted:
        """Ask for a column."""
        keys = tuple(name.split("."))
        given = {"prediction": self._policy.predictions, "label": self._policy.labels}.get(role, {})
        for end in range(len(keys), 0, -1):  # `score` says where `score.0` is as well
            explicit = given.get(".".join(keys[:end]))
            if explicit is not None:
                return self._add(((*split_path(explicit), *keys[end:]),), leaf)
        base = self._features if role == "feature" else ()
        if len(keys) == 1:
            return self._add(((*base, name),), leaf)
        # The second one is for a flat log whose keys have dots in them.
        return self._add(((*base, *keys), (*base, name)), leaf)

    def _add(self, paths: tuple[Path, ...], leaf: LeafType) -> _Wanted:
        for path in paths:
            self._root.add(path, leaf)
        return _Wanted(paths, leaf)

    def _ignore(self, names: frozenset[str]) -> None:
        for name in names:
            self._root.at(self._features).ignored.add(name.split(".")[0])
            self._root.at(self._features).ignored.add(name)

    def _build(self) -> None:
        self._type: RecordType = record_type(self._root)
        self._decode: Callable[[bytes], Any] = _refuse
        if self._type.readable:
            self._decode = msgspec.json.Decoder(self._type.struct).decode

    def decode(self, raw: RawBatch) -> Batch:
        """The batch's records as columns. Never raises for what a record holds."""
        records, positions, rejected, unknown = self._read(raw.values)
        rows: list[Rows] = []
        unrouted: dict[str, int] = {}
        if records:
            kept = np.array(positions, dtype=np.int64)
            leaves = self._type.columns(records)
            times = self._times(leaves, kept, raw.broker_times_us)
            models = self._names(leaves, "model", self._policy.const_model)
            versions = self._names(leaves, "version", self._policy.const_version)
            routes = self._router.find(models, versions, len(records))
            timeless = times == MISSING
            rejected.extend((int(p), "missing_time") for p in kept[timeless])
            for index, route in enumerate(self._router.routes):
                chosen = np.flatnonzero((routes == index) & ~timeless)
                if len(chosen):
                    rows.append(self._rows(route, leaves, chosen, kept, times))
            for i in np.flatnonzero((routes < 0) & ~timeless).tolist():
                rejected.append((int(kept[i]), self._router.reason(int(routes[i]))))
                name = models if isinstance(models, str | None) else models[i]
                model = self._router.known_model(name)
                if model is not None:
                    unrouted[model] = unrouted.get(model, 0) + 1
        rejected.sort()
        self._learn(unknown)
        return Batch(
            raw.partition,
            len(raw.values),
            raw.next_offset,
            tuple(rows),
            tuple(rejected),
            raw.broker_times_us,
            tuple(unknown),
            unrouted,
        )

    def event_time(self, value: bytes) -> int | None:
        """The time of one record (microseconds), or None; for looking ahead in files."""
        records, _, _, _ = self._read([value])
        if not records or "time" not in self._control:
            return None
        leaves = self._type.columns(records)
        time = int(self._times(leaves, np.zeros(1, dtype=np.int64), None)[0])
        return None if time == MISSING else time

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
        for path in unknown_keys(record, self._root):
            name = cut(path[-1])
            if name in self._unknown or name in unknown:
                continue
            if len(self._unknown) + len(unknown) < MAX_UNKNOWN_COLUMNS:
                unknown.append(name)
        return self._type.read(record)

    def _learn(self, unknown: list[str]) -> None:
        """Make the fast path skip columns that have been reported.

        Where their names are too long or too odd for it, records with them stay slow.
        """
        if not unknown:
            return
        self._unknown.update(unknown)
        features = self._root.at(self._features)
        features.ignored.update(unknown)
        features.closed = len(self._unknown) < MAX_UNKNOWN_COLUMNS
        self._build()

    def _values(self, leaves: Mapping[Path, Sequence[Any]], wanted: _Wanted) -> Sequence[Any]:
        """One value a record, each from the first path at which something stands."""
        values = self._at(leaves, wanted.paths[0], wanted.leaf)
        for path in wanted.paths[1:]:
            if ABSENT in values:
                others = self._at(leaves, path, wanted.leaf)
                values = [b if a is ABSENT else a for a, b in zip(values, others, strict=True)]
        return values

    def _at(
        self, leaves: Mapping[Path, Sequence[Any]], path: Path, leaf: LeafType
    ) -> Sequence[Any]:
        values = leaves[path]
        if self._root.leaf(path) == leaf:
            return values
        return [as_leaf(value, leaf) for value in values]  # somebody else wants it otherwise

    def _times(
        self, leaves: Mapping[Path, Sequence[Any]], kept: IntArray, broker: IntArray | None
    ) -> IntArray:
        times = np.full(len(kept), MISSING, dtype=np.int64)
        if "time" in self._control:
            values = self._values(leaves, self._control["time"])
            times = parse_times(values, self._policy.timestamp_unit)
        if broker is not None:
            # A producer may have set it, and to anything.
            valid = (broker[kept] >= 0) & (broker[kept] < LATEST_US)
            times = np.where((times == MISSING) & valid, broker[kept], times)
        return times

    def _names(
        self, leaves: Mapping[Path, Sequence[Any]], control: str, const: str | None
    ) -> Sequence[Any] | str | None:
        """What the records name: one name each, or one for all."""
        if control in self._control:
            return self._values(leaves, self._control[control])
        return const

    def _rows(
        self,
        route: ModelVersion,
        leaves: Mapping[Path, Sequence[Any]],
        chosen: IntArray,
        kept: IntArray,
        times: IntArray,
    ) -> Rows:
        whole = len(chosen) == len(kept)
        columns = []
        for wanted in self._columns[route]:
            values = self._values(leaves, wanted)
            columns.append(values if whole else [values[i] for i in chosen])
        return self._readers[route].read(route, kept[chosen], times[chosen], columns)


def _integer(digits: str) -> int | float:
    """JSON knows no largest integer, and Python refuses to read very long ones."""
    return int(digits) if len(digits.lstrip("-")) < 20 else float(digits)


def _refuse(value: bytes) -> msgspec.Struct:  # noqa: ARG001 (a parser's signature)
    """Stands in for a parser that the wanted keys don't allow: every record goes the slow way."""
    raise ValueError("no parser for these keys")
