"""How a build goes through the rows: what it asks of whoever reads them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from driftwatch.baseline.deriving import Deriving
from driftwatch.baseline.judging import Judging
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.order import RowOrder
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.survey import Survey
from driftwatch.baseline.tally import Tally
from driftwatch.baseline.times import TimeLog, TimesOf
from driftwatch.derive.kinds import AnyDerivation
from driftwatch.errors import DataError, UsageError
from driftwatch.records import BoolArray


class Passes(Protocol):
    """Goes through the same rows, in the same order, as often as it is asked.

    The same rows give the same, to the bit, whoever goes through them. All raise DataError for data
    that can't be read, and UsageError for options that don't fit them.
    """

    times_of: TimesOf

    def with_means(self, derived: Sequence[AnyDerivation]) -> tuple[AnyDerivation, ...]:
        """See `deriving.with_means`."""

    def survey(self, options: BuildOptions, deriving: Deriving) -> tuple[Survey, TimeLog]:
        """What there is to learn of all columns, and the times of all rows."""

    def find_segments(
        self, deriving: Deriving, judging: Judging, rows: int
    ) -> Mapping[str, BoolArray]:
        """By segment, (rows,) which rows are in it."""

    def tally(
        self,
        deriving: Deriving,
        judging: Judging,
        plans: Sequence[ColumnPlan],
        order: RowOrder | None,
        parts: Mapping[str, RowOrder | None],
    ) -> Tally:
        """The counts of all rows, short of `finish`."""


def check_times(deriving: Deriving, times: TimeLog) -> None:
    """Raise UsageError for a column that needs times where there are none."""
    if deriving.needs_times and not times.known:
        raise UsageError("an age needs the time of each row; --timestamp names its column")


def changed() -> DataError:
    """The error for data that is not the same in every pass."""
    return DataError("the data changed while it was read; build the baseline again")
