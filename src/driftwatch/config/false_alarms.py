"""How often the alarms may be false: `1 per 30d`, `1 per 1000h`, `1 per 100000 panes`."""

from dataclasses import dataclass
from typing import ClassVar

from driftwatch.budget import Budget, parse_budget
from driftwatch.config.problems import wrong
from driftwatch.config.shown import found, or_variable
from driftwatch.config.written import Written


@dataclass(frozen=True, slots=True)
class FalseAlarms(Written):
    """A budget as a setting."""

    PATTERN: ClassVar[str] = or_variable("^[0-9]+ +per +[0-9]+ *[a-z]+$")

    budget: Budget

    @classmethod
    def parse(cls, text: str) -> "FalseAlarms":
        """Raises ValueError for what is no budget."""
        return cls(parse_budget(text))

    def __str__(self) -> str:
        return self.budget.text

    @classmethod
    def validate(cls, value: object) -> "FalseAlarms":
        """What a setting becomes."""
        if isinstance(value, FalseAlarms):
            return value
        if not isinstance(value, str):
            text = "expected a budget like 1 per 30d or 1 per 100000 panes"
            raise wrong("false_alarms", f"{text}, found {found(value)}")
        try:
            return cls.parse(value)
        except ValueError as problem:
            raise wrong("false_alarms", str(problem)) from problem
