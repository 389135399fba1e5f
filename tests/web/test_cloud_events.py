"""Events in each mode of the specification end in one form; what is none is refused and told why.

The examples are those of CloudEvents 1.0.2: its JSON format and its binding to HTTP.
"""

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.web.cloud_events import NotAnEventError, Posted, Reading, posted

EVENTS, RECORDS = Reading(), Reading(plain=True)
ATTRIBUTES = {
    "id": "1234-1234",
    "source": "/mycontext",
    "type": "com.example",
    "specversion": "1.0",
}
BINARY = [(f"ce-{name}".encode(), value.encode()) for name, value in ATTRIBUTES.items()]
NORMAL = {f"ce_{name}": value.encode() for name, value in ATTRIBUTES.items()}
JSON = (b"content-type", b"application/json")
BATCH = [(b"content-type", b"application/cloudevents-batch+json")]
STRUCTURED = [(b"content-type", b"application/cloudevents+json; charset=UTF-8")]


def envelope(**more: object) -> bytes:
    return json.dumps({**ATTRIBUTES, **more}).encode()


def one(headers: list[tuple[bytes, bytes]], body: bytes, reading: Reading = EVENTS) -> Posted:
    (event,) = posted(headers, body, reading)
    return event


def test_binary_mode_becomes_that_of_kafka() -> None:
    more = [(b"ce-inferenceservicename", b"fraud"), JSON, (b"host", b"x"), (b"accept", b"*/*")]
    event = one([*BINARY, *more], b'{"instances": [[NaN]]}')
    assert dict(event.headers) == NORMAL | {
        "ce_inferenceservicename": b"fraud",
        "content-type": b"application/json",
    }
    assert event.body == b'{"instances": [[NaN]]}'


def test_structured_mode_becomes_the_same() -> None:
    body = envelope(inferenceservicename="fraud", data={"instances": [[1.50, "x"]]})
    event = one(STRUCTURED, body)
    assert dict(event.headers) == NORMAL | {
        "ce_inferenceservicename": b"fraud",
        "content-type": b"application/json",
    }
    assert json.loads(event.body) == {"instances": [[1.5, "x"]]}


def test_numbers_of_the_data_keep_their_digits() -> None:
    attributes = envelope().removesuffix(b"}")
    body = attributes + b', "data": {"x":0.10000000000000000001}}'
    assert one(STRUCTURED, body).body == b'{"x":0.10000000000000000001}'


def test_a_batch_is_one_event_after_the_other() -> None:
    body = b"[" + envelope(id="a", data=1) + b"," + envelope(id="b", data=[2]) + b"]"
    events = posted(BATCH, body, EVENTS)
    assert [(dict(e.headers)["ce_id"], e.body) for e in events] == [(b"a", b"1"), (b"b", b"[2]")]


@pytest.mark.parametrize(
    ("more", "media", "body"),
    [
        ({"data_base64": base64.b64encode(b"\x00\xff").decode()}, b"application/json", b"\x00\xff"),
        ({"datacontenttype": "text/csv", "data": "1,2\n"}, b"text/csv", b"1,2\n"),
        ({"datacontenttype": "application/x+json", "data": "a"}, b"application/x+json", b'"a"'),
        ({"data": None}, b"application/json", b"null"),
        ({}, b"application/json", b""),
    ],
)
def test_data_is_what_its_type_says(more: dict[str, str], media: bytes, body: bytes) -> None:
    event = one(STRUCTURED, envelope(**more))
    assert (dict(event.headers)["content-type"], event.body) == (media, body)


def test_attributes_that_are_no_texts_become_such_and_null_is_none() -> None:
    event = one(STRUCTURED, envelope(sequence=7, sampled=True, subject=None, name="Zoë"))
    found = dict(event.headers)
    assert (found["ce_sequence"], found["ce_sampled"]) == (b"7", b"true")
    assert (found["ce_name"], "ce_subject" in found) == ("Zoë".encode(), False)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=20))
