"""From records, however they were written, to the columns of each model version.

A record is a struct made from what the baselines want (`decode.schema`); a decoder fills it by a
parser of its own, or with `Composer.read` from plain objects. Then all records of a batch become
columns at once: their times, their routes, the columns of each baseline's layout, what is derived
from a leaf, and whether the conditions hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.columns import ColumnReader
from driftwatch.decode.leaves import LeafType, as_leaf
from driftwatch.decode.routes import Names, Router, name_of
from driftwatch.decode.schema import Node, Path, RecordType, record_type, split_path
from driftwatch.derive.deriver import Deriver
from driftwatch.leaf_arrays import Coded, LeafArray, LeafColumn, Times, objects, take
from driftwatch.records import ABSENT, WHOLE, IntArray, ModelVersion, Reason, Rows
from driftwatch.timestamps import LATEST_US, MISSING, Unit, parse_times

MAX_STRANGERS = 10
"""Versions without a baseline that a batch names."""

Views = Mapping[ModelVersion, Mapping[str, Baseline]]
"""By version, the names of further views of its records, and by whose layouts they are read."""


@dataclass(frozen=True, slots=True)
class RecordPolicy:
    """Where a record keeps what.

    Paths are dotted. timestamp: None takes the broker's time. model, model_version: a path, or
    None with `const_model`, `const_version`. features: the object that holds the features, `.` for
    the record itself. predictions, labels, serving: paths of columns outside of it, by the column's
    name; what is not there is looked for in the record itself, or in the object `others` names.
    ignored: features that are known and not wanted. correlation: what answers to one request share.
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
    serving: Mapping[str, str] = field(default_factory=dict)
    others: str = "."
    ignored: frozenset[str] = frozenset()
    correlation: str | None = None
    max_value_bytes: int = 1 << 20
    max_nesting: int = 400


class _Wanted(NamedTuple):
    """A leaf that somebody wants: the paths at which it may be found, the first one first."""

    paths: tuple[Path, ...]
    leaf: LeafType


class _View(NamedTuple):
    """By whose layout the records of a version are read.

    columns: by number in the layout, of those that stand in a record. sources: of `deriver`.
    """

    name: str
    reader: ColumnReader
    columns: Mapping[int, _Wanted]
    deriver: Deriver
    sources: Sequence[_Wanted]


class Composed(NamedTuple):
    """What some records became.

    rejected: (position, reason). unrouted, strangers: see `records.Batch`.
    """

    rows: tuple[Rows, ...]
    rejected: list[tuple[int, Reason]]
    unrouted: Mapping[str, int]
    strangers: Mapping[ModelVersion, int] = {}


