"""What the compiled reader takes, it reads as the way in Python does, bit for bit."""

import json
import random
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.native import compiled
from driftwatch.records import Batch, Rows
from tests.decode.baselines import baseline_of, by_route
from tests.decode.records import NASTY
from tests.decode.reference import raw
from tests.decode.test_json_records import CASES, FALLBACKS, drawn
from tests.hostile.formats import FORMATS, TIME, world
from tests.hostile.mutator import Mutator

NUMBERS = by_route(baseline_of({"x": [0.5, 1.5]}))
ALONE = RecordPolicy(const_model="fraud", const_version="1")


def pair(policy: RecordPolicy, baselines: Any) -> tuple[JsonDecoder, JsonDecoder]:
    """A decoder with the compiled reader, and one without."""
    one, other = (JsonDecoder(policy, baselines, FALLBACKS) for _ in range(2))
    assert one._native is not None, "the compiled part is not installed"
    other._compiled = other._native = None
    return one, other


def of_rows(rows: Rows) -> object:
    return (
        rows.route,
        rows.view,
        rows.position.tolist(),
        rows.event_times_us.tolist(),
        rows.numeric.tobytes(),
        None if rows.missing is None else rows.missing.tolist(),
        rows.cells.tolist(),
        rows.new_values,
        None if rows.keys is None else list(map(repr, rows.keys)),
    )


def of_batch(batch: Batch) -> object:
    """All that a batch holds, to the bit."""
    rest = batch.size, batch.rejected, batch.unknown_columns, batch.unrouted, batch.strangers
    return [*map(of_rows, batch.rows)], rest


def test_the_compiled_part_is_here() -> None:
    assert compiled() is not None


def test_the_environment_may_do_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTWATCH_NATIVE", "0")
    assert compiled() is None


def test_another_version_of_it_is_not_talked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftwatch_native.INTERFACE", 10**9)
    assert compiled() is None


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
@settings(max_examples=50)
def test_any_records_become_the_same(name: str, data: st.DataObject) -> None:
    policy, baselines, _ = CASES[name]
    one, other = pair(policy, baselines)
    for values in (drawn(data, name), drawn(data, name), NASTY):
        assert of_batch(one.decode(raw(values))) == of_batch(other.decode(raw(values)))


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_records_become_the_same(name: str) -> None:
    if FORMATS[name].decode.get("format", "json") != "json":
        return
    mutator = Mutator(FORMATS[name].examples, str(TIME).encode(), "native")
    policy = RecordPolicy(
        timestamp="ts",
        model="model",
        model_version="version",
        features="." if "features" not in FORMATS[name].decode else "features",
        predictions={"score": "out.score", "probs": "out.probs"},
        max_nesting=60,
    )
    one, other = pair(policy, world())
    for _ in range(30):
        values = [mutator.record(str(TIME + i).encode()) for i in range(100)]
        assert of_batch(one.decode(raw(values))) == of_batch(other.decode(raw(values)))


def texts_of_numbers(dice: random.Random) -> str:
    kind = dice.randrange(8)
    if kind == 0:  # any float at all
        return repr(struct.unpack("d", struct.pack("Q", dice.getrandbits(64)))[0])
    if kind == 1:
        return repr(dice.gauss(0.0, 10.0 ** dice.randint(-9, 9)))
    if kind == 2:
        return f"{dice.gauss(50.0, 20.0):.{dice.randint(0, 18)}f}"
    if kind == 3:
        return str(dice.getrandbits(dice.randint(1, 70)) * dice.choice((1, -1)))
    if kind == 4:
        return f"{dice.getrandbits(dice.randint(1, 64))}e{dice.randint(-345, 310)}"
    if kind == 5:  # half way between two floats
        return f"{2 * ((1 << 53) + dice.getrandbits(52)) + 1}{dice.choice(('', '.0', 'e0', 'E+3'))}"
    if kind == 6:
        return f"0.{'0' * dice.randint(0, 30)}{dice.getrandbits(60)}"
    return dice.choice(
        ("0", "-0", "-0.0", "0e9", "1.", ".5", "01", "+1", "1e", "1e999", "-", "1_0")
    )


def test_numbers_are_those_of_python_to_the_last_bit() -> None:
    dice = random.Random(20)
    values = [b'{"x": %s}' % texts_of_numbers(dice).encode() for _ in range(30_000)]
    one, other = pair(ALONE, NUMBERS)
    got, expected = (decoder.decode(raw(values, [1] * len(values))) for decoder in (one, other))
    assert of_batch(got) == of_batch(expected)
    read = one._native
    assert read is not None
    assert len(read.read(values).refused) < 0.2 * len(values)  # and most of them it takes