def test_a_header_is_decoded_as_the_binding_encodes_it(text: str) -> None:
    def encoded(character: str) -> str:
        plain = "!" <= character <= "~" and character not in '"%'
        return character if plain else "".join(f"%{byte:02X}" for byte in character.encode())

    value = "".join(map(encoded, text)).encode()
    event = one([*BINARY, (b"ce-subject", value)], b"{}")
    assert dict(event.headers)["ce_subject"].decode() == text


@pytest.mark.parametrize("missing", ATTRIBUTES)
def test_an_attribute_that_is_missing_is_named(missing: str) -> None:
    binary = [(name, value) for name, value in BINARY if name != f"ce-{missing}".encode()]
    body = json.dumps({k: v for k, v in ATTRIBUTES.items() if k != missing}).encode()
    for headers, sent in ((binary, b"{}"), (STRUCTURED, body), (BATCH, b"[" + body + b"]")):
        with pytest.raises(NotAnEventError, match=f"has no {missing}"):
            posted(headers, sent, RECORDS)


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ([], b"{}", "no CloudEvent"),
        ([JSON], b"{}", "no CloudEvent"),
        (STRUCTURED, b"{", "is no application/cloudevents"),
        (STRUCTURED, b"[]", "is no application/cloudevents"),
        (STRUCTURED, b'{"id": "\xff"}', "is no application/cloudevents|has no"),
        (BATCH, b"[]", "no event in the batch"),
        (STRUCTURED, envelope(data_base64="?"), "no base64"),
        (STRUCTURED, envelope(specversion="2.0"), "version 1.0 or 0.3"),
        ([*STRUCTURED, (b"content-encoding", b"gzip")], b"{}", "no gzip"),
        (
            [*STRUCTURED, (b"content-encoding", b"gzip")],
            gzip.compress(b"{}", mtime=0)[:-3],
            "no whole gzip",
        ),
    ],
)
def test_what_is_no_event_is_refused(
    headers: list[tuple[bytes, bytes]], body: bytes, words: str
) -> None:
    with pytest.raises(NotAnEventError, match=words) as refused:
        posted(headers, body, EVENTS)
    assert refused.value.status == 400


def test_a_packed_body_of_binary_mode_is_passed_on_with_what_says_so() -> None:
    packed = (b"content-encoding", b"gzip")
    event = one([*BINARY, JSON, packed], gzip.compress(b"{}", mtime=0))
    assert dict(event.headers)["content-encoding"] == b"gzip"
    assert gzip.decompress(event.body) == b"{}"


def test_a_packed_body_that_has_to_be_read_here_is_unpacked() -> None:
    packed = (b"content-encoding", b"gzip")
    assert one([*STRUCTURED, packed], gzip.compress(envelope(data=1))).body == b"1"
    event = one([*BINARY, JSON, packed], gzip.compress(b"{}", mtime=0), RECORDS)
    assert (event.body, "content-encoding" in dict(event.headers)) == (b"{}", False)
    assert one([JSON, packed], gzip.compress(b"{}", mtime=0), RECORDS).body == b"{}"


def test_what_unpacks_to_more_than_a_body_may_have_is_refused() -> None:
    bomb = gzip.compress(b"x" * 10_000_000, mtime=0)
    for headers in (STRUCTURED, [JSON]):
        with pytest.raises(NotAnEventError, match="larger than 1,048,576") as refused:
            posted([*headers, (b"content-encoding", b"gzip")], bomb, RECORDS)
        assert refused.value.status == 413


def test_another_packing_is_refused_as_such() -> None:
    with pytest.raises(NotAnEventError) as refused:
        posted([JSON, (b"content-encoding", b"br")], b"", RECORDS)
    assert refused.value.status == 415


def test_plain_records_come_one_a_body_or_one_a_line() -> None:
    pretty = b'{\n  "x": 1\n}\n'
    assert one([JSON], pretty, RECORDS).body == pretty
    lines = [(b"content-type", b"application/x-ndjson")]
    found = posted(lines, b'{"x": 1}\r\n\n{"x": 2}', RECORDS)
    assert [json.loads(event.body) for event in found] == [{"x": 1}, {"x": 2}]
    for headers in (lines, [JSON]):
        with pytest.raises(NotAnEventError, match="no record"):
            posted(headers, b" \n", RECORDS)
