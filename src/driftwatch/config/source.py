"""Where records come from: the `source` section."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import ConfigDict, Field

from driftwatch.config.kafka import KafkaSource
from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.sizes import Size
from driftwatch.config.start import START_DESCRIPTION, Start
from driftwatch.config.values import FilePath, Name, OneOrMany

__all__ = ["FilesSource", "HttpSource", "KafkaSource", "SourceSettings", "StdinSource"]


class FilesSource(Section):
    """Files of one record a line that grow and rotate."""

    path: OneOrMany[FilePath] = Field(
        description="A folder or a file; or a list of them.",
        examples=["/var/log/fraud"],
    )
    pattern: OneOrMany[Name] = Field(
        default=("*.jsonl", "*.ndjson", "*.json", "*.log"),
        description="Which files of a folder are read, by their names.",
    )
    start: Start = Field(default="window", description=START_DESCRIPTION)


class StdinSource(Section):
    """Standard input, one record a line. It can't be read twice."""


class HttpSource(Section):
    """CloudEvents, or records in JSON, that are posted to `/v1/events` on `http.listen`."""

    spool: FilePath = Field(
        description=(
            "Folder where events wait until they are counted; made where it is missing. One "
            "process at a time, on a disk that lasts as long as `state.path`."
        ),
        examples=["/var/lib/driftwatch/spool"],
    )
    max_spool_bytes: Annotated[Size, Field(ge=1 << 20, le=1 << 40)] = Field(
        default=256 << 20,
        description=(
            "Room for them, from 1MiB up; where it is full, senders are told to try again (429)."
        ),
        examples=["256MiB"],
    )


class SourceSettings(Section):
    """Where records come from: one of these."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    kafka: KafkaSource | None = Field(default=None, description="Topics of a Kafka cluster.")
    files: FilesSource | None = Field(default=None, description="Files that grow and rotate.")
    stdin: StdinSource | None = Field(
        default=None, description="Standard input; write `stdin: {}`."
    )
    http: HttpSource | None = Field(
        default=None, description="Events that are posted to this process."
    )

    def _broken(self) -> Iterator[Broken]:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            found_text = " and ".join(given) or "none"
            text = f"expected exactly one of kafka, files, stdin and http, found {found_text}"
            yield Broken("one_source", (), text)
