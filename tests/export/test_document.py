"""The report as JSON: what it holds, that it is strict, and what of it can be selected."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from driftwatch.export.document import Selection, document, rfc3339, to_json
from driftwatch.monitor.gauges import GAUGES
from driftwatch.monitor.report import Column, Report
from driftwatch.records import StreamKey
from tests.export.reports import (
    AMOUNT,
    CATEGORICAL_ONLY,
    COUNTRY,
    NOW_US,
    NUMERIC_ONLY,
    SCORE,
    alarm_event,
    report,
    stream,
)


def read(found: Report, selection: Selection | None = None) -> Any:
    """The document as another program reads it: a NaN or an Infinity is an error."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(to_json(document(found, selection or Selection())), parse_constant=refuse)


def column(name: str, found: Report) -> Any:
    (one,) = [c for s in read(found)["streams"] for c in s["columns"] if c["name"] == name]
    return one


def test_the_parts_of_the_document() -> None:
    found = read(report())
    assert list(found) == [
        *("now", "last_record", "checkpoint", "records", "streams", "alarms"),
        *("comparisons", "budget", "unknown_columns", "partitions"),
    ]
    assert found["now"] == "2023-11-14T22:13:20Z"
    assert found["last_record"] == "2023-11-14T22:13:18Z"
    assert found["checkpoint"] == "2023-11-14T22:13:19Z"


def test_each_record_is_counted_in_one_place_but_for_the_unevaluated() -> None:
    outcomes = {"counted": 90, "late": 1, "rejected": 5, "unrouted": 4, "unevaluated": 2}
    reasons = {"unparsable": 3, "future": 2, "unknown_version": 4}
    assert read(report(outcomes=outcomes, reasons=reasons))["records"] == {
        "counted": 90,
        "late": 1,
        "rejected": {
            "unparsable": 3,
            "too_large": 0,
            "not_utf8": 0,
            "bad_encoding": 0,
            "binary_tensor": 0,
            "schema_unavailable": 0,
            "shape_mismatch": 0,
            "unmatched": 0,
            "feedback": 0,
            "missing_time": 0,
            "future": 2,
        },
        "unrouted": 4,
        "unevaluated": 2,
    }


def test_a_stream_says_how_it_stands() -> None:
    (found,) = read(report(stream(blind={"late": "12% came late"})))["streams"]
    del found["columns"]
    assert found == {
        "model": "fraud",
        "model_version": "3",
        "segment": "all",
        "records": 5000,
        "watermark": "2023-11-14T22:11:20Z",
        "first_seen": "2023-11-13T22:13:20Z",
        "traffic_share": 1.0,
        "volume": None,
        "conditions": {},
        "retired": False,
        "blind": {"late": "12% came late"},
    }


def test_what_a_stream_does_not_know_is_null() -> None:
    unknown = stream(watermark_us=None, first_seen_us=None, traffic_share=None)
    (found,) = read(report(unknown))["streams"]
    assert (found["watermark"], found["first_seen"], found["traffic_share"]) == (None, None, None)


def test_a_numeric_column_and_its_windows() -> None:
    found = column("amount", report())
    hour, day = found.pop("windows")
    assert found == {
        "name": "amount",
        "role": "feature",
        "kind": "numeric",
        "state": "ok",
        "evidence": {"info": 0.0, "page": 0.0},
        "min_detectable_shift": 0.05,
        "baseline": {"mean": 10.0, "stddev": 2.0, "missing_ratio": 0.01},
        "new_values": [],
    }
    assert (hour["name"], day["name"]) == ("1h", "1d")
    gauges = {g: float(GAUGES.index(g)) for g in GAUGES if g not in CATEGORICAL_ONLY}
    assert {name: hour.pop(name) for name in gauges} == gauges
    assert hour == {
        "name": "1h",
        "length_seconds": 3600.0,
        "end": "2023-11-14T22:13:20Z",
        "fill_ratio": 0.75,
        "records": 1000,
        "values": 990,
        "missing": {"null": 0, "absent": 1, "wrong_type": 2, "nan": 3},
        "out_of_range": {"below": 6, "above": 7, "negative_inf": 4, "positive_inf": 5},
    }


