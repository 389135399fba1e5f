"""A contract, compiled: what it takes to judge a record, and nothing that can wait."""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, overload

import numpy as np

from driftwatch.baseline.artifact import Baseline, load_baseline
from driftwatch.conditions import Condition
from driftwatch.contract.outside import KnownWords, NumericRange, range_of
from driftwatch.contract.verdict import Outside, Verdict, Verdicts, furthest_first
from driftwatch.derive.derivation import Derivation, NamedCondition
from driftwatch.derive.deriver import kinds_of
from driftwatch.flatten import flatten
from driftwatch.records import ABSENT
from driftwatch.sketch.layout import CONDITION_ROLES

Record = Mapping[str, Any]

_FINE = Verdict((), (), ())
_FLAT = frozenset((str, float, int, bool, type(None)))


class Table(Protocol):
    """A pandas.DataFrame or a pyarrow.Table."""

    @property
    def columns(self) -> Any:
        """Both have it, and no mapping does."""


class Rule(NamedTuple):
    """A named condition of the contract. text: as it was written."""

    name: str
    text: str
    condition: Condition


class Contract:
    """What every record of a model must meet, and the range of its training data.

    rules: in the order of the baseline. ranged: the columns whose range is known. Nothing in it
    changes, so threads may share it.

    Records are nested or flat mappings as a serving log has them (`user.age` stands in
    `{"user": {"age": 7}}` or under its own name), values plain Python or numpy ones.
    """

    def __init__(self, baseline: Baseline, rules: Iterable[NamedCondition] | None = None) -> None:
        """rules: instead of those of the baseline. Raises ConditionError."""
        if rules is None:
            rules = [one for one in baseline.conditions if one.role == "contract"]
        kinds = kinds_of(baseline.layout())
        self.baseline = baseline
        self.rules = tuple(Rule(one.name, one.text, one.condition(kinds)) for one in rules)
        self._judges = [(rule.name, rule.condition.judge) for rule in self.rules]
        read = frozenset().union(*(rule.condition.columns for rule in self.rules))
        made = {name for one in baseline.derived for name in one.columns}
        self._derived: Sequence[Derivation] = [
            one for one in baseline.derived if not read.isdisjoint(one.columns)
        ]
        self._needs_times = any(one.needs_times for one in self._derived)
        self.ranged = tuple(
            column
            for column in baseline.columns
            if column.role not in CONDITION_ROLES and column.name not in made
        )
        ranges = [range_of(column, baseline.rows) for column in self.ranged]
        self._numbers = [
            (one.name, one.low, one.high, one) for one in ranges if isinstance(one, NumericRange)
        ]
        self._words = [
            (one.name, one.by_type, one) for one in ranges if isinstance(one, KnownWords)
        ]

    @classmethod
    def load(cls, path: Path | str) -> "Contract":
        """The contract of a baseline's file.

        Raises BaselineError where the file can't be read, ConditionError where a rule can't.
        """
        return cls(load_baseline(Path(path)))

    @classmethod
    def from_baseline(cls, baseline: Baseline) -> "Contract":
        """The contract of a baseline. Raises ConditionError where a rule can't be read."""
        return cls(baseline)

    @overload
    def check(self, record: Record, event_time_us: int | None = None) -> Verdict: ...
    @overload
    def check(self, record: Table, event_time_us: int | None = None) -> Verdicts: ...
    def check(self, record: Record | Table, event_time_us: int | None = None) -> Verdict | Verdicts:
        """Judge one record, or each row of a pandas.DataFrame or a pyarrow.Table.

        event_time_us: when it is served, in microseconds since the epoch, where a rule asks for an
        age; by default now.

        Only features are called missing: predictions may not be there yet. Columns that are derived
        count for the rules, not for the distance. It never raises for what a record holds. Raises
        TypeError for what is neither a mapping nor such a table, UsageError where a table needs a
        package that is not installed.
        """
        if not isinstance(record, Mapping):
            from driftwatch.contract.frames import check_frame

            return check_frame(self, record, event_time_us)
        flat = record if _FLAT.issuperset(map(type, record.values())) else _flat(record)
        outside = self._outside(flat)
        if self._derived:
            flat = {**flat, **self._made(record, event_time_us)}
        failed: list[str] = []
        unknown: list[str] = []
        for name, judge in self._judges:
            found = judge(flat)
            if found is not True:
                (unknown if found is None else failed).append(name)
        if not (failed or unknown or outside):
            return _FINE
        return Verdict(tuple(failed), tuple(unknown), furthest_first(outside))

    def _outside(self, flat: Record) -> list[Outside]:
        """The columns that lie outside of the training data."""
        outside: list[Outside] = []
        get = flat.get
        for name, low, high, numbers in self._numbers:
            value = get(name)
            if (value.__class__ is float or value.__class__ is int) and low <= value <= high:
                continue
            if found := numbers.measure(value):
                outside.append(found)
        for name, words, known in self._words:
            value = get(name)
            if value in words.get(value.__class__, ()):
                continue
            if found := known.measure(value):
                outside.append(found)
        return outside

    def _made(self, record: Record, event_time_us: int | None) -> dict[str, Any]:
        """The derived columns that some rule reads."""
        served = event_time_us
        if served is None:
            served = time.time_ns() // 1_000 if self._needs_times else 0
        times = np.array([served], dtype=np.int64)
        made: dict[str, Any] = {}
        for one in self._derived:
            cells = one.compute([_leaf(record, one.source)], times)
            made.update(zip(one.columns, (column[0] for column in cells), strict=True))
        return made


def _flat(record: Record) -> dict[str, Any]:
    """The columns of a nested record by dotted name."""
    plain = {
        key: value.tolist()
        if isinstance(value, np.ndarray)
        else list(value)
        if isinstance(value, tuple)
        else value
        for key, value in record.items()
    }
    try:
        return flatten(plain)
    except TypeError:  # keys within it that are no texts, so no log could hold them
        return plain


def _leaf(record: Record, name: str) -> Any:
    """What stands at a dotted name, as it is."""
    found: Any = record
    for key in name.split("."):
        if not isinstance(found, Mapping) or key not in found:
            return record.get(name, ABSENT)
        found = found[key]
    return found.tolist() if isinstance(found, np.ndarray | np.generic) else found
