"""Decoding what model servers log: the same counts as `json`, and a fate for every entry."""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.composer import Composed, RecordPolicy
from driftwatch.decode.event_records import FORMATS, EventDecoder, EventFormat, record_policy
from driftwatch.decode.events.message import EventPolicy, Message, Reading
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.records import (
    Batch,
    Half,
    ModelVersion,
    Partition,
    RawBatch,
    Rows,
    Status,
    StatusArray,
)
from tests.decode.baselines import baseline_of, by_route
from tests.decode.events.serving_logs import LOGS, batch_of, serving_log
from tests.decode.events.writers import KIND, TIMES, WRITERS, Row, json_records, sagemaker_csv
from tests.decode.records import NASTY, numbers, scalars

FEATURES = ("amount", "country", "flag")
BASELINE = baseline_of(
    {
        "amount": [float(i) for i in range(40)],
        "country": ["DE", "FR", "3", "été"] * 10,
        "flag": [True, False] * 20,
        "score": [i / 40 for i in range(40)],
        "label": ["yes", "no"] * 20,
    },
    predictions=("score", "label"),
)
POLICY = EventPolicy(Reading(FEATURES, ("score", "label")))
Served = list[tuple[list[Row], list[Row]]]
"""Features and predictions of the instances of some requests."""
FRAUD = record_policy(const_model="fraud", const_version="1")


def decoder_of(
    format_name: str,
    records: RecordPolicy = FRAUD,
    *baselines: Baseline,
    events: EventPolicy = POLICY,
) -> EventDecoder:
    known = by_route(*baselines or (BASELINE,))
    return EventDecoder(format_name, events, records, known)  # type: ignore[arg-type]


def decoded(
    decoder: EventDecoder, messages: Sequence[Message]
) -> tuple[Batch | None, Composed, list[Batch]]:
    """(the last batch, what all its pairs became, all batches), a batch a topic."""
    topics = dict.fromkeys(message.topic for message in messages)
    batches = [decoder.decode(batch_of([m for m in messages if m.topic == t])) for t in topics]
    return batches[-1] if batches else None, decoder.join(pairs_of(batches)), batches


def pairs_of(batches: Sequence[Batch]) -> list[tuple[Half, Half]]:
    halves = [half for batch in batches for half in batch.halves]
    asked = {half.join_key: half for half in halves if half.side == "request"}
    return [(asked[h.join_key], h) for h in halves if h.side == "response" and h.join_key in asked]