class Composer:
    """Makes columns of records, for a set of baselines.

    root: the wanted leaves. type: the struct that records are read into, of the same leaves.
    """

    def __init__(
        self,
        policy: RecordPolicy,
        baselines: Mapping[ModelVersion, Baseline],
        fallbacks: Mapping[str, str] | None = None,
        views: Views | None = None,
    ) -> None:
        """fallbacks: by model, the version whose baseline stands in for an unknown version."""
        self._policy = policy
        self._router = Router(baselines.keys(), fallbacks or {})
        self.root = Node()
        self.features = split_path(policy.features)
        self.root.at(self.features).closed = True
        controls: tuple[tuple[str, str | None, LeafType], ...] = (
            ("time", policy.timestamp, "time"),
            ("model", policy.model, "scalar"),
            ("version", policy.model_version, "scalar"),
            ("correlation", policy.correlation, "scalar"),
        )
        self._control = {
            name: self._add((split_path(path),), leaf)
            for name, path, leaf in controls
            if path is not None
        }
        self._views = {
            route: [
                self._view(name, seen)
                for name, seen in {WHOLE: baseline, **(views or {}).get(route, {})}.items()
            ]
            for route, baseline in baselines.items()
        }
        wanted = [*self._control.values()]
        for view in chain.from_iterable(self._views.values()):
            wanted += [*view.columns.values(), *view.sources]
        self._leaves = {path: self.root.leaf(path) for one in wanted for path in one.paths}
        self._ignore(policy.ignored)
        self.type: RecordType = record_type(self.root)

    def _view(self, name: str, baseline: Baseline) -> _View:
        reader = ColumnReader(baseline.layout())
        deriver = Deriver(baseline.derived, baseline.conditions, reader.layout)
        columns = {
            i: self._want(column.name, column.role, reader.leaves[i])
            for i, column in enumerate(reader.layout.columns)
            if i not in deriver.makes
        }
        sources = [self._want(source.name, source.role, "raw") for source in deriver.sources]
        return _View(name, reader, columns, deriver, sources)

    def _want(self, name: str, role: str, leaf: LeafType) -> _Wanted:
        """Ask for a column."""
        keys = tuple(name.split("."))
        policy = self._policy
        given = {
            "prediction": policy.predictions,
            "label": policy.labels,
            "serving": policy.serving,
        }.get(role, {})
        for end in range(len(keys), 0, -1):  # `score` says where `score.0` is as well
            explicit = given.get(".".join(keys[:end]))
            if explicit is not None:
                return self._add(((*split_path(explicit), *keys[end:]),), leaf)
        base = self.features if role == "feature" else split_path(policy.others)
        if len(keys) == 1:
            return self._add(((*base, name),), leaf)
        # The second one is for a flat log whose keys have dots in them.
        return self._add(((*base, *keys), (*base, name)), leaf)

    def _add(self, paths: tuple[Path, ...], leaf: LeafType) -> _Wanted:
        for path in paths:
            self.root.add(path, leaf)
        return _Wanted(paths, leaf)

    def _ignore(self, names: frozenset[str]) -> None:
        for name in names:
            self.root.at(self.features).ignored.add(name.split(".")[0])
            self.root.at(self.features).ignored.add(name)

    def skip(self, names: Sequence[str], *, closed: bool) -> None:
        """Know these features, which nobody wants. closed: whether others are still looked for."""
        features = self.root.at(self.features)
        features.ignored.update(names)
        features.closed = closed
        self.type = record_type(self.root)

    def read(self, record: Mapping[str, Any]) -> msgspec.Struct:
        """The struct of a record that some parser has read, whatever stands in it."""
        return self.type.read(record)

    def compose(
        self,
        records: Sequence[msgspec.Struct],
        positions: Sequence[int],
        broker_times_us: IntArray | None,
    ) -> Composed:
        """The columns of some records; positions: where each stood in its batch, ascending."""
        if not records:
            return Composed((), [], {})
        kept = np.array(positions, dtype=np.int64)
        return self.compose_leaves(self.type.columns(records), kept, broker_times_us)

    def compose_leaves(
        self, leaves: Mapping[Path, LeafColumn], kept: IntArray, broker_times_us: IntArray | None
    ) -> Composed:
        """The same of records whose leaves are columns already; kept: their positions, (n,)."""
        if not len(kept):
            return Composed((), [], {})
        times = self._times(leaves, kept, broker_times_us)
        models = self._names(leaves, "model", self._policy.const_model)
        versions = self._names(leaves, "version", self._policy.const_version)
        routes = self._router.find(models, versions, len(kept))
        timeless = times == MISSING
        rejected: list[tuple[int, Reason]] = [(int(p), "missing_time") for p in kept[timeless]]
        rows: list[Rows] = []
        routed = 0
        for index, route in enumerate(self._router.routes):
            chosen = np.flatnonzero((routes == index) & ~timeless)
            if len(chosen):
                routed += len(chosen)
                rows.extend(
                    self._rows(route, view, leaves, chosen, kept, times)
                    for view in self._views[route]
                )
        if routed == len(kept):
            return Composed(tuple(rows), rejected, {})
        unrouted: dict[str, int] = {}
        strangers: dict[ModelVersion, int] = {}
        for i in np.flatnonzero((routes < 0) & ~timeless).tolist():
            rejected.append((int(kept[i]), self._router.reason(int(routes[i]))))
            name = _name_at(models, i)
            model = self._router.known_model(name)
            if model is not None:
                unrouted[model] = unrouted.get(model, 0) + 1
                version = _name_at(versions, i)
                stranger = ModelVersion(model, name_of(version) or "")
                if stranger in strangers or len(strangers) < MAX_STRANGERS:
                    strangers[stranger] = strangers.get(stranger, 0) + 1
        return Composed(tuple(rows), rejected, unrouted, strangers)

    def event_time(self, record: msgspec.Struct) -> int | None:
        """The time of one record (microseconds); None where it has none of its own."""
        if "time" not in self._control:
            return None
        leaves = self.type.columns([record])
        time = int(self._times(leaves, np.zeros(1, dtype=np.int64), None)[0])
        return None if time == MISSING else time

    def _values(self, leaves: Mapping[Path, LeafColumn], wanted: _Wanted) -> LeafColumn:
        """One value a record, each from the first path at which something stands."""
        found = self._at(leaves, wanted.paths[0], wanted.leaf)
        for path in wanted.paths[1:]:
            others = self._at(leaves, path, wanted.leaf)
            if isinstance(found, LeafArray) and found.is_absent:
                found = others
                continue
            values = objects(found)
            if ABSENT in values:
                pairs = zip(values, objects(others), strict=True)
                found = [b if a is ABSENT else a for a, b in pairs]
        return found

    def _at(self, leaves: Mapping[Path, LeafColumn], path: Path, leaf: LeafType) -> LeafColumn:
        values = leaves[path]
        if self._leaves[path] == leaf:
            return values
        # Somebody else wants it otherwise.
        return [as_leaf(value, leaf) for value in objects(values)]

    def _times(
        self, leaves: Mapping[Path, LeafColumn], kept: IntArray, broker: IntArray | None
    ) -> IntArray:
        times = np.full(len(kept), MISSING, dtype=np.int64)
        if "time" in self._control:
            values = self._values(leaves, self._control["time"])
            unit = self._policy.timestamp_unit
            if isinstance(values, Times):
                times = values.parse(unit)
            else:
                times = parse_times(objects(values), unit)
        if broker is not None:
            # A producer may have set it, and to anything.
            valid = (broker[kept] >= 0) & (broker[kept] < LATEST_US)
            times = np.where((times == MISSING) & valid, broker[kept], times)
        return times

    def _names(self, leaves: Mapping[Path, LeafColumn], control: str, const: str | None) -> Names:
        """What the records name: one name each, or one for all."""
        if control not in self._control:
            return const
        found = self._values(leaves, self._control[control])
        if isinstance(found, Coded):
            only: str | None = found.values[0]
            return only if len(found.values) == 1 else found.objects()
        return objects(found)

    def _rows(
        self,
        route: ModelVersion,
        view: _View,
        leaves: Mapping[Path, LeafColumn],
        chosen: IntArray,
        kept: IntArray,
        times: IntArray,
    ) -> Rows:
        whole = len(chosen) == len(kept)

        def of(wanted: _Wanted) -> LeafColumn:
            values = self._values(leaves, wanted)
            return values if whole else take(values, chosen)

        columns: list[LeafColumn] = [()] * len(view.reader.layout.columns)
        for i, wanted in view.columns.items():
            columns[i] = of(wanted)
        sources = [objects(of(source)) for source in view.sources]
        masks = view.deriver.fill(columns, sources, times[chosen])
        keys = objects(of(self._control["correlation"])) if "correlation" in self._control else None
        return view.reader.read(route, kept[chosen], times[chosen], columns, view.name, masks, keys)


def _name_at(names: Names, i: int) -> Any:
    """What record i names."""
    return names[i] if isinstance(names, list | tuple) else names
