import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline import tally as tally_module
from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import Progress, build, build_with_plans
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.texts import Texts
from driftwatch.errors import DataError, UsageError
from driftwatch.records import Status
from driftwatch.sketch.vocabulary import category_text
from tests.baseline.data import (
    OPTIONS,
    Record,
    built,
    categorical,
    chunks_of,
    column,
    numeric,
    options,
    words,
)
from tests.sketch.zoo import DENORMAL, LARGEST, SHAPES, slow_cell

cells = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.integers()
    | st.floats()
    | st.sampled_from(("a", "b", "3", ""))
    | st.sampled_from(([1.5, 2], ["x"], [], {}, {"k": 1.5}))
)
records = st.lists(st.dictionaries(st.sampled_from("abc"), cells), min_size=1, max_size=30)


@settings(max_examples=150)
@given(records, st.integers(1, 30))
def test_the_size_of_the_chunks_changes_no_byte(rows: list[Record], chunk_rows: int) -> None:
    if not any(rows):
        rows = [*rows, {"a": 1}]
    assert built(rows, chunk_rows).to_bytes() == built(rows).to_bytes()


TOKENS = ("3", "3.0", "+3", "007", "nan", "-inf", "True", "false", "x", "", "-0", "-0.0", "1e300")
LARGE = ("9007199254740993", "9007199254740992", "0.5", "1e22", "99999999999999999999")


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(TOKENS + LARGE), min_size=1, max_size=25)
    | st.lists(st.sampled_from(LARGE), min_size=1, max_size=25),
    st.integers(1, 25),
    st.sampled_from(({}, {"numeric": ("x",)}, {"categorical": ("x",)})),
)
def test_the_size_of_the_chunks_changes_no_byte_for_texts_of_unknown_type(
    cells: list[str], chunk_rows: int, kind: dict[str, Any]
) -> None:
    def chunks(size: int) -> Iterator[Chunk]:
        for start in range(0, len(cells), size):
            part = cells[start : start + size]
            yield Chunk(len(part), {"x": Texts(part)}, closed=True)

    pieces = build(lambda: chunks(chunk_rows), options(**kind))
    assert pieces.to_bytes() == build(lambda: chunks(len(cells)), options(**kind)).to_bytes()
    found = column(pieces, "x")
    assert found.null == cells.count("")
    assert sum(found.cells()) == len(cells)