@pytest.mark.parametrize(
    "record",
    [
        b'{"a":1,"x":2}',
        b' { "x" : 1.5 , "z" : [ { } , [ ] , "\\u00e9\\n" , true , null ] } ',
        '{"x":1,"straße":"größe"}'.encode(),
        b'{"x":null}',
        b"{}",
    ],
)
def test_what_is_common_is_taken(record: bytes) -> None:
    root = (False, [(b"x", "number", 0)])
    assert refused(root, [record]) == []


@pytest.mark.parametrize(
    "record",
    [
        *(b'{"x":"1"}', b'{"x":[1]}', b'{"x":{}}', b'{"x":true}', b'{"x":NaN}', b'{"x":1}}'),
        *(b"[1]", b"1", b"", b" ", b'{"x":1,}', b'{"x" 1}', b'{"x":1 "y":2}', b'{"y":"\\x"}'),
        *(b'{"\\u0078":1}', b'{"y":"\x01"}', b'{"y":"\xff"}', b'{"y":"\\ud800"}', b'{"y":1'),
        *(b'{"y":tru}', b'{"y":-}', b'{"y":1.}', b'{"y":1e}', b'{"y":"a', b'{"y', b'{"y"', b"{"),
        *(b'{"y":01}', b'{"o":{},"o":{}}', b'{"o":[]}', b'{"o":{"new":1}}', b"[" * 999),
        b'{"y":' + b"[" * 70 + b"]" * 70 + b"}",
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_python(record: bytes) -> None:
    closed = (True, [(b"x", "number", 1)])
    root = (False, [(b"x", "number", 0), (b"o", "node", closed)])
    assert refused(root, [record, b'{"x":1}', record]) == [0, 2]


def refused(root: tuple[bool, list[Any]], records: Sequence[bytes]) -> list[int]:
    native = compiled()
    assert native is not None
    reader = native.JsonReader(root, (2, 0, 0, 0), most_bytes=1000, most_nested=400)
    n = len(records)
    room = np.empty(9 * n), np.empty(9 * n, np.uint8), np.empty(9 * n, np.int32)
    found: list[int] = reader.read(records, *room)[0]
    return found


@given(st.lists(st.text(max_size=12), min_size=1, max_size=20), st.integers(0, 99))
def test_a_column_of_words_is_what_was_written(words: list[str], seed: int) -> None:
    dice = random.Random(seed)
    native = compiled()
    assert native is not None
    reader = native.JsonReader(
        (False, [(b"w", "token", 0)]), (0, 1, 0, 0), most_bytes=9999, most_nested=9
    )
    for _ in range(2):  # nothing of the last batch is left
        written = dice.choices(words, k=60)
        records = [
            json.dumps({"w": word}, ensure_ascii=dice.random() < 0.5).encode() for word in written
        ]
        codes = np.empty(60, np.int32)
        bad, tokens, _ = reader.read(records, np.empty(0), np.empty(0, np.uint8), codes)
        for i, word in enumerate(written):
            assert i in bad or json.loads(tokens[0][codes[i]]) == word
        assert len(set(tokens[0])) == len(tokens[0])


def test_more_words_than_there_was_room_for_are_all_told_apart() -> None:
    native = compiled()
    assert native is not None
    reader = native.JsonReader(
        (False, [(b"w", "token", 0)]), (0, 1, 0, 0), most_bytes=99, most_nested=9
    )
    for count in (20_000, 3, 20_000):
        records = [b'{"w":"%d"}' % i for i in range(count)]
        codes = np.empty(count, np.int32)
        bad, tokens, _ = reader.read(records, np.empty(0), np.empty(0, np.uint8), codes)
        assert bad == []
        assert [tokens[0][c] for c in codes] == [b'"%d"' % i for i in range(count)]


def test_columns_without_room_are_an_error() -> None:
    native = compiled()
    assert native is not None
    reader = native.JsonReader(
        (False, [(b"x", "number", 0)]), (1, 0, 0, 0), most_bytes=99, most_nested=9
    )
    with pytest.raises(ValueError, match="too little room"):
        reader.read([b'{"x":1}'], np.empty(0), np.empty(0, np.uint8), np.empty(0, np.int32))
