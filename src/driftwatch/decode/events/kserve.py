"""The `kserve` format: what KServe's inference logger sends, as CloudEvents.

A request and its response are two events of one id. The id of a V2 body is none to join on: it is
optional, and clients repeat it.
"""

from typing import Any

from driftwatch.decode.events.bodies import read_json
from driftwatch.decode.events.cloud_events import cloud_event
from driftwatch.decode.events.message import (
    EventPolicy,
    Message,
    Reading,
    Record,
    Side,
    SideName,
    UnreadableError,
    time_of,
)

_SIDES: dict[str, SideName] = {
    "org.kubeflow.serving.inference.request": "request",
    "org.kubeflow.serving.inference.response": "response",
}
_FEEDBACK = "org.kubeflow.serving.inference.feedback"
_JOIN_ON = ("namespace", "inferenceservicename", "component", "endpoint", "id")
_SAID = ("namespace", "component", "endpoint", "source")


def read_kserve(message: Message, policy: EventPolicy) -> Side | list[Record]:
    """See `message.Format`."""
    reading = policy.reading
    event = cloud_event(message, reading)
    attributes = event.attributes
    kind = attributes.get("type", "")
    if kind == _FEEDBACK:
        raise UnreadableError("feedback")
    if kind not in _SIDES or not attributes.get("id"):
        raise UnreadableError("unparsable")
    content = event.content(_SIDES[kind], reading)
    content.id = attributes["id"]
    content.model = attributes.get("inferenceservicename") or content.model
    content.event |= {name: attributes[name] for name in _SAID if name in attributes}
    if metadata := _metadata(attributes.get("metadata"), reading):
        content.event["metadata"] = metadata
    join_on = tuple(attributes.get(name, "") for name in _JOIN_ON)
    time_us = time_of(attributes.get("time"), message.time_us)
    return Side(_SIDES[kind], join_on, time_us, content)


def _metadata(text: str | None, reading: Reading) -> Any:
    """The headers of the request that the logger was told to pass on; None without, or damaged."""
    if text is None:
        return None
    try:
        return read_json(text.encode("utf-8", "replace"), reading)
    except UnreadableError:  # a bad value costs that value
        return None