def test_a_categorical_column_has_what_categories_have() -> None:
    told = stream(new_values={"country": (("Atlantis", 12), ("Mu", 3))})
    found = column("country", report(told))
    assert found["baseline"] == {"missing_ratio": 0.01, "top_class_ratio": 0.75}
    assert found["new_values"] == ["Atlantis", "Mu"]
    hour = found["windows"][0]
    assert not NUMERIC_ONLY & hour.keys()
    assert hour.keys() >= CATEGORICAL_ONLY
    assert hour["missing"] == {"null": 0, "absent": 1, "wrong_type": 2}
    assert hour["out_of_vocabulary"] == {"other": 8, "new": 9}


def test_the_state_of_a_column_is_its_highest_alarm() -> None:
    told = report(
        stream(
            columns=(AMOUNT, COUNTRY, SCORE),
            raised={("info", 0): NOW_US, ("page", 0): NOW_US, ("info", 1): NOW_US},
        )
    )
    states = [column(name, told)["state"] for name in ("amount", "country", "score")]
    assert states == ["page", "info", "ok"]


def test_what_is_not_known_or_not_finite_is_null() -> None:
    given = stream(rows=10)
    given = replace(given, baseline={**given.baseline, "mean": np.array([np.inf, np.nan])})
    alarm = alarm_event(value=float("nan"), bound=float("inf"))
    found = read(report(given, alarms=(alarm,)))
    amount = found["streams"][0]["columns"][0]
    assert amount["baseline"]["mean"] is None
    assert {amount["windows"][0][gauge] for gauge in GAUGES if gauge in amount["windows"][0]} == {
        None
    }
    assert (found["alarms"][0]["value"], found["alarms"][0]["bound"]) == (None, None)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_never_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"value": value})


def test_an_alarm_from_its_rise_to_its_end() -> None:
    ended = alarm_event(cleared_us=NOW_US, statistic="missing_ratio", baseline=0.02, bound=0.1)
    standing, cleared = read(report(alarms=(alarm_event(), ended)))["alarms"]
    assert standing == {
        "model": "fraud",
        "model_version": "3",
        "segment": "all",
        "column": "amount",
        "role": "feature",
        "severity": "page",
        "raised_at": "2023-11-14T22:12:20Z",
        "onset": "2023-11-14T22:10:20Z",
        "cleared_at": None,
        "statistic": "psi",
        "value": 0.4,
        "bound": 0.25,
        "baseline": None,
        "words": None,
        "explanation": None,
    }
    assert cleared["cleared_at"] == "2023-11-14T22:13:20Z"
    assert cleared["baseline"] == 0.02


def test_a_partition_says_how_far_it_was_read() -> None:
    first, second = read(report())["partitions"]
    assert first == {
        "name": "clicks/0",
        "topic": "clicks",
        "partition": 0,
        "frontier": 5003,
        "lag_records": 7,
        "caught_up": False,
        "clock": "2023-11-14T22:13:20Z",
    }
    assert second["clock"] is None


def test_the_same_report_gives_the_same_bytes_on_one_line() -> None:
    first, second = (to_json(document(report(stream(), alarms=(alarm_event(),)))) for _ in range(2))
    assert first == second
    assert first.count(b"\n") == 1


@pytest.mark.parametrize("name", ["ünï·code 🦉", 'say "hi"', "new\nline", "half \ud800", ""])
def test_any_text_comes_back_as_it_was(name: str) -> None:
    found = report(stream(columns=[Column(name, "feature", "numeric")]), unknown_columns=(name,))
    assert read(found)["unknown_columns"] == [name]
    assert read(found)["streams"][0]["columns"][0]["name"] == name


def test_a_selection_leaves_the_other_columns_streams_and_alarms_out() -> None:
    other = StreamKey("fraud", "4")
    both = (alarm_event(), alarm_event(stream=other), alarm_event(column="country"))
    told = report(stream(), stream(other, columns=(AMOUNT,)), alarms=both)

    def keys(selection: Selection) -> tuple[list[tuple[str, list[str]]], int]:
        found = read(told, selection)
        columns = [
            (s["model_version"], [c["name"] for c in s["columns"]]) for s in found["streams"]
        ]
        return columns, len(found["alarms"])

    assert keys(Selection(column="amount")) == ([("3", ["amount"]), ("4", ["amount"])], 2)
    assert keys(Selection(column="country")) == ([("3", ["country"])], 1)
    assert keys(Selection(model_version="4")) == ([("4", ["amount"])], 1)
    assert keys(Selection(model="spam")) == ([], 0)
    assert keys(Selection(segment="all", column="none")) == ([], 0)


def test_the_end_of_the_calendar_is_a_time_as_well() -> None:
    assert rfc3339(253_402_300_800_000_000) == "9999-12-31T23:59:59.999999Z"
