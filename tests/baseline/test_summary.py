import json
from typing import Any

import numpy as np
import pytest

from driftwatch.baseline.summary import histogram, quantiles, stddev, summarize
from tests.baseline.data import built, numeric
from tests.sketch.zoo import LARGEST, SHAPES

SHARES = np.linspace(0.0, 1.0, 41).tolist()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_quantile_is_wrong_by_no_more_than_the_bin_that_holds_it(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(9), 5_000)
    column = numeric(
        built([{"x": value} for value in values.tolist()], categorical=(), numeric=("x",))
    )
    ordered = np.sort(values)
    for share, found in zip(SHARES, quantiles(column, SHARES), strict=True):
        below = np.searchsorted(ordered, found, side="left") / len(values)
        upto = np.searchsorted(ordered, found, side="right") / len(values)
        assert below - 2 / 320 <= share <= upto + 2 / 320


def test_quantiles_lie_between_the_smallest_and_the_largest_value() -> None:
    column = numeric(built([{"x": float(i)} for i in range(200)]))
    assert quantiles(column, (0.0, 1.0)) == [0.0, 199.0]


def test_a_column_without_values_has_no_quantiles_and_no_histogram() -> None:
    column = numeric(built([{"x": None}]))
    assert quantiles(column, (0.5,)) == histogram(column, 5) == []
    assert stddev(column) is None


def test_a_histogram_holds_what_lies_between_the_outer_percents() -> None:
    values = np.random.default_rng(3).normal(size=20_000)
    shares = histogram(numeric(built([{"x": value} for value in values.tolist()])), 10)
    ends = np.linspace(np.quantile(values, 0.01), np.quantile(values, 0.99), 11)
    truth = np.histogram(values, ends)[0] / len(values)
    np.testing.assert_allclose(shares, truth, atol=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_histogram_is_finite_and_no_more_than_the_whole(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(9), 900).tolist()
    shares = histogram(numeric(built([{"x": value} for value in values], numeric=("x",))), 12)
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert sum(shares) <= 1.0 + 1e-9


def test_the_summary_is_one_json_document_with_the_main_figures() -> None:
    rows: list[dict[str, Any]] = [
        {"x": i / 4, "c": "a" if i % 4 else "b", "y": None if i % 2 else 1.5} for i in range(100)
    ]
    summary = summarize(built(rows, predictions=("x",), timestamp=None))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["model"], summary["model_version"], summary["rows"]) == ("fraud", "3", 100)
    x, c, y = summary["columns"]
    assert (x["role"], x["kind"], x["values"], x["missing_ratio"]) == (
        "prediction",
        "numeric",
        100,
        0,
    )
    assert (x["minimum"], x["maximum"], x["mean"]) == (0.0, 24.75, 12.375)
    assert x["stddev"] == pytest.approx(np.std(np.arange(100) / 4))
    assert x["quantiles"]["0.5"] == pytest.approx(12.375, abs=0.25)
    assert c["words"][0] == {"word": "a", "count": 75, "ratio": 0.75}
    assert (c["distinct"], c["other"], c["other_complete"]) == (2, 0, True)
    assert (y["missing_ratio"], y["null"]) == (0.5, 50)


def test_only_the_top_words_are_in_the_summary() -> None:
    rows = [{"c": f"w{i % 30:02}"} for i in range(90)]
    (column,) = summarize(built(rows))["columns"]
    assert len(column["words"]) == 20
    assert (column["more_words"], column["distinct"]) == (10, 30)


def test_of_too_many_words_it_is_not_said_how_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("driftwatch.baseline.words.MAX_WORDS", 500)
    monkeypatch.setattr("driftwatch.baseline.words.SUMMARY_WORDS", 50)
    (column,) = summarize(built([{"c": f"w{i}"} for i in range(600)]))["columns"]
    assert (column["distinct"], column["other"], column["other_complete"]) == (None, 600, False)


def test_what_overflowed_is_null() -> None:
    (column,) = summarize(built([{"x": LARGEST}, {"x": -LARGEST}]))["columns"]
    assert column["stddev"] is None
    json.dumps(column, allow_nan=False)


def test_categories_without_values_have_no_words() -> None:
    (column,) = summarize(built([{"x": None}], categorical=("x",)))["columns"]
    assert (column["words"], column["values"], column["distinct"]) == ([], 0, 0)
