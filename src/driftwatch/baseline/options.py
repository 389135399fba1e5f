"""What a person decides about a baseline; the rest is read from the data."""

import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from driftwatch.budget import parse_budget
from driftwatch.errors import UsageError
from driftwatch.sketch.layout import Kind, Role

_MOST_PANE_ROWS = 10_000_000


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Whose baseline it is, and which column is what.

    Columns are named as they are in the data; `embedding.*` names all that begin with `embedding.`.
    predictions, labels: columns of these roles; the others are features.
    timestamp: the column that holds the time of each row. It is not monitored.
    ignore: columns that are not monitored.
    numeric, categorical: columns whose kind is not to be inferred.
    in_order: the rows stand in the order of their time, which is not known.
    pane_us: the length of a pane; rows_per_pane: what it usually holds, where times are not known.
    false_alarms, tolerance: of the alarm that it is tested with (see `driftwatch.budget`).
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

    def role(self, name: str) -> Role | None:
        """The role of a column; None if it is not monitored.

        >>> options = BuildOptions("fraud", "3", predictions=("p.*",), timestamp="ts")
        >>> options.role("p.0"), options.role("amount"), options.role("ts")
        ('prediction', 'feature', None)
        """
        if name == self.timestamp or _named(name, self.ignore):
            return None
        if _named(name, self.predictions):
            return "prediction"
        return "label" if _named(name, self.labels) else "feature"

    def kind(self, name: str) -> Kind | None:
        """The kind that was asked for; None where it is to be inferred."""
        if _named(name, self.numeric):
            return "numeric"
        return "categorical" if _named(name, self.categorical) else None

    def check(self) -> None:
        """Raise UsageError for what no data could make right."""
        for option, value in (("--model", self.model), ("--model-version", self.model_version)):
            if not value or not _is_text(value):
                raise UsageError(f"{option} {value!a}: a name is expected")
        self._check_measuring()
        exclusive = (
            ("--prediction", self.predictions),
            ("--label", self.labels),
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

    def check_names(self, names: Collection[str]) -> None:
        """Raise UsageError for a name that is no column of the data."""
        for option, name in self._given():
            known = name in names
            if name.endswith(".*"):
                known = known or any(column.startswith(name[:-1]) for column in names)
            if not known:
                raise UsageError(
                    f"{option} {name}: the data has no such column; {nearest(name, names)}"
                )

    def _given(self) -> Iterator[tuple[str, str]]:
        for option, given in (
            ("--prediction", self.predictions),
            ("--label", self.labels),
            ("--timestamp", (self.timestamp,) if self.timestamp is not None else ()),
            ("--ignore", self.ignore),
            ("--numeric", self.numeric),
            ("--categorical", self.categorical),
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


def _named(name: str, given: Collection[str]) -> bool:
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
