from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from driftwatch.baseline import survey as survey_module
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.survey import Survey
from driftwatch.errors import DataError, UsageError
from tests.baseline.data import OPTIONS, built, built_of, categorical, column, options, words, write


def kind_of(values: Sequence[Any], chunk_rows: int = 1_000, **given: Any) -> str:
    return column(built([{"x": value} for value in values], chunk_rows, **given), "x").kind


def csv_words(path: Path, cells: Sequence[str], **given: Any) -> dict[str, int]:
    """The words of a CSV column."""
    lines = "".join(f"{cell},0\n" for cell in cells)
    return words(built_of(write(path / "a.csv", f"x,y\n{lines}"), **given))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, 2.5], "numeric"),
        ([1.0, 2.0], "numeric"),
        ([1, 2.0], "numeric"),
        ([1, 2], "categorical"),
        (range(50), "categorical"),
        (range(51), "numeric"),
        ([10**15 * i for i in range(51)], "numeric"),
        ([2**60 + i for i in range(51)], "numeric"),
        ([2**60 + i for i in range(50)], "categorical"),
        ([True, False], "categorical"),
        (["a", "b"], "categorical"),
        (["1.5", "2.5"], "categorical"),
        ([1.5, "a"], "categorical"),
        ([1.5, True], "categorical"),
        ([1.5, None], "numeric"),
        ([1.5, float("nan"), float("inf")], "numeric"),
        ([1.5, [1, "a"], {}], "numeric"),
        ([None, None], "numeric"),
        ([[], {}], "numeric"),
    ],
)
@pytest.mark.parametrize("chunk_rows", [1, 1_000])
def test_the_kind_is_what_the_values_suggest(
    values: Sequence[Any], kind: str, chunk_rows: int
) -> None:
    assert kind_of(values, chunk_rows) == kind


@pytest.mark.parametrize(
    "values", [[1, 2], ["a", "b"], [1.5, 2.5], [True], [None], [1, "x"], range(60)]
)
def test_a_kind_that_was_asked_for_is_taken(values: Sequence[Any]) -> None:
    assert kind_of(values, numeric=("x",)) == "numeric"
    assert kind_of(values, categorical=("x",)) == "categorical"


def test_what_is_no_number_in_a_column_asked_to_be_numeric_is_of_the_wrong_type() -> None:
    found = column(
        built([{"x": v} for v in (1, "n/a", True, None, ["y"], 2.5)], numeric=("x",)), "x"
    )
    assert (found.wrong_type, found.null) == (3, 1)


def test_few_integers_are_counted_as_categories() -> None:
    assert words(built([{"x": v} for v in (3, 1, 3, None, 2**60 + 1)], 2)) == {
        "3": 2,
        "1": 1,
        "1152921504606846977": 1,
    }


def test_numbers_before_the_first_text_are_counted_too() -> None:
    values = [*range(60), 7, "x", 1.5]
    for chunk_rows in (1, 7, 100):
        baseline = built([{"x": value} for value in values], chunk_rows)
        assert words(baseline)["7"] == 2
        assert len(words(baseline)) + len(categorical(baseline).hashes()) == 62


def test_csv_columns_that_are_all_numbers_have_the_words_of_numbers(tmp_path: Path) -> None:
    assert csv_words(tmp_path, ["3", "+3", "", "5"]) == {"3": 2, "5": 1}
    assert csv_words(tmp_path, ["3.0", "3", "2.50"], categorical=("x",)) == {"3": 2, "2.5": 1}


def test_csv_numbers_that_are_not_finite_are_no_category(tmp_path: Path) -> None:
    assert csv_words(tmp_path, ["3.0", "NaN", "inf"], categorical=("x",)) == {"3": 1}


def test_csv_columns_that_are_all_booleans_are_read_whatever_their_case(tmp_path: Path) -> None:
    assert csv_words(tmp_path, ["True", "false", "TRUE", ""]) == {"true": 2, "false": 1}
    assert csv_words(tmp_path, ["True", "maybe", "TRUE"]) == {"True": 1, "maybe": 1, "TRUE": 1}


def test_csv_columns_with_one_text_keep_all_cells_as_they_are_written(tmp_path: Path) -> None:
    assert csv_words(tmp_path, ["3.0", "3", "x"]) == {"3.0": 1, "3": 1, "x": 1}


def test_csv_texts_with_leading_zeros_are_codes(tmp_path: Path) -> None:
    assert csv_words(tmp_path, ["01067", "10115"]) == {"01067": 1, "10115": 1}


def test_where_words_run_over_the_columns_with_most_give_theirs_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(survey_module, "MAX_ALL_WORDS", 20_000)
    records = [{"id": f"i{i}", "x": f"w{i % 100}"} for i in range(30_000)]
    baseline = built(records)
    assert not categorical(baseline, "id").other_complete
    assert categorical(baseline, "x").other_complete
    assert set(words(baseline).values()) == {300}


def test_a_column_without_a_name_is_an_error() -> None:
    with pytest.raises(DataError, match="a column has no name"):
        built([{"": 1}])


def test_a_name_that_is_half_a_character_is_an_error() -> None:
    with pytest.raises(DataError, match="not valid Unicode"):
        built([{"a\ud800": 1}])


def test_values_used_as_keys_end_in_an_error_not_in_a_million_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(survey_module, "MAX_COLUMNS", 20)
    with pytest.raises(DataError, match="more than 20 columns, the last one 'user20'"):
        built([{f"user{i}": 1} for i in range(30)], 4)


def test_a_wrong_name_ends_the_first_pass_at_once_where_all_columns_are_known() -> None:
    survey = Survey(options(ignore=("b",)))
    with pytest.raises(UsageError, match="--ignore b"):
        survey.add(Chunk(1, Chunk.from_records([{"a": 1}]).columns, closed=True))


def test_a_name_may_turn_up_late_where_columns_are_not_known_before() -> None:
    assert [c.name for c in built([{"a": 1}, {"b": 1}], 1, ignore=("b",)).columns] == ["a"]


def test_ignored_columns_cost_no_memory() -> None:
    survey = Survey(options(ignore=("id",), timestamp="ts"))
    survey.add(Chunk.from_records([{"id": "x", "ts": 1, "a": 1}]))
    assert list(survey.columns) == ["a"]
    assert list(survey.names) == ["id", "ts", "a"]


def test_the_summaries_of_many_columns_are_coarser() -> None:
    survey = Survey(OPTIONS)
    survey.add(Chunk.from_records([{f"c{i}": 0.5 for i in range(300)}]))
    sizes = [column.summary.k for column in survey.columns.values()]
    assert sizes == [16_384] * 250 + [4_096] * 50
