"""Values that a configuration file holds as text: durations, addresses, budgets."""

from abc import abstractmethod
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class Written:
    """A value that is read from a text, and shown as one.

    PATTERN: what a JSON Schema says of the text.
    """

    __slots__ = ()
    PATTERN: ClassVar[str]

    @classmethod
    @abstractmethod
    def validate(cls, value: object) -> Self:
        """What a setting becomes. Raises the error that tells what would be right."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": cls.PATTERN}
