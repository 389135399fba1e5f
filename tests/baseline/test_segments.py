"""Conditions and segments in a baseline: what is counted of which rows."""

from typing import Any

import numpy as np
import pytest

from driftwatch.baseline import tally
from driftwatch.baseline.artifact import Baseline, load_baseline
from driftwatch.baseline.told import told
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.kinds import parse_derivation
from driftwatch.errors import BaselineError, DataError, UsageError
from tests.baseline.data import built, built_of_arrays, categorical, numeric

RNG = np.random.default_rng(0)
ROWS = 4_000
PEOPLE = RNG.integers(1, 500, ROWS).astype(np.float64)
WEATHER = RNG.choice(np.array(["sunny", "rain", None], dtype=object), ROWS)
AMOUNT = RNG.normal(size=ROWS)
TIMES = 1_700_000_000_000_000 + RNG.permutation(ROWS) * 60_000_000


def condition(role: Any, text: str, name: str = "some") -> NamedCondition:
    return NamedCondition(name=name, role=role, text=text)


def of_arrays(*conditions: NamedCondition, times: Any = TIMES, **given: Any) -> Baseline:
    columns = {"people": PEOPLE, "weather": WEATHER, "amount": AMOUNT}
    return built_of_arrays(columns, times, conditions=conditions, **given)


@pytest.mark.parametrize("times", [TIMES, None], ids=["timed", "unordered"])
def test_a_segment_is_what_a_baseline_of_its_rows_alone_would_measure(times: Any) -> None:
    segment = condition("segment", "people < 40")
    inside = people_below(40)
    own = of_arrays(segment, times=times).of("some")
    # The same edges: of the same values, which all rows are made of twice.
    alone = built_of_arrays(
        {"people": PEOPLE[inside], "weather": WEATHER[inside], "amount": AMOUNT[inside]},
        None if times is None else times[inside],
    )
    assert own.rows == alone.rows == int(inside.sum())
    assert (own.order, own.block_sizes) == (alone.order, alone.block_sizes)
    assert own.volume == alone.volume
    weather = categorical(own, "weather")
    counted = {w: n for w, n in zip(weather.vocabulary, weather.counts, strict=True) if n}
    expected = categorical(alone, "weather")
    assert counted == dict(zip(expected.vocabulary, expected.counts, strict=True))
    assert weather.null == expected.null
    amount, of_alone = numeric(own, "amount"), numeric(alone, "amount")
    assert (amount.minimum, amount.maximum) == (of_alone.minimum, of_alone.maximum)
    assert amount.mean == pytest.approx(of_alone.mean)
    assert [column.layout().size for column in own.columns] == [
        column.layout().size for column in of_arrays(segment, times=times).columns
    ]


def people_below(most: float) -> np.ndarray[Any, Any]:
    return most > PEOPLE


def test_a_segment_of_all_rows_has_the_measurements_of_the_whole() -> None:
    whole = of_arrays(condition("segment", "people > 0"))
    own = whole.of("some")
    assert own.model_dump(exclude={"conditions", "segments"}) == whole.model_dump(
        exclude={"conditions", "segments"}
    )


