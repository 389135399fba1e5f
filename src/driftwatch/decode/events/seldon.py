"""The `seldon` format: what Seldon Core (v1) logs of each model of a graph.

Headers tell everything but the values: `type`, `requestid`, `modelid`. A graph answers one request
by several models, so both ids are needed to tell a pair.
"""

from collections.abc import Mapping

from driftwatch.decode.events.bodies import read_body
from driftwatch.decode.events.message import (
    EventPolicy,
    Message,
    Record,
    Side,
    SideName,
    UnreadableError,
    time_of,
)
from driftwatch.decode.events.packed import unpacked

_SIDES: dict[str, SideName] = {
    "io.seldon.serving.inference.request": "request",
    "io.seldon.serving.inference.response": "response",
}
_FEEDBACK = "io.seldon.serving.feedback", "io.seldon.serving.inference.feedback"
_SAID = ("inferenceservicename", "namespace", "endpoint", "protocol", "modelid")


def read_seldon(message: Message, policy: EventPolicy) -> Side | list[Record]:
    """See `message.Format`."""
    headers = message.headers
    said = {name: _said(headers, name) for name in (*_SAID, "type", "requestid", "time")}
    kind = said["type"]
    if kind in _FEEDBACK:
        raise UnreadableError("feedback")
    if kind not in _SIDES or not said["requestid"]:
        raise UnreadableError("unparsable")
    body = unpacked(message.value, policy.reading.max_bytes)
    content, _ = read_body(_SIDES[kind], body, headers, policy.reading)
    content.id = said["requestid"]
    content.model = said["modelid"] or said["inferenceservicename"] or content.model
    content.event |= {name: said[name] for name in _SAID if said[name]}
    join_on = (said["requestid"], said["modelid"])
    return Side(_SIDES[kind], join_on, time_of(said["time"], message.time_us), content)


def _said(headers: Mapping[str, str], name: str) -> str:
    """A header as Kafka has it, or as a CloudEvent does; empty without."""
    return headers.get(name) or headers.get(f"ce_{name}") or ""
