"""Every record is decoded as a slow reader of the documentation would, whatever way it takes."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode import json_records
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import MAX_UNKNOWN_COLUMNS, JsonDecoder
from driftwatch.records import Batch, ModelVersion, RawBatch, Status
from tests.decode.baselines import baseline_of, by_route
from tests.decode.records import NASTY, as_json, encoded, numbers, scalars, texts, values_under
from tests.decode.reference import ABSENT, LOG, NAN, NULL, WRONG, Fate, Reference, fates, raw

NUMBERS = [0.5, 1.5, 2.5]
WORDS = ["3", "DE", "FR"]

# The same names as columns of other kinds: numbers, words and booleans meet at every path.
BASELINES = by_route(
    baseline_of(
        {
            "amount": NUMBERS,
            "country": WORDS,
            "flag": [True, False, True],
            "user.age": NUMBERS,
            "price": NUMBERS,
            "price.1": NUMBERS,
            "v.0": NUMBERS,
            "v.1": NUMBERS,
            "score": NUMBERS,
            "probs.0": NUMBERS,
            "truth": WORDS,
        },
        predictions=("score", "probs.*"),
        labels=("truth",),
    ),
    baseline_of({"amount": WORDS, "country": NUMBERS, "flag": NUMBERS, "user": WORDS}, version="2"),
    baseline_of(
        {"amount": [True, False, True], "price": WORDS, "ts": NUMBERS, "version": NUMBERS},
        model="churn",
        version="7",
    ),
)
FEATURES = RecordPolicy(
    timestamp="ts",
    model="meta.model",
    model_version="meta.version",
    features="features",
    predictions={"score": "out.score", "probs": "out.probs"},
    labels={"truth": "truth"},
    ignored=frozenset({"request_id"}),
    max_nesting=60,
    max_value_bytes=4000,
)
FLAT = replace(FEATURES, features=".", model="model", model_version="version")
ODD_NAMES = by_route(
    baseline_of({'q"z': NUMBERS, "a\\b": WORDS, "ä": NUMBERS, " ": WORDS, "a.b.c": NUMBERS}),
)
ODD = RecordPolicy(const_model="fraud", max_nesting=60, max_value_bytes=4000)
ODD_KEYS = ('q"z', "a\\b", "ä", "", " ", "a", "b", "b.c", "c", "a.b", "a.b.c", "f0", "\ud800", "\n")

KEYS = ("age", "0", "1", "score", "probs", "amount", "x.y", "price.1")
FEATURE_KEYS = (
    *("amount", "country", "flag", "user", "user.age", "price", "price.1", "v", "v.0", "v.1"),
    *("request_id", "ts", "version", "zz", "user.zip", 'z"z', ""),
)
times = st.sampled_from((1.7e9, 1700000000123, "2023-11-14T22:13:20Z", "20231114T2213", 1e18))
features = st.dictionaries(st.sampled_from(FEATURE_KEYS), values_under(KEYS), max_size=6)
meta = {
    "model": st.sampled_from(("fraud", "fraud", "churn", "none")) | scalars,
    "version": st.sampled_from(("1", 1, 1.0, "2", 2, "7", 7, 9)) | scalars,
}
rest: Mapping[str, st.SearchStrategy[Any]] = {
    "ts": times | scalars,
    "out": values_under(KEYS),
    "truth": scalars,
}


@st.composite
def nested_records(draw: st.DrawFn) -> dict[str, Any]:
    """Records for FEATURES: most of what it wants, in its place."""
    parts: dict[str, st.SearchStrategy[Any]] = {
        **rest,
        "features": features | features | values_under(KEYS),
        "meta": st.fixed_dictionaries({}, optional=meta) | st.none() | scalars,
    }
    record: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=parts))
    return record


@st.composite
def flat_records(draw: st.DrawFn) -> dict[str, Any]:
    """Records for FLAT."""
    return {**draw(features), **draw(st.fixed_dictionaries({}, optional={**rest, **meta}))}


def odd_records() -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(ODD_KEYS), values_under(ODD_KEYS), max_size=5)


Case = tuple[RecordPolicy, Mapping[ModelVersion, Baseline], st.SearchStrategy[Any]]
CASES: Mapping[str, Case] = {
    "nested": (FEATURES, BASELINES, nested_records()),
    "flat": (FLAT, BASELINES, flat_records()),
    "odd names": (ODD, ODD_NAMES, odd_records()),
}
BROKER_US = 1_700_000_000_000_000
FALLBACKS = {"churn": "7"}


WAYS = ("compiled", "structs", "slow")
"""How a record may be read; each of them must come to the same."""


def decoder_of(name: str, way: str = "compiled") -> JsonDecoder:
    policy, baselines, _ = CASES[name]
    decoder = JsonDecoder(policy, baselines, FALLBACKS)
    if way != "compiled":
        decoder._compiled = decoder._native = None
    if way == "slow":
        decoder._decode = json_records._refuse
        decoder._build = lambda: None  # type: ignore[method-assign]  # it stays so
    return decoder


def drawn(data: st.DataObject, name: str) -> list[bytes | None]:
    one = encoded(CASES[name][2]) | st.integers(0, len(NASTY) - 1).map(NASTY.__getitem__)
    return data.draw(st.lists(one, max_size=6))


def broker_times(data: st.DataObject, count: int) -> list[int] | None:
    if data.draw(st.booleans()):
        return None
    return [data.draw(st.sampled_from((BROKER_US, BROKER_US + 1, -1, 2**62))) for _ in range(count)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
@settings(max_examples=120)
def test_a_record_becomes_what_a_slow_reader_makes_of_it(
    name: str, way: str, data: st.DataObject
) -> None:
    policy, baselines, _ = CASES[name]
    values = drawn(data, name)
    broker = broker_times(data, len(values))
    decoder = decoder_of(name, way)
    reference = Reference(policy, baselines, FALLBACKS)
    expected = [
        reference.fate(value, None if broker is None else broker[i])
        for i, value in enumerate(values)
    ]
    assert fates(decoder.decode(raw(values, broker)), baselines) == expected
    # Once it has learned the names of unknown columns, nothing else has changed.
    assert fates(decoder.decode(raw(values, broker)), baselines) == expected


@pytest.mark.parametrize("name", CASES)
def test_the_nastiest_values_become_what_a_slow_reader_makes_of_them(name: str) -> None:
    policy, baselines, _ = CASES[name]
    reference = Reference(policy, baselines, FALLBACKS)
    batch = decoder_of(name).decode(raw(NASTY))
    assert fates(batch, baselines) == [reference.fate(value) for value in NASTY]


def summary(batches: Iterable[Batch], baselines: Mapping[ModelVersion, Baseline]) -> object:
    """All that batches say together."""
    found: list[Fate] = []
    names: list[str] = []
    unrouted: Counter[str] = Counter()
    new: Counter[tuple[ModelVersion, int, str]] = Counter()
    for batch in batches:
        found += fates(batch, baselines)
        names += batch.unknown_columns
        unrouted.update(batch.unrouted)
        for rows in batch.rows:
            for column, words in rows.new_values.items():
                new.update({(rows.route, column, word): n for word, n in words.items()})
    return found, names, unrouted, new


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
@settings(max_examples=80)
def test_where_batches_are_cut_changes_nothing(name: str, data: st.DataObject) -> None:
    _, baselines, _ = CASES[name]
    values = drawn(data, name)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4)))
    pieces = [values[a:b] for a, b in zip([0, *cuts], [*cuts, len(values)], strict=True)]
    decoder = decoder_of(name)
    in_pieces = [decoder.decode(raw(piece)) for piece in pieces]
    assert summary(in_pieces, baselines) == summary(
        [decoder_of(name).decode(raw(values))], baselines
    )


# One thing at a time, in words

ONE = by_route(baseline_of({"n": NUMBERS, "w": WORDS}))
PLAIN = RecordPolicy(const_model="fraud", const_version="1")


def decode_one(
    value: bytes | None,
    policy: RecordPolicy = PLAIN,
    baselines: Mapping[ModelVersion, Baseline] = ONE,
) -> Fate:
    (fate,) = fates(JsonDecoder(policy, baselines).decode(raw([value], [BROKER_US])), baselines)
    return fate


def contents(value: bytes, policy: RecordPolicy = PLAIN, *columns: Baseline) -> tuple[object, ...]:
    fate = decode_one(value, policy, by_route(*columns) if columns else ONE)
    assert not isinstance(fate, str), fate
    return fate[2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1", 1.0),
        (b"1.5e2", 150.0),
        (b"NaN", NAN),
        (b"Infinity", math.inf),
        (b"-Infinity", -math.inf),
        (b'"NaN"', WRONG),
        (b'"1"', WRONG),
        (b"true", WRONG),
        (b"null", NULL),
        (b"[1]", WRONG),
        (b"{}", WRONG),
        (b"9007199254740993", 9007199254740992.0),
        (b"1" + b"0" * 400, math.inf),
        (b"-1" + b"0" * 400, -math.inf),
        (b"1e999", math.inf),
        (b"5e-324", 5e-324),
    ],
)
def test_a_numeric_column_tells_numbers_from_what_is_none(value: bytes, expected: object) -> None:
    assert contents(b'{"n":' + value + b"}")[0] == expected


def test_a_column_that_is_not_there_is_absent_and_not_null() -> None:
    assert contents(b'{"w":"DE"}')[0] == ABSENT


WORD_CELLS = {word: i for i, word in enumerate(WORDS)}
NEW, NULL_CELL, ABSENT_CELL, WRONG_CELL = 4, 5, 6, 7


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'"DE"', WORD_CELLS["DE"]),
        (b'"3"', WORD_CELLS["3"]),
        (b"3", WORD_CELLS["3"]),
        (b"3.0", WORD_CELLS["3"]),
        (b'"3.0"', NEW),
        (b"true", NEW),
        (b"NaN", WRONG_CELL),
        (b"1" + b"0" * 400, WRONG_CELL),
        (b"1e400", WRONG_CELL),
        (b'"NaN"', NEW),
        (b"null", NULL_CELL),
        (b"[]", WRONG_CELL),
        (b'{"a":1}', WRONG_CELL),
    ],
)
def test_a_categorical_column_reads_scalars_as_words(value: bytes, expected: int) -> None:
    assert contents(b'{"w":' + value + b"}")[1] == expected


@pytest.mark.parametrize("digits", ["-1234567890123456789", "1234567890123456789", "-" + "9" * 18])
def test_a_long_integer_is_one_word_whatever_else_its_record_holds(digits: str) -> None:
    baseline = baseline_of({"id": [digits, "x", "y"]})
    alone = contents(f'{{"id":{digits}}}'.encode(), PLAIN, baseline)
    beside = contents(f'{{"id":{digits},"unknown":1}}'.encode(), PLAIN, baseline)
    known = baseline.layout().columns[0].vocabulary.index(digits)  # type: ignore[union-attr]
    assert (alone, beside) == ((known,), (known,))


def test_true_is_neither_one_nor_the_text_one() -> None:
    booleans = baseline_of({"b": [True, False, True]})
    words = contents(b'{"b":true}', PLAIN, booleans), contents(b'{"b":1}', PLAIN, booleans)
    texts = contents(b'{"b":"true"}', PLAIN, booleans), contents(b'{"b":"1"}', PLAIN, booleans)
    assert words == texts
    assert words[0] != words[1]


def test_the_last_of_two_equal_keys_counts() -> None:
    assert contents(b'{"n":1,"n":2}')[0] == 2.0


def test_an_object_in_a_record_is_read_by_dotted_names() -> None:
    assert contents(b'{"u":{"a":{"b":4}}}', PLAIN, baseline_of({"u.a.b": NUMBERS})) == (4.0,)


def test_a_flat_key_with_dots_is_read_by_its_name() -> None:
    assert contents(b'{"u.a.b":4}', PLAIN, baseline_of({"u.a.b": NUMBERS})) == (4.0,)


def test_of_a_nested_and_a_flat_value_of_one_name_the_nested_one_counts() -> None:
    baselines = by_route(baseline_of({"u.a": NUMBERS}))
    batch = JsonDecoder(PLAIN, baselines).decode(
        raw([b'{"u.a":1,"u":{"a":2}}', b'{"u.a":3}'], [1, 1])
    )
    assert batch.rows[0].numeric.tolist() == [[2.0, 3.0]]


@pytest.mark.parametrize(
    ("parent", "expected"),
    [(b"null", NULL), (b'"text"', WRONG), (b"3", WRONG), (b"{}", ABSENT), (b"[]", ABSENT)],
)
def test_a_parent_that_is_no_object_says_what_its_columns_are(
    parent: bytes, expected: object
) -> None:
    assert contents(b'{"u":' + parent + b"}", PLAIN, baseline_of({"u.a": NUMBERS})) == (expected,)


def test_the_elements_of_an_array_of_numbers_are_columns() -> None:
    baseline = baseline_of({"v.0": NUMBERS, "v.1": NUMBERS, "v.2": NUMBERS})
    assert contents(b'{"v":[0.5,null]}', PLAIN, baseline) == (0.5, NULL, ABSENT)


@pytest.mark.parametrize("more", [b"", b',"unknown":1'], ids=["fast", "slow"])
@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b'"price":3,"price.1":4', (3.0, 4.0)),
        (b'"price":{"1":4}', (WRONG, 4.0)),
        (b'"price":{}', (WRONG, ABSENT)),
        (b'"price":[3,4]', (WRONG, 4.0)),
        (b'"price":null,"price.1":4', (NULL, 4.0)),
        (b'"price":"3","price.1":4', (WRONG, 4.0)),
        (b'"price.1":4', (ABSENT, 4.0)),
    ],
)
def test_a_column_and_the_columns_below_its_name_do_not_disturb_each_other(
    record: bytes, expected: tuple[object, ...], more: bytes
) -> None:
    baseline = baseline_of({"price": NUMBERS, "price.1": NUMBERS})
    assert contents(b"{" + record + more + b"}", PLAIN, baseline) == expected


@pytest.mark.parametrize("name", ['q"z', "a\\b", "tab\tbed", "ä", "f0", "a b", "$", "."])
def test_a_column_may_have_any_name(name: str) -> None:
    baseline = baseline_of({name: NUMBERS})
    assert contents(as_json({name: 4}), PLAIN, baseline) == (4.0,)
    assert contents(as_json({name: "x", "unknown": 1}), PLAIN, baseline) == (WRONG,)


@pytest.mark.parametrize("records", [[{"c": 1.5}, {"c": "DE"}, {"c": True}], [{"c": None}, {}]])
def test_models_may_differ_in_what_a_column_of_one_name_is(records: list[dict[str, Any]]) -> None:
    baselines = by_route(
        *(baseline_of({"c": NUMBERS}), baseline_of({"c": WORDS}, version="2")),
        baseline_of({"c": [True, False, True]}, version="3"),
    )
    policy = replace(PLAIN, model_version="v")
    values = [as_json({**record, "v": v}) for record in records for v in (1, 2, 3)]
    reference = Reference(policy, baselines)
    found = fates(JsonDecoder(policy, baselines).decode(raw(values, [1] * len(values))), baselines)
    assert found == [reference.fate(value, 1) for value in values]


def test_the_time_may_be_a_column_as_well() -> None:
    baseline = baseline_of({"ts": NUMBERS})
    policy = replace(PLAIN, timestamp="ts")
    fate = decode_one(b'{"ts":1700000000.5,"unknown":1}', policy, by_route(baseline))
    assert fate == (baseline.route, 1_700_000_000_500_000, (1_700_000_000.5,))


# Unreadable records


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "unparsable"),
        (b"", "unparsable"),
        (b'{"n":1', "unparsable"),
        (b"[1]", "unparsable"),
        (b'{"n":"\xff"}', "not_utf8"),
        ('{"n":1}'.encode("utf-16"), "not_utf8"),
        ('{"n":1}'.encode("utf-16-le"), "unparsable"),
        (b'{"n":"' + b"x" * (1 << 20) + b'"}', "too_large"),
        (b'{"n":' + b" " * 10_000_000 + b"1}", "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_record_is_refused_for_its_reason(value: bytes | None, reason: str) -> None:
    assert decode_one(value) == reason


def test_a_byte_order_mark_is_no_reason_to_refuse_a_record() -> None:
    assert contents(b'\xef\xbb\xbf{"n":1}')[0] == 1.0


@pytest.mark.parametrize("key", [b"n", b"unknown"])
@pytest.mark.parametrize(("depth", "readable"), [(399, True), (400, False)])
def test_a_record_may_be_nested_so_deep_and_no_deeper(
    key: bytes, depth: int, readable: bool
) -> None:
    value = b'{"w":"DE","' + key + b'":' + b"[" * depth + b"]" * depth + b"}"
    assert isinstance(decode_one(value), str) is not readable


@pytest.mark.parametrize("key", [b"n", b"unknown"])
def test_nesting_that_the_interpreter_can_not_bear_makes_a_record_unreadable(key: bytes) -> None:
    value = b'{"' + key + b'":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    assert decode_one(value, replace(PLAIN, max_nesting=100_000)) == "unparsable"


def test_brackets_in_texts_are_no_nesting() -> None:
    assert contents(b'{"w":"\\"' + b"[{" * 5000 + b'"}')[1] == NEW


def test_what_was_rejected_is_told_in_the_order_of_the_records() -> None:
    batch = JsonDecoder(PLAIN, ONE).decode(raw([b"x", None, b"{", b"\xff", b"y"]))
    assert [position for position, _ in batch.rejected] == [0, 1, 2, 3, 4]


def test_a_batch_without_records_is_decoded() -> None:
    batch = JsonDecoder(PLAIN, ONE).decode(raw([]))
    assert (batch.size, batch.rows, batch.rejected) == (0, (), ())


def test_good_records_among_bad_ones_are_all_counted() -> None:
    good = as_json({"n": 1})
    values = [each for bad in NASTY for each in (bad, good)]
    batch = JsonDecoder(PLAIN, ONE).decode(raw(values, [BROKER_US] * len(values)))
    found = fates(batch, ONE)[1::2]
    assert {fate[0] for fate in found} == {ModelVersion("fraud", "1")}


# Time


def test_a_record_without_a_time_of_its_own_has_the_brokers() -> None:
    policy = replace(PLAIN, timestamp="ts")
    fate = decode_one(b'{"ts":"soon"}', policy)
    assert fate[1] == BROKER_US


@pytest.mark.parametrize("broker", [None, [-1], [2**62]])
def test_a_record_without_any_time_is_refused(broker: list[int] | None) -> None:
    batch = JsonDecoder(replace(PLAIN, timestamp="ts"), ONE).decode(raw([b'{"ts":null}'], broker))
    assert batch.rejected == ((0, "missing_time"),)


def test_a_unit_that_is_set_is_not_guessed() -> None:
    policy = replace(PLAIN, timestamp="ts", timestamp_unit="ms")
    assert decode_one(b'{"ts":1000}', policy)[1] == 1_000_000


def test_looking_ahead_in_a_file_finds_the_time_that_decoding_does() -> None:
    decoder = JsonDecoder(replace(PLAIN, timestamp="a.ts"), ONE)
    assert decoder.event_time(b'{"a":{"ts":1700000000}}') == 1_700_000_000_000_000


@pytest.mark.parametrize("value", [b"", b"{}", b"[", b"\xff", b'{"a":{"ts":"soon"}}'])
def test_looking_ahead_at_what_has_no_time_finds_none(value: bytes) -> None:
    assert JsonDecoder(replace(PLAIN, timestamp="a.ts"), ONE).event_time(value) is None


def test_looking_ahead_learns_no_names() -> None:
    decoder = JsonDecoder(replace(PLAIN, timestamp="ts"), ONE)
    decoder.event_time(b'{"ts":1700000000,"zz":1}')
    assert decoder.decode(raw([b'{"ts":1700000000,"zz":1}'])).unknown_columns == ("zz",)


# Where columns are looked for


def test_predictions_are_read_at_their_paths() -> None:
    baseline = baseline_of({"score": NUMBERS}, predictions=("score",))
    policy = replace(PLAIN, features="features", predictions={"score": "out.value"})
    record = b'{"score":1,"features":{"score":2},"out":{"value":3}}'
    assert contents(record, policy, baseline) == (3.0,)


def test_a_prediction_that_is_a_vector_is_read_below_its_path() -> None:
    baseline = baseline_of({"p.0": NUMBERS, "p.1": NUMBERS}, predictions=("p.*",))
    policy = replace(PLAIN, predictions={"p": "out.probabilities"})
    assert contents(b'{"out":{"probabilities":[1,2]}}', policy, baseline) == (1.0, 2.0)


def test_a_prediction_without_a_path_is_read_from_the_record_itself() -> None:
    baseline = baseline_of({"score": NUMBERS}, predictions=("score",))
    policy = replace(PLAIN, features="features")
    assert contents(b'{"score":1,"features":{"score":2}}', policy, baseline) == (1.0,)


def test_labels_are_read_at_their_paths() -> None:
    baseline = baseline_of({"truth": WORDS}, labels=("truth",))
    policy = replace(PLAIN, features="features", labels={"truth": "outcome.label"})
    assert contents(b'{"outcome":{"label":"FR"}}', policy, baseline) == (2,)


def test_features_are_read_from_their_object_only() -> None:
    policy = replace(PLAIN, features="a.features")
    assert contents(b'{"n":1,"a":{"n":2,"features":{"n":3}}}', policy)[0] == 3.0


# Unknown columns


def unknown(*values: bytes, policy: RecordPolicy = PLAIN) -> list[tuple[str, ...]]:
    """The names of unknown columns in one record after the other, each a batch."""
    decoder = JsonDecoder(policy, ONE)
    return [decoder.decode(raw([value])).unknown_columns for value in values]


@pytest.mark.parametrize(
    "name", ["zz", "ä", "", "a.b", 'q"z', "a\\b", "new\nline", "\ud800", "k" * 300, "f0"]
)
def test_an_unknown_column_is_named_once(name: str) -> None:
    value = as_json({name: 1, "n": 1})
    first, second, third = unknown(value, value, value)
    assert (len(first), second, third) == (1, (), ())


def test_an_unknown_column_below_the_name_of_a_known_one_is_named_once() -> None:
    decoder = JsonDecoder(PLAIN, by_route(baseline_of({"user.age": NUMBERS})))
    batches = [decoder.decode(raw([b'{"user.age":1,"user.zip":2}'])) for _ in range(2)]
    assert [batch.unknown_columns for batch in batches] == [("user.zip",), ()]


def test_a_long_name_is_cut_before_it_is_kept() -> None:
    ((name,),) = unknown(as_json({"k" * 100_000: 1}))
    assert len(name) == 256


def test_ignored_columns_and_what_is_read_for_other_reasons_are_not_unknown() -> None:
    policy = RecordPolicy(
        timestamp="ts",
        model="meta.model",
        model_version="meta.version",
        predictions={"w": "out.w"},
        ignored=frozenset({"request_id", "trace.id"}),
    )
    record = {"ts": 1, "meta": {"model": "fraud", "more": 1}, "request_id": 7, "trace": {"id": 8}}
    baselines = by_route(baseline_of({"n": NUMBERS, "w": WORDS}, predictions=("w",)))
    batch = JsonDecoder(policy, baselines).decode(raw([as_json({**record, "out": {"w": "DE"}})]))
    assert batch.unknown_columns == ()


def test_only_features_can_be_unknown() -> None:
    policy = replace(PLAIN, features="features")
    assert unknown(b'{"a":1,"features":{"b":2,"n":3}}', policy=policy) == [("b",)]


def test_so_many_names_are_kept_and_no_more() -> None:
    values = [as_json({f"c{i}": 1, f"d{i}": 2}) for i in range(MAX_UNKNOWN_COLUMNS)]
    batch = JsonDecoder(PLAIN, ONE).decode(raw(values))
    assert len(batch.unknown_columns) == MAX_UNKNOWN_COLUMNS


@pytest.mark.parametrize("names", [["zz"], [f"c{i}" for i in range(MAX_UNKNOWN_COLUMNS + 5)]])
def test_records_with_columns_that_were_named_are_read_the_fast_way(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = JsonDecoder(PLAIN, ONE)
    value = as_json(dict.fromkeys(names, 1))
    decoder.decode(raw([value]))
    monkeypatch.setattr(decoder, "_read_slowly", lambda *_: pytest.fail("it went the slow way"))
    decoder.decode(raw([value, value]))


# Routes


def test_records_of_several_models_and_versions_are_told_apart_in_one_batch() -> None:
    routes = [("fraud", 1), ("fraud", "2"), ("churn", 7.0), ("fraud", 1)]
    values = [as_json({"ts": 1e9, "meta": {"model": m, "version": v}}) for m, v in routes]
    found = fates(JsonDecoder(FEATURES, BASELINES).decode(raw(values)), BASELINES)
    expected = [("fraud", "1"), ("fraud", "2"), ("churn", "7"), ("fraud", "1")]
    assert [fate[0] for fate in found] == expected


def test_records_of_a_version_without_a_baseline_are_counted_by_their_model() -> None:
    names = [("fraud", "9"), ("fraud", None), ("none", "1"), ("churn", "8"), ("fraud", "1")]
    values = [as_json({"ts": 1e9, "meta": {"model": m, "version": v}}) for m, v in names]
    batch = JsonDecoder(FEATURES, BASELINES).decode(raw(values))
    assert batch.unrouted == {"fraud": 2, "churn": 1}
    assert [reason for _, reason in batch.rejected] == [
        *("unknown_version", "unknown_version", "unknown_model", "unknown_version")
    ]


# New values


def test_words_that_the_baseline_never_saw_are_told_with_how_often_they_came() -> None:
    values = [as_json({"w": word}) for word in ("snow", "DE", "hail", "snow")]
    (rows,) = JsonDecoder(PLAIN, ONE).decode(raw(values, [1] * 4)).rows
    assert rows.new_values == {1: {"snow": 2, "hail": 1}}


@given(st.lists(st.one_of(numbers, texts, st.none()), min_size=1, max_size=30))
@example([None, 1])
def test_a_number_is_there_exactly_where_its_status_says_so(cells: Sequence[Any]) -> None:
    batch = JsonDecoder(PLAIN, ONE).decode(
        raw([as_json({"n": c}) for c in cells], [1] * len(cells))
    )
    (rows,) = batch.rows
    status = np.zeros(len(cells)) if rows.missing is None else rows.missing[0]
    assert np.isnan(rows.numeric[0][status != Status.VALUE]).all()
    numbers_in = [isinstance(json.loads(as_json(c)), int | float) for c in cells]
    assert (status == Status.VALUE).tolist() == numbers_in


def test_offsets_and_times_of_the_batch_are_handed_on() -> None:
    batch = RawBatch(LOG, [b"{}"], np.array([7]), 19, np.array([BROKER_US]))
    decoded = JsonDecoder(PLAIN, ONE).decode(batch)
    assert (decoded.partition, decoded.size, decoded.next_offset) == (LOG, 1, 19)
    assert decoded.broker_times_us is batch.broker_times_us
