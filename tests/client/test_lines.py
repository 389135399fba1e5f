"""A record as a line: what Python, numpy and pandas have, as the format `json` reads it."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from driftwatch.client.lines import Record, line


def written(value: Any) -> str:
    """How a feature is written."""
    found = line(Record(1.5, {"x": value}, None, None, {}), "m", "1").decode()
    return found.partition('{"x":')[2].rpartition('},"predictions"')[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (np.float64("nan"), "NaN"),
        (np.float32("nan"), "NaN"),
        (np.float32(0.5), "0.5"),
        (np.int64(7), "7"),
        (np.bool_(True), "true"),
        (np.str_("DE"), '"DE"'),
        (np.array([1.0, np.nan]), "[1.0,NaN]"),
        (np.array([[1, 2]]), "[[1,2]]"),
        (np.array(3.0), "3.0"),
        (None, "null"),
        (True, "true"),
        ("Zoë", '"Zo\\u00eb"'),
        (Decimal("1.5"), "1.5"),
        ((1, 2), "[1,2]"),
        ({"b"}, '["b"]'),
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), '"2026-01-01T00:00:00+00:00"'),
    ],
)
def test_a_value_is_written_as_the_decoder_reads_it(value: Any, text: str) -> None:
    assert written(value) == text


def test_a_line_has_one_end_whatever_is_in_it() -> None:
    found = line(Record(1, {"x": "a\nb\r\u2028\ud800"}, {}, "7\n", {"status": "ok\n"}), "m", "1")
    assert found.count(b"\n") == 1
    assert found.endswith(b"\n")
    assert json.loads(found)["features"] == {"x": "a\nb\r\u2028\ud800"}


def test_what_nobody_gave_is_left_out() -> None:
    bare = json.loads(line(Record(1, {}, None, None, {}), "m", "1"))
    assert bare.keys() == {"ts", "model", "version", "features", "predictions"}
    full = json.loads(line(Record(1, {}, None, "7", {"latency_ms": 2}), "m", "1"))
    assert (full["request_id"], full["serving"]) == ("7", {"latency_ms": 2})


@pytest.mark.parametrize("value", [object(), b"bytes", {(1, 2): 3}])
def test_what_json_has_nothing_for_is_an_error(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        written(value)