@pytest.mark.parametrize("seed", range(4))
def test_chunks_change_no_byte_where_words_run_over(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("driftwatch.baseline.survey.BLOCK_ROWS", 64)
    monkeypatch.setattr("driftwatch.baseline.words.MAX_WORDS", 100)
    monkeypatch.setattr("driftwatch.baseline.words.SUMMARY_WORDS", 20)
    monkeypatch.setattr("driftwatch.baseline.words.RARE", 100)
    words = np.random.default_rng(seed).zipf(1.3, 2_000)
    rows = [{"x": f"w{word}"} for word in words]
    whole = built(rows, 2_000)
    assert len(categorical(whole).vocabulary) > 3
    assert (categorical(whole).other_hashes, categorical(whole).other_complete) == ("", False)
    for chunk_rows in (1, 50, 999):
        assert built(rows, chunk_rows).to_bytes() == whole.to_bytes()


@pytest.mark.parametrize("shape", SHAPES)
def test_chunks_change_no_byte_over_many_blocks(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally_module, "BLOCK_ROWS", 700)
    values = SHAPES[shape](np.random.default_rng(2), 4_000).tolist()
    rows = [{"x": value, "c": f"w{i % 900}"} for i, value in enumerate(values)]
    assert built(rows, 611).to_bytes() == built(rows, 4_000).to_bytes()


def zoo_column(seed: int, rows: int) -> list[Any]:
    """Numbers of all sizes, and all that can stand in their place."""
    rng = np.random.default_rng(seed)
    shape = list(SHAPES)[seed % len(SHAPES)]
    values: list[Any] = SHAPES[shape](rng, rows).tolist()
    for odd in (None, "x", True, math.nan, math.inf, -math.inf, [1, "x"]):
        for i in rng.integers(0, rows, rows // 20):
            values[i] = odd
    return values


@pytest.mark.parametrize("seed", range(len(SHAPES)))
def test_numbers_are_counted_where_the_definition_says(seed: int) -> None:
    values = zoo_column(seed, 800)
    found = numeric(built([{"x": value} for value in values], 100, numeric=("x",)))
    layout = found.layout()
    expected = [0] * layout.size
    for value in values:
        number = isinstance(value, float)
        status = Status.VALUE if number else Status.NULL if value is None else Status.WRONG_TYPE
        expected[slow_cell(layout, value if number else math.nan, status)] += 1
    assert found.cells() == expected


@pytest.mark.parametrize("seed", range(5))
def test_words_are_counted_one_after_the_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values: list[Any] = [f"w{x}" for x in rng.zipf(1.3, 3_000)]
    values[::9] = [int(x) for x in rng.integers(0, 9, len(values[::9]))]
    values[::31] = [None] * len(values[::31])
    values[::37] = [True] * len(values[::37])
    found = categorical(built([{"x": value} for value in values], 250))
    truth = Counter(category_text(value) for value in values if value is not None)
    first = Counter(category_text(value) for value in values[::2] if value is not None)
    ranked = sorted(first, key=lambda word: (-first[word], word))
    top = [word for word in ranked if len(truth) <= 256 or first[word] > 1][:256]
    assert list(found.vocabulary) == top
    assert list(found.counts) == [truth[word] for word in top]
    assert found.other == sum(truth.values()) - sum(found.counts)
    assert len(found.hashes()) == len(truth) - len(top)
    assert found.null == values.count(None)


def test_the_moments_are_those_of_the_finite_values() -> None:
    values = np.random.default_rng(1).lognormal(0, 2, 5_000)
    rows = [{"x": value} for value in [*values.tolist(), math.nan, math.inf]]
    found = numeric(built(rows, 333))
    assert found.count == 5_000
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.m2 == pytest.approx(((values - values.mean()) ** 2).sum(), rel=1e-9)
    assert (found.minimum, found.maximum) == (values.min(), values.max())


def test_the_data_have_the_same_fingerprint_in_any_chunks_and_another_if_a_cell_differs() -> None:
    rows: list[dict[str, Any]] = [{"x": i / 3, "c": f"w{i % 70}"} for i in range(500)]
    fingerprint = built(rows).data_fingerprint
    assert built(rows, 7).data_fingerprint == fingerprint
    others: list[tuple[str, Any]] = [
        ("x", 0.1),
        ("x", None),
        ("x", math.nan),
        ("c", "w1"),
        ("c", None),
    ]
    changed = [
        built([*rows[:400], {**rows[400], name: value}, *rows[401:]]).data_fingerprint
        for name, value in others
    ]
    assert len({fingerprint, *changed}) == 1 + len(changed)
    assert built(rows[::-1]).data_fingerprint != fingerprint
    assert built([{"y": row["x"], "c": row["c"]} for row in rows]).data_fingerprint != fingerprint


@pytest.mark.parametrize("value", [3.25, 0.0, -0.0, DENORMAL, -DENORMAL, LARGEST, -LARGEST])
@pytest.mark.parametrize("rows", [1, 2, 700])
def test_a_constant_has_a_bin_of_its_own(value: float, rows: int) -> None:
    found = numeric(built([{"x": value}] * rows))
    layout = found.layout()
    at = int(np.searchsorted(layout.edges, value, side="right"))
    assert found.bins[at] == rows
    assert (found.mean, found.m2) == (value, 0.0)


def test_zero_is_written_without_a_sign() -> None:
    assert b"-0.0" not in built([{"x": -0.0, "y": 1.5}, {"x": -0.0, "y": 2.5}]).to_bytes()


def test_values_whose_moments_overflow_are_counted_all_the_same() -> None:
    rows = [{"x": LARGEST}, {"x": -LARGEST}] * 400
    baseline = built(rows)
    found = numeric(baseline)
    assert (found.count, found.minimum, found.maximum) == (800, -LARGEST, LARGEST)
    assert found.m2 is None
    assert Baseline.model_validate(baseline.model_dump()) == baseline


def test_a_column_without_values_is_kept_with_nothing_to_compare() -> None:
    found = numeric(built([{"x": None, "y": 1.5}, {"y": 2.5}]))
    assert (found.null, found.absent, found.count, found.bins) == (1, 1, 0, (0,))
    assert (found.minimum, found.mean, found.m2) == (None, None, None)


def test_one_row_is_enough() -> None:
    baseline = built([{"x": 1.5, "c": "a", "b": True}])
    assert baseline.rows == 1
    assert words(baseline, "c") == {"a": 1}


@pytest.mark.parametrize("rows", [[], [{}], [{}, {}]])
def test_without_rows_or_columns_there_is_no_baseline(rows: list[Record]) -> None:
    with pytest.raises((DataError, UsageError)):
        built(rows)


def test_without_rows_the_data_are_at_fault() -> None:
    with pytest.raises(DataError, match="no rows"):
        built([])


def test_a_baseline_of_nothing_monitored_is_refused() -> None:
    with pytest.raises(UsageError, match="no column is left to monitor"):
        built([{"a": 1}], ignore=("a",))


def test_columns_have_their_roles_and_the_timestamp_is_a_name_only() -> None:
    row = {"amount": 1.5, "id": "x", "ts": "2026-01-01", "score": 0.5, "fraud": True}
    baseline = built(
        [row], predictions=("score",), labels=("fraud",), timestamp="ts", ignore=("id",)
    )
    roles = {column.name: column.role for column in baseline.columns}
    assert roles == {"amount": "feature", "score": "prediction", "fraud": "label"}
    assert baseline.timestamp == "ts"


def test_a_thousand_columns_are_kept_apart() -> None:
    rng = np.random.default_rng(0)
    rows = [
        {f"spalte-{i}-é": float(x) for i, x in enumerate(rng.normal(size=1_000))} for _ in range(60)
    ]
    baseline = built(rows, 25)
    assert len(baseline.columns) == 1_000
    for i in (0, 500, 999):
        found = numeric(baseline, f"spalte-{i}-é")
        assert found.minimum == min(row[found.name] for row in rows)
        assert found.count == 60


def test_where_an_object_is_null_its_parts_are_null() -> None:
    rows: list[Record] = [
        {"user": {"age": 1.5}},
        {"user": None},
        {},
        {"user": {"age": None}},
        {"user": {}},
    ]
    baseline = built(rows, 2)
    assert [column.name for column in baseline.columns] == ["user.age"]
    found = numeric(baseline, "user.age")
    assert (found.count, found.null, found.absent) == (1, 2, 2)


def test_where_an_array_is_null_its_elements_are_null() -> None:
    rows: list[Record] = [{"v": [1.5, 2.5]}, {"v": None}, {"v": []}, {"v": [3.5]}, {"v": ["x"]}]
    baseline = built(rows, 2)
    assert [column.name for column in baseline.columns] == ["v.0", "v.1"]
    counted = [(c.null, c.absent) for c in (numeric(baseline, "v.0"), numeric(baseline, "v.1"))]
    assert counted == [(1, 2), (1, 3)]


def test_a_value_that_is_elsewhere_an_object_is_a_column_of_its_own() -> None:
    baseline = built([{"a": 1.5}, {"a": {"b": 2.5}}, {"a": None}])
    assert [(c.name, c.null, c.absent) for c in baseline.columns] == [("a", 1, 1), ("a.b", 0, 2)]


def test_ids_have_no_word_in_the_vocabulary() -> None:
    found = categorical(built([{"x": f"id-{i}"} for i in range(2_000)]))
    assert found.vocabulary == ()
    assert (found.other, len(found.hashes()), found.other_complete) == (2_000, 2_000, True)


def test_with_more_words_than_can_be_kept_nothing_will_be_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("driftwatch.baseline.words.MAX_WORDS", 1_000)
    monkeypatch.setattr("driftwatch.baseline.words.SUMMARY_WORDS", 100)
    rows = [{"x": "often" if i // 2 % 2 else f"id-{i}"} for i in range(40_000)]
    baseline = built(rows, 3_000)
    assert built(rows, 12_345).to_bytes() == baseline.to_bytes()
    found = categorical(baseline)
    assert found.vocabulary == ("often",)
    assert (found.counts, found.other) == ((20_000,), 20_000)
    assert (found.other_hashes, found.other_complete) == ("", False)
    assert not found.layout().other_complete


def test_progress_is_told_after_each_chunk_of_each_pass() -> None:
    told: list[Progress] = []
    rows = [{"x": float(i)} for i in range(5)]
    build(lambda: chunks_of(rows, 2), OPTIONS, told.append)
    assert [(p.step, p.steps, p.rows) for p in told] == [
        *((1, 2, rows_read) for rows_read in (2, 4, 5)),
        *((2, 2, rows_read) for rows_read in (2, 4, 5)),
    ]


def test_a_text_that_comes_late_makes_three_passes() -> None:
    told: list[Progress] = []
    rows: list[Record] = [{"x": 1.5}, {"x": "a"}]
    build(lambda: chunks_of(rows, 1), OPTIONS, told.append)
    assert [(p.step, p.steps) for p in told] == [(1, 2)] * 2 + [(2, 3)] * 2 + [(3, 3)] * 2


@pytest.mark.parametrize(
    "second",
    [
        [{"x": 1.5, "c": "a"}],
        [{"x": 1.5, "c": "a"}, {"x": 2.5, "c": "b"}, {"x": 2.5, "c": "b"}],
        [{"x": 1.5, "c": "a"}, {"x": 9.5, "c": "b"}],
        [{"x": 1.5, "c": "a"}, {"x": 2.5, "c": "z"}],
    ],
)
def test_data_that_change_between_the_passes_are_an_error(second: list[Record]) -> None:
    first: list[Record] = [{"x": 1.5, "c": "a"}, {"x": 2.5, "c": "b"}]
    passes = iter([first, second])
    with pytest.raises(DataError, match="changed while it was read"):
        build(lambda: chunks_of(next(passes), 1), OPTIONS)


def test_the_plans_say_how_many_values_differ() -> None:
    rows = [{"f": i / 2, "c": f"w{i % 7}", "i": i % 3, "n": None} for i in range(100)]
    built_ = build_with_plans(lambda: chunks_of(rows, 30), OPTIONS)
    assert [plan.distinct for plan in built_.plans] == [100, 7, 3, 0]


def test_options_are_checked_before_the_data_are_read() -> None:
    def unread() -> Any:
        raise AssertionError("the data were read")

    with pytest.raises(UsageError):
        build(unread, options(ignore=("a",), labels=("a",)))


def test_the_counts_are_in_the_order_of_the_layout() -> None:
    rows: list[Record] = [{"x": 1.5, "c": "a"}, {"x": None, "c": "b"}, {"x": 2.5, "c": "a"}]
    baseline = built(rows)
    layout, counts = baseline.layout(), baseline.counts()
    assert counts.rows == 3
    assert counts.cells[layout.starts[1] :].tolist() == [2, 1, 0, 0, 0, 0, 0]
    assert counts.cells[: layout.starts[1]].tolist() == column(baseline, "x").cells()
    assert counts.moments.mean.tolist() == [2.0]
