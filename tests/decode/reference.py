"""What becomes of a JSON record, worked out one record and one column at a time.

The slow and obvious way that the decoder is held to: `json.loads`, a walk along the keys, and the
words of the documentation.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.composer import RecordPolicy
from driftwatch.records import Batch, ModelVersion, Partition, RawBatch, Rows, Status
from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.sketch.vocabulary import category_text

LOG = Partition("log", 0)
VECTOR_LIMIT = 1024

Fate = str | tuple[ModelVersion, int, tuple[object, ...]]
"""A reason; or the route, the event time and what each column holds."""


class Side(NamedTuple):
    """What stands where no value does."""

    name: str


NULL, ABSENT, WRONG = Side("null"), Side("absent"), Side("wrong_type")
NAN = Side("nan")
"""A number that is none; told apart from the others because NaN is not equal to itself."""


def raw(values: Sequence[bytes | None], broker_us: Sequence[int] | None = None) -> RawBatch:
    """A batch of these values, from offset 0."""
    times = None if broker_us is None else np.array(broker_us, dtype=np.int64)
    return RawBatch(LOG, values, np.arange(len(values)), len(values), times)


def fates(batch: Batch, baselines: Mapping[ModelVersion, Baseline]) -> list[Fate]:
    """What a decoded batch says of each record. Each record has exactly one fate."""
    found: dict[int, list[Fate]] = {}
    for position, reason in batch.rejected:
        found.setdefault(position, []).append(reason)
    for rows in batch.rows:
        layout = baselines[rows.route].layout()
        for i, position in enumerate(rows.position.tolist()):
            fate = (rows.route, int(rows.event_times_us[i]), _contents(rows, layout, i))
            found.setdefault(position, []).append(fate)
    assert sorted(found) == list(range(batch.size))
    assert all(len(each) == 1 for each in found.values())
    return [found[position][0] for position in range(batch.size)]


def _contents(rows: Rows, layout: Layout, row: int) -> tuple[object, ...]:
    contents: list[object] = [None] * len(layout.columns)
    for at, i in enumerate(layout.numeric.tolist()):
        value = float(rows.numeric[at, row])
        status = Status.VALUE if rows.missing is None else int(rows.missing[at, row])
        assert status == Status.VALUE or math.isnan(value)
        if status != Status.VALUE:
            contents[i] = (NULL, ABSENT, WRONG)[status - 1]
        else:
            contents[i] = NAN if math.isnan(value) else value
    for at, i in enumerate(layout.categorical.tolist()):
        contents[i] = int(rows.cells[at, row])
    return tuple(contents)


class Reference:
    """Decodes by the definition."""

    def __init__(
        self,
        policy: RecordPolicy,
        baselines: Mapping[ModelVersion, Baseline],
        fallbacks: Mapping[str, str] | None = None,
    ) -> None:
        self.policy = policy
        self.layouts = {route: baseline.layout() for route, baseline in baselines.items()}
        self.fallbacks = fallbacks or {}
        control = (policy.timestamp, policy.model, policy.model_version)
        self.leaves = {tuple(path.split(".")) for path in control if path}
        for layout in self.layouts.values():
            for column in layout.columns:
                self.leaves |= set(map(tuple, self.paths(column.name, column.role)))

    def fate(self, value: bytes | None, broker_us: int | None = None) -> Fate:
        policy = self.policy
        if value is None:
            return "unparsable"
        if len(value) > policy.max_value_bytes:
            return "too_large"
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return "not_utf8"
        if depth(text) > policy.max_nesting:
            return "unparsable"
        try:
            record = json.loads(text.removeprefix("\ufeff"), parse_int=integer)
        except ValueError:
            return "unparsable"
        if not isinstance(record, dict):
            return "unparsable"
        time = self.time(record, broker_us)
        if time is None:
            return "missing_time"
        route = self.route(record)
        if isinstance(route, str):
            return route
        return route, time, self.contents(record, self.layouts[route])

    def time(self, record: Any, broker_us: int | None) -> int | None:
        policy = self.policy
        value = None if policy.timestamp is None else self.find(record, policy.timestamp.split("."))
        time = slow_time(value, policy.timestamp_unit)
        if time is None and broker_us is not None:
            return broker_us if 0 <= broker_us < END // timedelta(microseconds=1) else None
        return time

    def route(self, record: Any) -> ModelVersion | str:
        policy = self.policy
        model = self.name(record, policy.model, policy.const_model)
        version = self.name(record, policy.model_version, policy.const_version)
        known = [route.version for route in self.layouts if route.model == model]
        if model is None or not known:
            return "unknown_model"
        if version is None and len(known) == 1:
            return ModelVersion(model, known[0])
        if version in known:
            return ModelVersion(model, version)
        if self.fallbacks.get(model) in known:
            return ModelVersion(model, self.fallbacks[model])
        return "unknown_version"

    def name(self, record: Any, path: str | None, const: str | None) -> str | None:
        if path is None:
            return const
        value = as_word(self.find(record, path.split(".")))
        return None if isinstance(value, Side) else value

    def contents(self, record: Any, layout: Layout) -> tuple[object, ...]:
        return tuple(
            self.cell(column, self.column(record, column.name, column.role))
            for column in layout.columns
        )

    def cell(self, column: Any, value: Any) -> object:
        if isinstance(column, CategoricalLayout):
            word = as_word(value)
            if isinstance(word, Side):
                return column.cell(word.name)
            if word in column.vocabulary:
                return column.vocabulary.index(word)
            return column.cell("new" if column.other_complete else "other")
        return as_number(value)

    def paths(self, name: str, role: str) -> Iterable[Sequence[str]]:
        """Where a column is looked for, one place after the other."""
        policy = self.policy
        given = {"prediction": policy.predictions, "label": policy.labels}.get(role, {})
        for prefix in sorted(given, key=len, reverse=True):
            if name == prefix or name.startswith(f"{prefix}."):
                yield [*given[prefix].split("."), *name[len(prefix) :].split(".")[1:]]
                return
        above = policy.features.split(".") if role == "feature" and policy.features != "." else []
        yield [*above, *name.split(".")]
        yield [*above, name]

    def column(self, record: Any, name: str, role: str) -> Any:
        for path in self.paths(name, role):
            value = self.find(record, path)
            if value is not ABSENT:
                return value
        return ABSENT

    def find(self, record: Any, path: Sequence[str]) -> Any:
        """What stands at a path; a column may be a leaf and an object's name at once."""
        value = record
        for at, key in enumerate(path):
            if isinstance(value, list):
                vector = value and all(type(item) in (int, float, type(None)) for item in value)
                inside = vector and key in map(str, range(min(len(value), VECTOR_LIMIT)))
                value = value[int(key)] if inside else ABSENT
            elif isinstance(value, dict):
                value = value.get(key, ABSENT)
            elif value is ABSENT or tuple(path[:at]) in self.leaves:
                return ABSENT
            else:
                return NULL if value is None else WRONG
        return value


