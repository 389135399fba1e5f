"""How often the alarms may be false: `1 per 30d`, `1 per 1000h`, `1 per 100000 panes`."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from driftwatch.budget import Budget, parse_budget
from driftwatch.config.problems import wrong
from driftwatch.config.shown import found, or_variable


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """The budget, and how it was written."""

    budget: Budget
    text: str

    @classmethod
    def parse(cls, text: str) -> "FalseAlarms":
        """Raises ValueError for what is no budget."""
        return cls(parse_budget(text), text)

    def __str__(self) -> str:
        return self.text

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

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": or_variable("^[0-9]+ +per +[0-9]+ *[a-z]+$")}
