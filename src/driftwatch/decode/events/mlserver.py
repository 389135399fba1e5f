"""The `mlserver` format: what MLServer writes to Kafka, and Seldon Core v2 with it.

Requests and responses stand in topics of their own, as bodies of the V2 protocol; the key is the
request's id and the headers name the model.
"""

from driftwatch.decode.events.bodies import read_body
from driftwatch.decode.events.message import (
    EventPolicy,
    Message,
    Record,
    Side,
    SideName,
    UnreadableError,
)
from driftwatch.decode.events.packed import unpacked


def read_mlserver(message: Message, policy: EventPolicy) -> Side | list[Record]:
    """See `message.Format`."""
    sides: dict[str, SideName] = {
        policy.topics.requests: "request",
        policy.topics.responses: "response",
    }
    if message.topic not in sides:
        raise UnreadableError("unparsable")
    side = sides[message.topic]
    headers = message.headers
    body = unpacked(message.value, policy.reading.max_bytes)
    content, _ = read_body(side, body, headers, policy.reading)
    if message.key:
        content.id = message.key.decode("utf-8", "replace")
    if content.id is None:
        raise UnreadableError("unmatched")  # nothing to find its other half by
    content.model = headers.get("mlserver-model") or content.model
    content.model_version = headers.get("mlserver-version") or content.model_version
    if method := headers.get("mlserver-method"):
        content.event["method"] = method
    return Side(side, (content.model or "", content.id), message.time_us, content)
