"""Where to begin in a log of which nothing was read before: the `start` key of a source."""

from typing import Annotated, Literal

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from driftwatch.config.durations import PATTERN, Duration
from driftwatch.config.problems import wrong
from driftwatch.config.shown import did_you_mean, found

_WORDS = ("window", "earliest", "latest")


def _start(value: object) -> object:
    if isinstance(value, Duration) or (isinstance(value, str) and value in _WORDS):
        return str(value) if isinstance(value, str) else value
    near = did_you_mean(value, _WORDS)
    if near:
        text = f"expected window, earliest, latest or a duration like 6h, found {found(value)}"
        raise wrong("choice", text + near)
    return Duration.validate(value)


Start = Annotated[
    Literal["window", "earliest", "latest"] | Duration,
    PlainValidator(_start),
    PlainSerializer(str),
    WithJsonSchema({"anyOf": [{"enum": list(_WORDS)}, {"type": "string", "pattern": PATTERN}]}),
]
START_DESCRIPTION = (
    "Where to begin when nothing was read before: one longest window back (`window`), either end "
    "of the log (`earliest`, `latest`), or this long ago (`6h`)."
)
