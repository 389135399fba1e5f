"""CloudEvents as the SDK of their own project writes them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage
from cloudevents.core.bindings.http import to_binary as http_binary
from cloudevents.core.bindings.http import to_structured as http_structured
from cloudevents.core.bindings.kafka import KafkaMessage
from cloudevents.core.bindings.kafka import to_binary as kafka_binary
from cloudevents.core.bindings.kafka import to_structured as kafka_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from driftwatch.decode.events.kserve import read_kserve
from driftwatch.decode.events.message import EventPolicy, Message, Side, by_name
from tests.decode.events.serving_logs import BEGIN_US

BODY = {"instances": [{"amount": 12.5, "country": "été"}, {"amount": None, "country": "DE"}]}
TEXT = json.dumps(BODY, ensure_ascii=False).encode()
ATTRIBUTES = {
    "id": "7",
    "source": "http://localhost:9081/",
    "type": "org.kubeflow.serving.inference.request",
    "time": datetime(2026, 1, 1, tzinfo=UTC),
    "datacontenttype": "application/json",
    "inferenceservicename": "fraud",
    "endpoint": "canary",
    "metadata": '{"tenant": "a"}',
}


def as_message(sent: KafkaMessage | HTTPMessage) -> Message:
    texts = {n: v if isinstance(v, bytes) else v.encode() for n, v in sent.headers.items()}
    body = sent.value if isinstance(sent, KafkaMessage) else sent.body
    return Message(body, by_name(list(texts.items())))


@pytest.mark.parametrize("data", [BODY, TEXT], ids=["object", "bytes"])
@pytest.mark.parametrize("write", [kafka_binary, kafka_structured, http_binary, http_structured])
def test_an_event_is_read_as_it_was_sent(write: Any, data: Any) -> None:
    sent = write(CloudEvent(ATTRIBUTES, data), JSONFormat())
    side = read_kserve(as_message(sent), EventPolicy())
    assert isinstance(side, Side)
    assert side.side == "request"
    assert side.join_on == ("", "fraud", "", "canary", "7")
    assert side.time_us == BEGIN_US
    assert side.content.rows == BODY["instances"]
    assert (side.content.model, side.content.id) == ("fraud", "7")
    assert side.content.event["metadata"] == {"tenant": "a"}
