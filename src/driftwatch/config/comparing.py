"""What a model's traffic is compared with beside training: another version, a usual hour."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.shown import quoted
from driftwatch.config.values import Number, Switch, Version


class CompareSettings(Section):
    """One version against another one that is live at the same time."""

    version: Version = Field(
        description="The version that is compared, a canary for one.", examples=["8"]
    )
    against: Version = Field(
        description="The version that it is compared with, on whose baseline's bins.",
        examples=["7"],
    )
    shadow: Switch = Field(
        default=False,
        description=(
            "Both answer the same requests: their predictions are compared one by one, joined on "
            "`decode.correlation`."
        ),
    )
    disagreement: Annotated[Number, Field(ge=0, le=1)] = Field(
        default=0.001,
        description=(
            "Two numbers of a `shadow` pair disagree where they differ by more than this part of "
            "the larger one, and of 1 at least."
        ),
    )

    def _broken(self) -> Iterator[Broken]:
        if self.version == self.against:
            text = f"version {quoted(self.version)} can't be compared with itself"
            yield Broken("version_with_itself", ("against",), text)


class VolumeSettings(Section):
    """How many records are too few or too many, beside the same hours of the week in training."""

    low: Annotated[Number, Field(gt=0, lt=1)] = Field(
        default=0.5, description="An alarm below this part of the usual number of records."
    )
    high: Annotated[Number, Field(gt=1, le=1000)] = Field(
        default=2.0, description="An alarm above this many times the usual number of records."
    )