@st.composite
def requests(draw: st.DrawFn) -> Served:
    """Some requests of a few instances each, every column there, whatever stands in it."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        size = draw(st.integers(1, 3))
        features: list[Row] = [{name: draw(scalars) for name in FEATURES} for _ in range(size)]
        predictions: list[Row] = [
            {"score": draw(numbers), "label": draw(scalars)} for _ in range(size)
        ]
        found.append((features, predictions))
    return found


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25)
@given(served=requests())
def test_every_format_counts_as_json_does(name: str, served: Served) -> None:
    format_name, write = WRITERS[name]

    values, messages = [], []
    for number, (features, predictions) in enumerate(served):
        values += json_records(TIMES[number], features, predictions)
        messages += write(number, TIMES[number], features, predictions)
    plain = RecordPolicy(
        timestamp="ts",
        timestamp_unit="us",
        const_model="fraud",
        const_version="1",
        features="features",
        others="out",
    )
    decoder = JsonDecoder(plain, by_route(BASELINE))
    batch = decoder.decode(
        RawBatch(Partition("log", 0), values, np.arange(len(values)), len(values))
    )
    _, joined, batches = decoded(decoder_of(format_name), messages)
    rows = joined.rows or batches[0].rows
    assert [b.rejected for b in batches] == [()] * len(batches)
    assert joined.rejected == []
    assert_same_counts(rows, batch.rows)


def assert_same_counts(found: Sequence[Rows], expected: Sequence[Rows]) -> None:
    (ours,), (theirs,) = found, expected
    assert ours.route == theirs.route
    np.testing.assert_array_equal(ours.event_times_us, theirs.event_times_us)
    np.testing.assert_array_equal(ours.numeric, theirs.numeric)
    np.testing.assert_array_equal(ours.cells, theirs.cells)
    np.testing.assert_array_equal(missing_of(ours), missing_of(theirs))
    assert ours.new_values == theirs.new_values


def missing_of(rows: Rows) -> StatusArray:
    return np.zeros(rows.numeric.shape, np.uint8) if rows.missing is None else rows.missing


def test_csv_counts_as_json_does() -> None:
    features: list[Row] = [
        {"amount": 12.5, "country": "DE", "flag": None},
        {"amount": -3, "country": 3, "flag": "x"},
    ]
    predictions = [{"score": 0.25, "label": "yes"}, {"score": 1e-9, "label": "never"}]
    messages = sagemaker_csv(1, TIMES[0], features, predictions)
    batch = decoder_of("sagemaker").decode(batch_of(messages))
    plain = RecordPolicy("ts", "us", None, "fraud", None, "1", "features", others="out")
    values = json_records(TIMES[0], features, predictions)
    raw = RawBatch(Partition("log", 0), values, np.arange(2), 2)
    assert_same_counts(batch.rows, JsonDecoder(plain, by_route(BASELINE)).decode(raw).rows)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_comes_every_entry_has_one_fate(name: EventFormat, data: st.DataObject) -> None:
    messages = [message for log in LOGS for message in serving_log(log).entries]
    changed = [data.draw(_changed(st.sampled_from(messages))) for _ in range(6)]
    decoder = decoder_of(name, record_policy())
    _, joined, batches = decoded(decoder, changed)
    for batch in batches:
        counted = {p for rows in batch.rows for p in rows.position.tolist()}
        rejected = [position for position, _ in batch.rejected]
        halves = [half.position for half in batch.halves]
        assert sorted([*counted, *rejected, *halves]) == list(range(batch.size))
    counted = {p for rows in joined.rows for p in rows.position.tolist()}
    rejected = [position for position, _ in joined.rejected]
    assert sorted([*counted, *rejected]) == list(range(len(pairs_of(batches))))


@st.composite
def _changed(draw: st.DrawFn, messages: st.SearchStrategy[Message]) -> Message:
    """An entry of some format, or what damage may make of it."""
    message = draw(messages)
    value, headers = message.value, dict(message.headers)
    change = draw(
        st.sampled_from(("none", "value", "byte", "nasty", "header", "drop", "key", "cut"))
    )
    if change == "value":
        tokens = re.split(rb"([\[\],:{}])", value)
        at = draw(st.integers(0, len(tokens) - 1))
        new = draw(
            st.sampled_from((b"null", b"1e400", b"[]", b"{}", b"true", b'"x"', b"-1", b"NaN"))
        )
        value = b"".join([*tokens[:at], new, *tokens[at + 1 :]])
    elif change == "byte":
        at = draw(st.integers(0, len(value) - 1))
        value = value[:at] + draw(st.binary(min_size=1, max_size=2)) + value[at + 1 :]
    elif change == "cut":
        value = value[: draw(st.integers(0, len(value)))]
    elif change == "nasty":
        value = draw(st.sampled_from([v for v in NASTY if v is not None]))
    elif change == "header" and headers:
        headers[draw(st.sampled_from(sorted(headers)))] = draw(st.text(max_size=8))
    elif change == "drop" and headers:
        del headers[draw(st.sampled_from(sorted(headers)))]
    elif change == "key":
        message = message._replace(key=draw(st.none() | st.binary(max_size=4)))
    return message._replace(value=value, headers=headers)


def request_of(rows: int, **headers: str) -> Message:
    body = json.dumps({"instances": [{"amount": 1.0}] * rows}).encode()
    return Message(body, {**KSERVE, "ce_type": f"{KIND}request", **headers}, None, "log", TIMES[0])


def response_of(rows: int, **headers: str) -> Message:
    body = json.dumps({"predictions": [{"score": 0.5}] * rows}).encode()
    return Message(body, {**KSERVE, "ce_type": f"{KIND}response", **headers}, None, "log", TIMES[1])


KSERVE = {"ce_id": "7", "ce_inferenceservicename": "fraud"}


def test_a_pair_is_counted_at_the_time_of_its_response_once_for_each_instance() -> None:
    _, joined, _ = decoded(decoder_of("kserve"), [response_of(3), request_of(3)])
    (rows,) = joined.rows
    assert rows.position.tolist() == [0, 0, 0]
    assert rows.event_times_us.tolist() == [TIMES[1]] * 3
    assert joined.rejected == []


def test_the_events_own_time_counts_before_the_brokers() -> None:
    late = request_of(1, ce_time="2026-01-01T00:00:30.5Z")
    odd = request_of(1, ce_time="yesterday")
    first, second = decoder_of("kserve").decode(batch_of([late, odd])).halves
    assert first.time_us == TIMES[30] + 500_000
    assert second.time_us == TIMES[0]


def test_an_event_without_any_time_is_rejected() -> None:
    raw = replace(batch_of([request_of(1)]), broker_times_us=None)
    assert decoder_of("kserve").decode(raw).rejected == ((0, "missing_time"),)


def test_a_batch_of_instances_of_an_unknown_version_is_rejected_once() -> None:
    decoder = decoder_of("kserve", record_policy(const_version="9"))
    _, joined, _ = decoded(decoder, [request_of(5), response_of(5)])
    assert joined.rejected == [(0, "unknown_version")]
    assert joined.unrouted == {"fraud": 5}


def test_without_a_constant_the_inference_service_is_the_model() -> None:
    known, strange = {"ce_inferenceservicename": "fraud"}, {"ce_inferenceservicename": "churn"}
    messages = [
        *(request_of(1, **known), response_of(1, **known)),
        *(request_of(1, ce_id="8", **strange), response_of(1, ce_id="8", **strange)),
    ]
    _, joined, _ = decoded(decoder_of("kserve", record_policy()), messages)
    (rows,) = joined.rows
    assert rows.route == ModelVersion("fraud", "1")
    assert joined.rejected == [(1, "unknown_model")]


def test_events_of_another_endpoint_or_component_are_no_pair() -> None:
    for name in ("ce_endpoint", "ce_component", "ce_namespace"):
        batch = decoder_of("kserve").decode(
            batch_of([request_of(1, **{name: "a"}), response_of(1, **{name: "b"})])
        )
        assert len({half.join_key for half in batch.halves}) == 2


def test_an_attribute_may_say_the_version_and_be_a_column_of_its_own() -> None:
    baseline = baseline_of(
        {"amount": [1.0, 2.0] * 10, "latency_ms": [5.0, 7.0] * 10, "score": [0.5, 1.0] * 10},
        version="canary",
        predictions=("score",),
        serving=("latency_ms",),
    )
    records = record_policy(model_version="endpoint", serving={"latency_ms": "latency_ms"})
    decoder = decoder_of("kserve", records, baseline)
    said = {"ce_endpoint": "canary"}
    _, joined, _ = decoded(decoder, [request_of(1, **said), response_of(1, **said)])
    (rows,) = joined.rows
    assert rows.route == ModelVersion("fraud", "canary")
    at = [column.name for column in baseline.layout().columns].index("latency_ms")
    assert rows.numeric[at].tolist() == [(TIMES[1] - TIMES[0]) / 1_000]


def test_both_halves_carry_the_key_that_answers_of_several_versions_share() -> None:
    decoder = decoder_of("kserve", replace(FRAUD, correlation="id"))
    _, joined, _ = decoded(decoder, [request_of(2), response_of(2)])
    assert list(joined.rows[0].keys or ()) == ["7", "7"]


def test_unknown_columns_of_a_pair_are_told_with_the_next_batch() -> None:
    decoder = decoder_of("kserve")
    request = request_of(1)._replace(value=b'{"instances": [{"amount": 1, "colour": "red"}]}')
    first = decoder.decode(batch_of([request, response_of(1)]))
    assert first.unknown_columns == ()
    decoder.join(pairs_of([first]))
    empty = batch_of([request])
    assert decoder.decode(empty).unknown_columns == ("colour",)
    assert decoder.decode(empty).unknown_columns == ()


BOMB = gzip.compress(b"[" + b" " * (1 << 22) + b"]")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (BOMB, "too_large"),
        (BOMB + BOMB, "too_large"),
        (gzip.compress(b'{"instances":[1]}')[:-3], "bad_encoding"),
        (gzip.compress(b"{}") + b"rest", "bad_encoding"),
        (b'{"instances":[' + b"1," * 5_000 + b"1]}", "too_large"),
        (b'{"instances":[' + b"1," * (1 << 20) + b"1]}", "too_large"),
        (b'{"instances":' + b"[" * 401 + b"]" * 401 + b"}", "unparsable"),
        (b'{"instances":[[1,2]]}', "shape_mismatch"),
        (b'{"instances":[]}', "unparsable"),
        (b'{"instances":["\xff"]}', "not_utf8"),
        (b'{"inputs":[{"name":"x","shape":[0],"datatype":"FP32","data":[]}]}', "unparsable"),
        (b'{"inputs":[{"name":"x","shape":[2,0],"datatype":"FP32","data":[]}]}', "unparsable"),
        (b'{"inputs":[{"name":"x","shape":[0],"datatype":"FP32","data":[1]}]}', "shape_mismatch"),
        (b'{"inputs":[{"name":"x","shape":[-1],"datatype":"FP32","data":[1]}]}', "shape_mismatch"),
        (b'{"inputs":[{"name":"x","shape":[99999999,99999999],"data":[1]}]}', "shape_mismatch"),
        (
            b'{"inputs":[{"name":"x","shape":[1],"parameters":{"binary_data_size":4}}]}\1\2\3\4',
            "binary_tensor",
        ),
    ],
    ids=range(16),
)
def test_a_body_that_can_t_be_read_is_rejected_for_its_reason(value: bytes, reason: str) -> None:
    message = request_of(1)._replace(value=value)
    decoder = decoder_of("kserve", events=EventPolicy(Reading(FEATURES)))
    assert decoder.decode(batch_of([message])).rejected == ((0, reason),)


def test_the_time_of_an_entry_can_be_told_without_its_neighbours() -> None:
    log = serving_log("sagemaker")
    decoder = decoder_of("sagemaker", events=log.policy)
    assert decoder.event_time(log.entries[0].value) == TIMES[1]
    assert decoder.event_time(b"{}") is None


def test_a_value_that_can_t_be_read_costs_that_value_only() -> None:
    request = request_of(1)._replace(value=b'{"instances": [[{"a": 1}, "DE", [1]]]}')
    _, joined, _ = decoded(decoder_of("kserve"), [request, response_of(1)])
    (rows,) = joined.rows
    names = [column.name for column in BASELINE.layout().columns]
    assert rows.missing is not None
    numeric = [names[i] for i in BASELINE.layout().numeric]
    assert rows.missing[numeric.index("amount")].tolist() == [Status.WRONG_TYPE]
    assert rows.missing[numeric.index("score")].tolist() == [Status.VALUE]


def test_a_plain_list_is_an_instance_each_or_several_values_of_a_single_one() -> None:
    both = [{"amount": 1.0, "country": "DE", "flag": None}] * 2
    answers: list[Row] = [{"score": 0.25, "label": "yes"}]
    (single,) = sagemaker_csv(1, TIMES[0], both[:1], answers)
    (rows,) = decoder_of("sagemaker").decode(batch_of([single])).rows
    assert rows.numeric[-1].tolist() == [0.25]
    (several,) = sagemaker_csv(1, TIMES[0], both, [{"first": 0.25, "second": 0.75}])
    one_name = EventPolicy(Reading(FEATURES, ("score",)))
    (rows,) = decoder_of("sagemaker", events=one_name).decode(batch_of([several])).rows
    assert rows.numeric[-1].tolist() == [0.25, 0.75]