def as_number(value: Any) -> object:
    if value is None:
        return NULL
    if isinstance(value, Side):
        return value
    if type(value) not in (int, float):
        return WRONG
    number = as_float(value)
    return NAN if math.isnan(number) else number


def as_word(value: Any) -> str | Side:
    if value is None:
        return NULL
    if isinstance(value, Side):
        return value
    if not isinstance(value, str | int | float | bool):
        return WRONG
    if type(value) in (int, float) and not math.isfinite(as_float(value)):
        return WRONG
    return category_text(value)


def integer(digits: str) -> int:
    """Python refuses to read very long ones; all of them are beyond the largest float."""
    return int(digits[:1000])


def as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def depth(text: str) -> int:
    """How deep brackets are nested, outside of texts."""
    outside = re.sub(r'"(?:\\.|[^"\\])*(?:"|\\?\Z)', "", text, flags=re.DOTALL)
    deepest = level = 0
    for sign in outside:
        level += (sign in "[{") - (sign in "]}")
        deepest = max(deepest, level)
    return deepest


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC) - EPOCH + timedelta(days=1)
SCALES = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


def slow_time(value: Any, unit: str) -> int | None:
    """Microseconds since the epoch; None where a value is no time."""
    if isinstance(value, str):
        if value.isdecimal() and len(value) > 8:
            return slow_time(float(value), unit)
        try:
            moment = datetime.fromisoformat(re.sub("z$", "Z", value.strip()))
        except ValueError:
            return None
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
        return since // timedelta(microseconds=1) if timedelta(0) <= since < END else None
    if type(value) not in (int, float):
        return None
    number = as_float(value)
    if unit == "auto":
        unit = "s" if number < 1e11 else "ms" if number < 1e14 else "us" if number < 1e17 else "ns"
    micros = number * SCALES[unit]
    return int(np.rint(micros)) if 0 <= micros < END / timedelta(microseconds=1) else None
