"""What a baseline says of the columns that it derives; kept in the artifact."""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from driftwatch.conditions import ColumnKind, Condition, parse_condition
from driftwatch.conditions.stored import StoredCondition
from driftwatch.records import ABSENT, WRONG_TYPE, IntArray
from driftwatch.sketch.layout import Kind, Role

CONDITION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a condition may be called: it becomes a label's value and a part of a column's name."""


class Part(BaseModel):
    """A part of the artifact: frozen and strict."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class NamedCondition(Part):
    """A condition that every record is asked, by a name.

    role: `segment` for records that are watched on their own, `rate` for a share that is watched,
        `contract` for what every record must meet. text: SQL (see `driftwatch.conditions`).
    read: what the text was read as; None where nobody has read it yet.
    """

    name: str
    role: Literal["segment", "rate", "contract"]
    text: str
    read: StoredCondition | None = None

    @property
    def column(self) -> str:
        """What the column is called that says whether it holds."""
        return f"{self.role}.{self.name}"

    def condition(self, kinds: Mapping[str, ColumnKind]) -> Condition:
        """What to ask the columns in `kinds`; the text is parsed only where it has to be.

        Raises ConditionError.
        """
        known = None if self.read is None else self.read.condition(self.text, kinds)
        return parse_condition(self.text, kinds) if known is None else known

    def bound(self, kinds: Mapping[str, ColumnKind]) -> Self:
        """The same with what its text is read as, so that it need not be parsed again.

        Raises ConditionError.
        """
        condition = self.condition(kinds)
        return self.model_copy(update={"read": StoredCondition.of(condition, kinds)})


class Derivation(Part):
    """Columns made of one leaf, which is not monitored itself.

    source: where it stands, like the name of a column of `source_role`.
    """

    source: str
    source_role: Role = "feature"

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that it makes."""

    @property
    def needs_times(self) -> bool:
        """Whether the time of a record matters."""
        return False

    @property
    @abstractmethod
    def kinds(self) -> tuple[Kind, ...]:
        """What each of them holds: numbers, or words."""

    @abstractmethod
    def compute(self, values: Sequence[Any], event_times_us: IntArray) -> Sequence[Sequence[Any]]:
        """One sequence of n cells a column, of n values as JSON has them.

        A cell is a float or a text; None, ABSENT or WRONG_TYPE (`driftwatch.records`) where the
        value is null, absent or no such value.
        """


def blank(value: Any) -> Any:
    """The cell of a value of which none can be made.

    >>> blank(None), blank(ABSENT) is ABSENT, blank("no vector") is WRONG_TYPE
    (None, True, True)
    """
    return value if value is None or value is ABSENT else WRONG_TYPE
