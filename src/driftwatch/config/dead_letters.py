"""Where records go that were not counted: the `dead_letters` section."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.sizes import Size
from driftwatch.config.values import FilePath, Listed, Topic


class DeadLetterTopic(Section):
    """A topic of the cluster that `source.kafka` reads, with the same login."""

    topic: Topic = Field(
        description="The topic; it must exist. Whoever may read it sees raw records.",
        examples=["fraud-log-rejected"],
    )


class DeadLetterSettings(Section):
    """Where records go that were not counted, as they came: one of `kafka` and `folder`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["kafka"]}, {"required": ["folder"]}]}
    )

    kafka: DeadLetterTopic | None = Field(
        default=None,
        description="A topic. Only with a Kafka source.",
        examples=[{"topic": "fraud-log-rejected"}],
    )
    folder: FilePath | None = Field(
        default=None,
        description=(
            "Folder of JSON Lines, made where it is missing and readable by its owner alone."
        ),
        examples=["/var/lib/driftwatch/rejected"],
    )
    include: Listed[Literal["rejected", "unrouted", "late"]] = Field(
        default=("rejected",),
        description="Which records: `rejected`, `unrouted` (of an unknown model), `late`.",
        examples=[["rejected", "unrouted"]],
    )
    max_bytes: Annotated[Size, Field(ge=1 << 20, le=1 << 40)] = Field(
        default=100 << 20,
        description=(
            "Most bytes in `folder`, from 1MiB to 1024GiB; the oldest file goes first. A topic has "
            "its own retention."
        ),
        examples=["100MiB"],
    )
    max_value_bytes: Annotated[Size, Field(ge=1, le=1 << 26)] = Field(
        default=900 << 10,
        description=(
            "Larger records are cut to this, up to 64MiB. A topic takes 1MiB by default, with key "
            "and headers."
        ),
        examples=["900KiB"],
    )

    def _broken(self) -> Iterator[Broken]:
        if (self.kafka is None) == (self.folder is None):
            given = "neither" if self.kafka is None else "both"
            text = f"expected either kafka: {{topic: NAME}} or folder: FOLDER, found {given}"
            yield Broken("one_dead_letters", (), text)
