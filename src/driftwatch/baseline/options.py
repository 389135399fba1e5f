"""What a person decides about a baseline; the rest is read from the data."""

import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from driftwatch.budget import parse_budget
from driftwatch.derive.derivation import CONDITION_NAME, NamedCondition
from driftwatch.derive.kinds import AnyDerivation
from driftwatch.errors import UsageError
from driftwatch.records import WHOLE
from driftwatch.sketch.layout import Kind, Role

_MOST_PANE_ROWS = 10_000_000


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Whose baseline it is, and which column is what.

    Columns are named as they are in the data; `embedding.*` names all that begin with `embedding.`.
    predictions, labels, serving: columns of these roles; the others are features.
    timestamp: the column that holds the time of each row. It is not monitored.
    ignore: columns that are not monitored.
    numeric, categorical: columns whose kind is not to be inferred.
    in_order: the rows stand in the order of their time, which is not known.
    pane_us: the length of a pane; rows_per_pane: what it usually holds, where times are not known.
    false_alarms, tolerance: of the alarm that it is tested with (see `driftwatch.budget`).
    derived: columns to be made of others, which are not monitored themselves.
    conditions: what every row is asked; those of the role `segment` get counts of their own.
    """

    model: str
    model_version: str
    predictions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    timestamp: str | None = None
    ignore: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    in_order: bool = False
    pane_us: int = 60_000_000
    rows_per_pane: int = 200
    false_alarms: str = "1 per 30d"
    tolerance: float = 0.03
    serving: tuple[str, ...] = ()
    derived: tuple[AnyDerivation, ...] = ()
    conditions: tuple[NamedCondition, ...] = ()

    def role(self, name: str) -> Role | None:
        """The role of a column; None if it is not monitored.

        >>> options = BuildOptions("fraud", "3", predictions=("p.*",), timestamp="ts")
        >>> options.role("p.0"), options.role("amount"), options.role("ts")
        ('prediction', 'feature', None)
        """
        if name == self.timestamp or named(name, self.ignore):
            return None
        for derivation in self.derived:
            if name in derivation.columns:
                return self.source_role(derivation)
        return self._given_role(name) or "feature"

    def source_role(self, derivation: AnyDerivation) -> Role:
        """The role of what columns are derived from: as it was given, or as its kind suggests."""
        return self._given_role(derivation.source) or derivation.source_role

    def _given_role(self, name: str) -> Role | None:
        roles: tuple[tuple[Role, tuple[str, ...]], ...] = (
            ("prediction", self.predictions),
            ("label", self.labels),
            ("serving", self.serving),
        )
        return next((role for role, given in roles if named(name, given)), None)

    def kind(self, name: str) -> Kind | None:
        """The kind that was asked for, or that a derivation makes; None where it is to be inferred.

        >>> from driftwatch.derive.text import Text
        >>> options = BuildOptions("fraud", "3", derived=(Text(source="review"),))
        >>> options.kind("review.length"), options.kind("amount")
        ('numeric', None)
        """
        for derivation in self.derived:
            if name in derivation.columns:
                return derivation.kinds[derivation.columns.index(name)]
        if named(name, self.numeric):
            return "numeric"
        return "categorical" if named(name, self.categorical) else None

    def check(self) -> None:
        """Raise UsageError for what no data could make right."""
        for option, value in (("--model", self.model), ("--model-version", self.model_version)):
            if not value or not _is_text(value):
                raise UsageError(f"{option} {value!a}: a name is expected")
        self._check_measuring()
        self._check_made()
        exclusive = (
            ("--prediction", self.predictions),
            ("--label", self.labels),
            ("--serving", self.serving),
            ("--timestamp", (self.timestamp,) if self.timestamp is not None else ()),
            ("--ignore", self.ignore),
        )
        for group in (
            exclusive,
            (("--numeric", self.numeric), ("--categorical", self.categorical)),
        ):
            _check_exclusive(group)

    def _check_measuring(self) -> None:
        if self.in_order and self.timestamp is not None:
            raise UsageError(
                "--in-order and --timestamp: choose one; with times the order is known"
            )
        if self.pane_us <= 0 or not 0 < self.rows_per_pane <= _MOST_PANE_ROWS:
            raise UsageError(
                f"--rows-per-pane {self.rows_per_pane}: expected 1 to {_MOST_PANE_ROWS:,}"
            )
        if not 0.0 <= self.tolerance < 1.0:
            raise UsageError(f"--tolerance {self.tolerance:g}: expected 0 to 1")
        try:
            parse_budget(self.false_alarms).panes(self.pane_us)
        except ValueError as problem:
            raise UsageError(f"--false-alarms: {problem}") from problem

    def _check_made(self) -> None:
        """What is derived, and what is asked."""
        made = [name for derivation in self.derived for name in derivation.columns]
        for name in made:
            if made.count(name) > 1:
                raise UsageError(f"--derive: the column {name} would be made twice; leave one out")
        for source in {derivation.source for derivation in self.derived}:
            if source == self.timestamp:
                raise UsageError(f"--derive and --timestamp: both name {source}; choose one")
        columns = [condition.column for condition in self.conditions]
        for condition in self.conditions:
            option = f"--{condition.role} {condition.name}"
            if not CONDITION_NAME.fullmatch(condition.name):
                raise UsageError(
                    f"--{condition.role} {condition.name!a}: a name has letters, digits and _ only"
                )
            if condition.role == "segment" and condition.name == WHOLE:
                raise UsageError(f"{option}: {WHOLE!r} is the name of the whole; choose another")
            if columns.count(condition.column) > 1:
                raise UsageError(f"{option}: given twice; names must differ")

    def check_names(self, names: Collection[str]) -> None:
        """Raise UsageError for a name that is no column of the data, or of what is derived."""
        made = {column for derivation in self.derived for column in derivation.columns}
        for option, name in self._given():
            known = name in names
            if name.endswith(".*"):
                known = known or any(column.startswith(name[:-1]) for column in names)
            if not known:
                raise UsageError(
                    f"{option} {name}: the data has no such column; "
                    f"{nearest(name, [column for column in names if column not in made])}"
                )

    def _given(self) -> Iterator[tuple[str, str]]:
        for option, given in (
            ("--prediction", self.predictions),
            ("--label", self.labels),
            ("--timestamp", (self.timestamp,) if self.timestamp is not None else ()),
            ("--ignore", self.ignore),
            ("--serving", self.serving),
            ("--numeric", self.numeric),
            ("--categorical", self.categorical),
            ("--derive", tuple(derivation.source for derivation in self.derived)),
        ):
            for name in given:
                yield option, name


def nearest(name: str, names: Iterable[str]) -> str:
    """What a person may have meant.

    >>> nearest("amonut", ["age", "amount", "country"])
    'did you mean amount?'
    """
    names = list(names)
    close = difflib.get_close_matches(name, names, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    shown = ", ".join(names[:10])
    return f"it has {shown}" + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def named(name: str, given: Collection[str]) -> bool:
    """Whether a name is among those given, by itself or by a pattern."""
    if not given:
        return False
    if name in given:
        return True
    ends = [i for i, sign in enumerate(name) if sign == "."]
    return any(f"{name[:end]}.*" in given for end in ends)


def _check_exclusive(options: Iterable[tuple[str, Collection[str]]]) -> None:
    found: dict[str, str] = {}
    for option, names in options:
        for name in names:
            other = found.setdefault(name, option)
            if other != option:
                raise UsageError(f"{name}: given to both {other} and {option}; choose one")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
