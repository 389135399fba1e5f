"""Predictions on golden inputs, compared with those of another runtime."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from driftwatch.errors import DataError, UsageError
from driftwatch.parity import ParityPolicy, parity
from tests.baseline.data import write_csv, write_jsonl, write_parquet

Rows = list[dict[str, Any]]
NAN, INF = math.nan, math.inf


def scores(*values: Any) -> Rows:
    return [{"score": value} for value in values]


def keyed(**values: Any) -> Rows:
    return [{"id": key, "score": value} for key, value in values.items()]


@pytest.mark.parametrize(
    ("golden", "log", "same"),
    [
        (1.0, 1.0 + 1e-6, True),
        (0.5, 0.50005, True),  # 1e-4 of the golden number
        (0.5, 0.50006, False),
        (0.0, 1e-6, True),
        (0.0, 1.1e-6, False),
        (-1e9, -1e9 - 9e4, True),
        (NAN, NAN, True),
        (NAN, 0.5, False),
        (0.5, NAN, False),
        (INF, INF, True),
        (INF, -INF, False),
        (INF, 1e300, False),
        (1e308, -1e308, False),  # a difference beyond any float
        (None, None, True),
        (None, 0.5, False),
        (0.5, None, False),
        (None, NAN, False),
        ("cat", "cat", True),
        ("cat", "Cat", False),
        (True, True, True),
        (True, 1, False),
        ("1", 1, False),
        (20_000, 20_001, False),  # a label, though within 1e-4 of itself
        (20_000, 20_000.0, True),
        ([], 0.5, False),
    ],
)
def test_two_values_are_the_same_or_not(golden: Any, log: Any, same: bool) -> None:
    found = parity(scores(golden), scores(log))
    assert (found.verdict == "within") is same
    assert found.inputs.count == (0 if same else 1)


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0.0, 10.0),
    st.floats(0.0, 1.0),
)
def test_numbers_are_close_as_numpy_has_it(
    golden: float, log: float, absolute: float, relative: float
) -> None:
    with np.errstate(over="ignore"):
        close = bool(np.isclose(log, golden, rtol=relative, atol=absolute))
        size = abs(golden - log)
        allowed = absolute + relative * abs(golden)
    if math.isinf(size) or math.isclose(size, allowed, rel_tol=1e-9, abs_tol=1e-300):
        return  # at the limit itself rounding decides
    found = parity(scores(golden), scores(log), absolute=absolute, relative=relative)
    assert (found.verdict == "within") == close


def test_rows_are_matched_by_their_key_in_any_order() -> None:
    golden = keyed(a=0.1, b=0.2, c=0.3)
    found = parity(golden, golden[::-1], key="id")
    assert (found.verdict, found.reason) == ("within", "all 3 golden inputs are within tolerance")
    assert parity(golden, golden[::-1]).verdict == "differs"


def test_keys_are_the_same_in_every_format(tmp_path: Path) -> None:
    rows = [{"id": 10**6 + i, "score": i / 7, "label": f"c{i % 3}"} for i in range(200)]
    files = [
        write_csv(tmp_path / "a.csv", rows),
        write_jsonl(tmp_path / "a.jsonl", rows[::-1]),
        write_parquet(tmp_path / "a.parquet", rows),
    ]
    for golden in files:
        for log in files:
            found = parity(golden, log, key="id", absolute=0.0, relative=0.0)
            assert found.reason == "all 200 golden inputs are within tolerance", (golden, log)


def test_a_cell_of_csv_is_what_the_other_side_has(tmp_path: Path) -> None:
    rows = [
        {"code": "007", "label": "1", "flag": True, "score": 0.5, "none": None},
        {"code": "7", "label": "2", "flag": False, "score": math.nan, "none": None},
    ]
    csv = write_csv(tmp_path / "a.csv", rows)
    assert parity(csv, rows).verdict == "within"
    assert parity(rows, csv).verdict == "within"
    rows[0]["code"] = "7"
    assert parity(csv, rows).differences[0].golden == "007"


def test_what_has_no_answer_what_is_new_and_what_comes_twice_is_counted() -> None:
    golden = [*keyed(a=0.1, b=0.2, c=0.3, d=0.4), {"id": "a", "score": 9.0}]
    log = [*keyed(a=0.1, b=0.2, e=0.5, f=0.6), {"id": "b", "score": 0.9}, {"score": 0.1}]
    found = parity(golden, log, key="id")
    assert found.verdict == "differs"
    assert (found.inputs.count, found.inputs.of) == (1, 2)  # b was right once and wrong once
    assert [each.name for each in found.differences] == ["b"]
    assert (found.missing, found.missing_count, found.extra) == (("c", "d"), 2, 3)
    assert (found.golden_duplicates, found.log_duplicates) == (1, 1)
    assert found.notes == ("2 of 5 golden inputs have no answer in the log",)


@pytest.mark.parametrize(
    ("golden", "log", "asked", "reason"),
    [
        (keyed(a=0.1, b=0.2), keyed(a=0.1), {"key": "id"}, "1 of 2 golden inputs have no answer"),
        (scores(0.1, 0.2), scores(0.1), {}, "2 golden rows and 1 in the log can't be matched"),
        (keyed(a=0.1), keyed(b=0.1), {"key": "id"}, "no id of the log is that of a golden row"),
        ([{"x": 1.0, "y": 2.0}], [{"x": 1.0}], {}, "the log lacks y; --ignore leaves columns out"),
        (scores(["a"]), scores(["b"]), {}, "score holds arrays or objects in 1 rows"),
        (scores(0.1), [], {}, "the log is empty"),
        ([], [], {}, "there are no golden rows"),
    ],
)
def test_no_clean_bill_where_not_all_was_compared(
    golden: Rows, log: Rows, asked: dict[str, Any], reason: str
) -> None:
    found = parity(golden, log, **asked)
    assert found.verdict == "unknown"
    assert found.reason.startswith(reason)


def test_a_column_that_is_left_out_is_not_missed() -> None:
    golden = [{"x": 1.0, "v": [1.0, 2.0], "score": 0.5}]
    log = [{"score": 0.5, "extra": "e"}]
    assert parity(golden, log, ignore=("x", "v.*")).verdict == "within"
    assert parity(golden, log, predictions=("score",)).verdict == "within"
    with pytest.raises(UsageError, match="no column is left to compare"):
        parity(golden, log, predictions=("socre",))
    with pytest.raises(UsageError, match=r"--column socre: .* did you mean score"):
        parity(golden, log, tolerances={"socre": 0.1})
    with pytest.raises(DataError, match="no column 'request_id' to match by; there are"):
        parity(golden, log, key="request_id")


def test_a_column_may_have_a_tolerance_of_its_own() -> None:
    golden = [{"x": 100.0, "y": 100.0, "n": 5}]
    log = [{"x": 100.009, "y": 100.2, "n": 6}]
    found = parity(golden, log, tolerances={"y": 0.2001, "n": 1.0})
    assert found.verdict == "within"
    assert parity(golden, log, tolerances={"y": 0.1, "n": 1.0}).differences[0].column == "y"
    assert parity(golden, log, tolerances={"y": 1.0, "x": 0.001, "n": 1.0}).verdict == "differs"


def test_a_vector_is_compared_element_by_element() -> None:
    golden = [{"v": [1.0, -2.0, 300.0]}, {"v": [1.0, -2.0, 300.0]}, {"v": [4.0, 5.0, 6.0]}]
    log = [{"v": [1.0, -2.0, 300.01]}, {"v": [1.0, -2.5, 300.0]}, {"v": [4.0, 5.0]}]
    found = parity(golden, log)
    (column,) = found.columns
    assert (column.name, column.elements, column.differing.count) == ("v", 3, 2)
    assert (column.largest, column.otherwise) == (0.5, 1)
    assert [(each.name, each.column) for each in found.differences] == [
        ("row 3", "v.2"),
        ("row 2", "v.1"),
    ]
    assert (found.differences[0].log, found.differences[0].size) == ("missing", None)


def test_the_top_class_has_to_be_the_same_even_within_tolerance() -> None:
    golden = [{"p": [0.3334, 0.3333, 0.3333]}] * 2
    log = [{"p": [0.3333, 0.3334, 0.3333]}, {"p": [0.3335, 0.3333, 0.3332]}]
    found = parity(golden, log, absolute=1e-3)
    assert found.verdict == "differs"
    assert [(c.name, c.differing.count) for c in found.columns] == [("p.top_class", 1), ("p", 0)]
    assert (found.differences[0].golden, found.differences[0].log) == ("0", "1")
    embedding = parity([{"e": [3.0, 3.001]}], [{"e": [3.001, 3.0]}], absolute=1e-2)
    assert (embedding.verdict, [c.name for c in embedding.columns]) == ("within", ["e"])


def test_sizes_quantiles_and_the_interval_are_those_of_the_rows() -> None:
    rng = np.random.default_rng(4)
    golden = rng.random(1_000)
    moved = np.where(rng.random(1_000) < 0.02, rng.normal(0.0, 2e-3, 1_000), 0.0)
    found = parity(scores(*golden.tolist()), scores(*(golden + moved).tolist()))
    sizes = np.abs(golden - (golden + moved))
    differing = int((sizes > 1e-6 + 1e-4 * golden).sum())
    (column,) = found.columns
    assert column.differing.count == found.inputs.count == differing > 5
    assert column.largest == sizes.max()
    assert column.quantiles == tuple(np.quantile(sizes, [0.5, 0.9, 0.99]))
    exact = binomtest(differing, 1_000).proportion_ci(0.95, "exact")
    assert found.inputs.low == pytest.approx(exact.low)
    assert found.inputs.high == pytest.approx(exact.high)
    worst = sorted(range(1_000), key=lambda i: -sizes[i] / (1e-6 + 1e-4 * golden[i]))[:20]
    assert [each.name for each in found.differences[:5]] == [f"row {i + 1}" for i in worst[:5]]
    assert len(found.differences) == min(differing, 20)


def test_a_frame_goes_in_as_its_records() -> None:
    frame = pd.DataFrame({"id": [1, 2], "score": [0.25, 0.5]})
    golden = [{"id": "1", "score": 0.25}, {"id": "2", "score": 0.5}]
    policy = ParityPolicy(key="id")
    assert parity(golden, frame.to_dict("records"), policy).verdict == "within"


def test_chunks_make_no_difference(tmp_path: Path) -> None:
    rows = [{"id": i, "v": [i / 3, 1.0], "w": "x" * 3_000} for i in range(1_500)]
    del rows[1_200]["v"]
    log = write_jsonl(tmp_path / "log.jsonl", rows)
    assert log.stat().st_size > 4 << 20  # several chunks
    found = parity(log, rows[::-1], key="id")
    assert found.verdict == "within"
    changed = json.loads(json.dumps(rows))
    changed[1_499]["v"][0] += 1.0
    assert [each.name for each in parity(log, changed, key="id").differences] == ["1499"]