def test_words_that_the_first_half_chose_are_judged_by_the_other_half_in_a_segment_too() -> None:
    ids = np.array([f"id-{i // 3}" for i in range(ROWS)], dtype=object)
    parts = np.array(["first", "second"] * (ROWS // 2), dtype=object)
    asked = tuple(condition("segment", f"part = '{name}'", name) for name in ("first", "second"))
    whole = built_of_arrays({"id": ids, "part": parts}, TIMES, conditions=asked)
    half, other = (categorical(each, "id").half for each in (whole, whole.of("second")))
    assert other == half
    first = categorical(whole.of("first"), "id").half
    assert first is not None
    assert sum(first.values) == 0


def test_the_order_of_a_segment_does_not_depend_on_the_blocks_that_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = condition("segment", "people < 250")
    at_once = of_arrays(asked).of("some")
    monkeypatch.setattr(tally, "BLOCK_ROWS", 256)
    in_blocks = of_arrays(asked).of("some")
    for one, other in zip(at_once.columns, in_blocks.columns, strict=True):
        assert one.phi == other.phi
        assert one.self_test == other.self_test
        assert one.cells() == other.cells()


def test_a_condition_is_a_column_of_true_and_false_and_null_where_sql_would_not_know() -> None:
    found = of_arrays(condition("rate", "weather = 'sunny'"))
    column = categorical(found, "rate.some")
    counts = dict(zip(column.vocabulary, column.counts, strict=True))
    assert (column.role, found.segments) == ("rate", ())
    assert counts == {
        "true": int((WEATHER == "sunny").sum()),
        "false": int((WEATHER == "rain").sum()),
    }
    assert column.null == sum(word is None for word in WEATHER)


def test_a_rule_that_no_row_violates_has_a_count_of_violations_all_the_same() -> None:
    column = categorical(of_arrays(condition("contract", "people > 0")), "contract.some")
    assert dict(zip(column.vocabulary, column.counts, strict=True)) == {"true": ROWS, "false": 0}


def test_a_segment_without_rows_is_an_error() -> None:
    with pytest.raises(DataError, match=r"segment some: no row of the data meets 'people > 900'"):
        of_arrays(condition("segment", "people > 900"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("peopel > 5", "(?s)--segment some: .*peopel.*\\^"),
        ("people >", "--segment some: "),
        ("people = 'many'", "--segment some: "),
    ],
)
def test_a_condition_that_can_t_be_asked_is_an_error_that_points_into_it(
    text: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        of_arrays(condition("segment", text))


@pytest.mark.parametrize("name", ["", "new customers", "7up", "a-b", "all"])
def test_a_segment_needs_a_name_that_a_label_can_have(name: str) -> None:
    with pytest.raises(UsageError, match="--segment"):
        of_arrays(condition("segment", "people > 5", name))


def test_names_of_conditions_differ_within_a_role() -> None:
    two = condition("rate", "people > 5"), condition("rate", "people > 6")
    with pytest.raises(UsageError, match="--rate some: given twice"):
        of_arrays(*two)
    both = condition("rate", "people > 5"), condition("segment", "people > 6")
    assert len(of_arrays(*both).conditions) == 2


def test_a_column_of_the_data_with_a_made_column_s_name_is_an_error() -> None:
    rows = [{"review": "x", "review.length": 3.0, "rate.some": 1.0}] * 3
    with pytest.raises(DataError, match=r"the data has a column 'review.length'"):
        built(rows, derived=(parse_derivation("text:review"),))
    with pytest.raises(UsageError, match=r"the data has a column 'rate.some'"):
        built(rows, conditions=(condition("rate", "review = 'x'"),))


def test_a_source_that_the_data_lack_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"--derive reveiw: .*did you mean review\?"):
        built([{"review": "x"}], derived=(parse_derivation("text:reveiw"),))


def test_a_vector_that_is_none_anywhere_is_an_error() -> None:
    with pytest.raises(UsageError, match="--derive vector:v: no row holds a vector"):
        built([{"v": "x"}, {"v": [None, 1]}], derived=(parse_derivation("vector:v"),))


def test_an_age_without_times_is_an_error() -> None:
    with pytest.raises(UsageError, match="an age needs the time of each row; --timestamp"):
        built([{"created": 1e9}], derived=(parse_derivation("age:created"),))


def test_the_mean_is_of_the_most_frequent_length() -> None:
    rows: list[dict[str, Any]] = [
        {"v": [1, 2, 3]},
        {"v": [1, 5]},
        {"v": [3, 7]},
        {"v": [float("inf"), 1]},
        {"v": None},
    ]
    (vector,) = built(rows * 50, derived=(parse_derivation("vector:v"),)).derived
    assert vector.kind == "vector"
    assert vector.mean == (2.0, 6.0)


def test_a_derived_column_has_the_role_of_its_source() -> None:
    rows = [{"answer": "yes", "scores": [0.5, 0.5]}] * 3
    derived = (parse_derivation("text:answer"), parse_derivation("probabilities:scores"))
    found = built(rows, derived=derived, predictions=("answer",))
    assert {column.role for column in found.columns} == {"prediction"}
    assert [each.source_role for each in found.derived] == ["prediction", "prediction"]


def test_single_derived_columns_can_be_left_out() -> None:
    derived = (parse_derivation("vector:v"),)
    found = built([{"v": [1.0, 2.0]}] * 3, derived=derived, ignore=("v.projection.*",))
    assert [column.name for column in found.columns] == ["v.norm", "v.distance", "v.size"]


def test_what_is_made_and_asked_is_told() -> None:
    found = of_arrays(
        condition("segment", "people < 3", "few"),
        condition("segment", "people > 0", "each"),
        condition("rate", "weather = 'sunny'", "sun"),
        condition("contract", "people < 400", "room"),
    )
    lines = told(found)
    few = int((PEOPLE < 3).sum())
    assert f"segment few: {100 * few / ROWS:.2g}% of the rows ({few}): people < 3" in lines
    assert "segment few: with fewer than 50 rows no change can be told from chance" in lines
    assert "segment each: it holds for all rows, so it says nothing of its own" in lines
    assert any(line.startswith("rate sun: 3") and ", unknown for 3" in line for line in lines)
    broken = 100 * (PEOPLE >= 400).mean()
    assert f"contract room: violated by {broken:.1f}% of the rows: people < 400" in lines
    assert any(line.startswith("volume: 60 records an hour") for line in lines)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"conditions": ()}, "the segments are not those of the conditions"),
        ({"segments": ()}, "the segments are not those of the conditions"),
        (
            {"conditions": (condition("segment", "people < 9", "all"),)},
            "a segment can't be called 'all'",
        ),
        (
            {"conditions": (condition("segment", "people < 9", "else"),)},
            "segment 'else' has no column of true and false",
        ),
    ],
)
def test_an_artifact_whose_parts_do_not_fit_is_refused(
    edit: dict[str, Any], said: str, tmp_path: Any
) -> None:
    found = of_arrays(condition("segment", "people < 9"))
    found.save(tmp_path / "whole.json")
    assert load_baseline(tmp_path / "whole.json") == found
    found.model_copy(update=edit).save(tmp_path / "edited.json")
    with pytest.raises(BaselineError, match=said):
        load_baseline(tmp_path / "edited.json")


def test_a_segment_on_other_cells_is_refused(tmp_path: Any) -> None:
    found = of_arrays(condition("segment", "people < 9"))
    own = found.segments[0].baseline
    less = own.model_copy(update={"columns": own.columns[1:]})
    changed = found.segments[0].model_copy(update={"baseline": less})
    found.model_copy(update={"segments": (changed,)}).save(tmp_path / "b.json")
    with pytest.raises(BaselineError, match="the cells of segment 'some' are not those"):
        load_baseline(tmp_path / "b.json")
