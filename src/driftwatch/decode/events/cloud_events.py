"""CloudEvents 1.0: what an event says of itself, and its body.

In binary mode the attributes are headers and the value is the body. In structured mode the value is
a JSON object of the attributes, with the body in `data` (JSON, or text that is JSON) or
`data_base64`. Over HTTP the headers are called `Ce-Id`, in Kafka `ce_id`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from driftwatch.decode.events.bodies import content_of, read_body, read_json
from driftwatch.decode.events.message import (
    Content,
    Message,
    Reading,
    SideName,
    UnreadableError,
    text_of,
)
from driftwatch.decode.events.packed import from_base64, unpacked

STRUCTURED = "application/cloudevents+json"


class CloudEvent(NamedTuple):
    """attributes: by name, as texts. body: bytes, or what JSON has been read already."""

    attributes: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]

    def content(self, side: SideName, reading: Reading) -> Content:
        """What the body holds. Raises UnreadableError."""
        if not isinstance(self.body, bytes):
            return content_of(side, self.body, reading)
        body = unpacked(self.body, reading.max_bytes)
        return read_body(side, body, self.headers, reading)[0]


def cloud_event(message: Message, reading: Reading) -> CloudEvent:
    """The event that a message is. Raises UnreadableError."""
    if "ce_type" in message.headers or "ce_id" in message.headers:
        attributes = {
            name[3:]: value for name, value in message.headers.items() if name.startswith("ce_")
        }
        return CloudEvent(attributes, message.value, message.headers)
    found = read_json(unpacked(message.value, reading.max_bytes), reading)
    if not isinstance(found, dict) or "specversion" not in found:
        raise UnreadableError("unparsable")
    texts = {name.lower(): text_of(value) for name, value in found.items()}
    attributes = {name: text for name, text in texts.items() if text is not None}
    headers = {"content-type": attributes.get("datacontenttype", "application/json")}
    if "data_base64" in found:
        return CloudEvent(attributes, from_base64(found["data_base64"]), headers)
    data = found.get("data")
    if isinstance(data, str):
        return CloudEvent(attributes, data.encode("utf-8", "surrogatepass"), headers)
    return CloudEvent(attributes, data, headers)
