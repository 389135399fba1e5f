"""What every section of the configuration has in common: strict, frozen, and no unknown keys."""

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from driftwatch.config.problems import Broken

RULES = "rules"
"""The type of the error that carries broken rules to `explain`."""


class Section(BaseModel):
    """A mapping of the configuration file.

    A field's description is what the JSON Schema and the reference say of it.
    """

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        validate_default=False,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    def _broken(self) -> Iterator[Broken]:
        """The rules between keys of this section that it breaks."""
        yield from ()

    @model_validator(mode="after")
    def _keep_the_rules(self) -> Self:
        if broken := tuple(self._broken()):
            raise PydanticCustomError(RULES, "broken rules", {"broken": broken})
        return self
