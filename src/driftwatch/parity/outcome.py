"""What a parity check is asked, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["within", "differs", "unknown"]

QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class ParityPolicy:
    """What counts as the same.

    absolute, relative: a number may differ by `absolute + relative * |golden|`.
    tolerances: by column, what it may differ by instead; of a vector, each of its elements.
    key: the column that says which rows belong together; None for the order of the rows.
    predictions: the columns to compare, `NAME.*` for all below it; all of the golden rows if none.
    ignore: columns that are not compared.
    confidence: of the intervals of shares. most_inputs: how many differing inputs are told.
    """

    absolute: float = 1e-6
    relative: float = 1e-4
    tolerances: Mapping[str, float] = field(default_factory=dict)
    key: str | None = None
    predictions: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    confidence: float = 0.95
    most_inputs: int = 20


@dataclass(frozen=True, slots=True)
class Share:
    """A share, and its interval of confidence (Clopper and Pearson)."""

    count: int
    of: int
    low: float
    high: float

    @property
    def ratio(self) -> float:
        """NaN where there is nothing."""
        return self.count / self.of if self.of else float("nan")


@dataclass(frozen=True, slots=True)
class ColumnParity:
    """A column, or a vector as a whole.

    elements: of a vector; 1 else. absolute, relative: its tolerance; 0 where it has to be the same.
    differing: rows of it that differ. largest: the largest difference between two finite numbers;
        None where there are none. quantiles: of these differences over all rows, by `QUANTILES`.
    otherwise: differing rows where a difference has no size: another category, a missing value.
    """

    name: str
    elements: int
    absolute: float
    relative: float
    differing: Share
    largest: float | None
    quantiles: tuple[float, ...]
    otherwise: int


@dataclass(frozen=True, slots=True)
class Difference:
    """An input that differs, and the column in which it differs most, by its tolerance.

    name: its key, or `row N`, from 1. size: None where it has none.
    """

    name: str
    column: str
    golden: str
    log: str
    size: float | None


@dataclass(frozen=True, slots=True)
class Parity:
    """The outcome.

    inputs: golden inputs that differ, of those that were compared.
    columns: the ones that differ most often first. differences: the worst first.
    missing: golden inputs that nothing answers, the first of them by name; missing_count: all.
    extra: rows of the log that answer no golden input. notes: what limits the verdict.
    """

    verdict: Verdict
    reason: str
    golden_rows: int
    log_rows: int
    inputs: Share
    columns: tuple[ColumnParity, ...] = ()
    differences: tuple[Difference, ...] = ()
    missing: tuple[str, ...] = ()
    missing_count: int = 0
    extra: int = 0
    golden_duplicates: int = 0
    log_duplicates: int = 0
    notes: tuple[str, ...] = ()
