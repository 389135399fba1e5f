"""What each kind of derivation makes of values of every sort."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.derive.arrays import MOST_LISTS, Shape, shape
from driftwatch.derive.derivation import Derivation
from driftwatch.derive.kinds import parse_derivation
from driftwatch.derive.probabilities import Probabilities
from driftwatch.derive.text import Text
from driftwatch.derive.vector import PROJECTIONS, Vector, _directions
from driftwatch.errors import UsageError
from driftwatch.records import ABSENT, WRONG_TYPE
from tests.derive.training import DERIVED, FIRST_S

PINNED = [[-1.0, 1.0, 5.0, 1.0], [5.0, 3.0, 3.0, 3.0], [-1.0, -3.0, -1.0, -3.0]]
"""The first weights of the first elements; other ones would make every artifact a lie."""

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=5)
    | st.sampled_from([ABSENT, WRONG_TYPE]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def made(derivation: Derivation, *values: Any, served: int = FIRST_S) -> dict[str, list[Any]]:
    """The columns of some values by the last part of their names."""
    times = np.full(len(values), served * 1_000_000)
    columns = derivation.compute(values, times)
    names = [name.removeprefix(f"{derivation.source}.") for name in derivation.columns]
    return {name: list(cells) for name, cells in zip(names, columns, strict=True)}


@settings(max_examples=30)
@given(st.lists(VALUES, max_size=6))
def test_any_value_makes_cells_of_the_promised_kind_and_no_error(values: list[Any]) -> None:
    for derivation in (*DERIVED, Vector(source="v", mean=(0.0, 1.0))):
        columns = derivation.compute(values, np.zeros(len(values), dtype=np.int64))
        assert len(columns) == len(derivation.columns) == len(derivation.kinds)
        for kind, cells in zip(derivation.kinds, columns, strict=True):
            assert len(cells) == len(values)
            for value, cell in zip(values, cells, strict=True):
                assert (
                    cell is None
                    or type(cell) is (float if kind == "numeric" else str)
                    or (cell is ABSENT or cell is WRONG_TYPE)
                )
                assert (cell is ABSENT) == (value is ABSENT)
                assert value is not None or cell is None


@settings(max_examples=30)
@given(st.lists(VALUES, min_size=1, max_size=6))
def test_a_value_makes_the_same_cells_whatever_stands_beside_it(values: list[Any]) -> None:
    for derivation in (*DERIVED, Vector(source="v", mean=(0.0, 1.0))):
        times = np.zeros(len(values), dtype=np.int64)
        together = derivation.compute(values, times)
        for i, value in enumerate(values):
            alone = derivation.compute([value], times[:1])
            assert [repr(c[0]) for c in alone] == [repr(c[i]) for c in together]


def test_a_text_is_measured_in_characters() -> None:
    columns = made(Text(source="t"), "naïve café", "", "\t\n")
    assert columns["length"] == [10.0, 0.0, 2.0]
    assert columns["words"] == [2.0, 0.0, 0.0]
    assert columns["non_ascii"] == [0.2, 0.0, 0.0]
    assert columns["empty"] == ["false", "true", "true"]


def test_an_age_counts_from_the_record_and_is_negative_ahead_of_it() -> None:
    age = parse_derivation("age:created")
    values = (FIRST_S - 90, "2023-11-14T22:13:30Z", (FIRST_S - 1) * 1000, "soon", True, None)
    assert made(age, *values)["age_seconds"] == [90.0, -10.0, 1.0, WRONG_TYPE, WRONG_TYPE, None]


def test_an_age_takes_numbers_in_the_given_unit() -> None:
    assert made(parse_derivation("age:created=ms"), FIRST_S * 1000 - 500)["age_seconds"] == [0.5]


def test_a_row_without_a_time_has_no_age() -> None:
    found = parse_derivation("age:created").compute([FIRST_S], np.array([-1]))
    assert found == [[None]]


def test_directions_are_those_of_every_machine() -> None:
    directions, norms = _directions(3)
    assert directions[:, :4].tolist() == PINNED
    assert norms[0] == math.sqrt(sum(row[0] ** 2 for row in PINNED))
    assert _directions(5)[0][:3].tolist() == directions.tolist()


def test_projections_are_products_with_unit_vectors() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 300)) * np.exp(rng.normal(size=(20, 1)) * 50)
    directions, norms = _directions(300)
    assert np.allclose(np.linalg.norm(directions / norms, axis=0), 1.0)
    found = made(Vector(source="v", mean=(0.0,) * 300), *vectors.tolist())
    wanted = vectors @ (directions / norms)
    for i in range(PROJECTIONS):
        scale = np.linalg.norm(vectors, axis=1)
        assert np.abs(np.array(found[f"projection.{i:02d}"]) - wanted[:, i]).max() < 1e-9 * max(
            scale
        )
    assert np.allclose(found["norm"], np.linalg.norm(vectors, axis=1))
    assert found["distance"] == found["norm"]  # from a mean of zeros


def test_a_vector_that_many_records_share_stays_one_value_in_any_batch() -> None:
    rng = np.random.default_rng(1)
    default = rng.normal(size=768).tolist()
    others = rng.normal(size=(50, 768)).tolist()
    vector = Vector(source="v", mean=tuple(rng.normal(size=768).tolist()))
    alone = {name: cells[0] for name, cells in made(vector, default).items()}
    among = {
        name: cells[7] for name, cells in made(vector, *others[:7], default, *others[7:]).items()
    }
    assert alone == among


def test_a_vector_of_another_length_shows_in_its_size_and_its_projections() -> None:
    columns = made(Vector(source="v", mean=(0.0, 0.0)), [3, 4], [3, 4, 0], [], [True, 1], "v")
    assert columns["size"] == ["2", "3", "0", "2", WRONG_TYPE]
    assert columns["norm"][:2] == [5.0, 5.0]
    assert columns["distance"] == [5.0, WRONG_TYPE, WRONG_TYPE, WRONG_TYPE, WRONG_TYPE]


def test_an_element_that_is_not_finite_makes_numbers_that_are_none() -> None:
    columns = made(Vector(source="v", mean=(0.0, 0.0)), [math.inf, 1.0], [math.nan, 1.0])
    assert all(math.isnan(cell) and cell is not WRONG_TYPE for cell in columns["norm"])
    assert all(math.isnan(cell) and cell is not ABSENT for cell in columns["projection.31"])


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        ([[[0] * 4] * 3] * 2, "2x3x4"),
        ([1, 2, 3], "3"),
        ([[]], "1x0"),
        ([[1], [2, 3]], "ragged"),
        ([[1], 2], "ragged"),
        ([[1, [2]], [3, 4]], "ragged"),
    ],
)
def test_a_shape_is_that_of_all_axes(array: list[Any], expected: str) -> None:
    assert shape(array) == expected


def test_a_shape_takes_bounded_work() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert shape(deep).count("x") == 15
    assert shape([[0, 0]] * (MOST_LISTS + 5)) == f"{MOST_LISTS + 5}x2"
    assert made(Shape(source="s"), "no array")["shape"] == [WRONG_TYPE]


def test_probabilities_say_which_class_and_how_surely() -> None:
    scores = Probabilities(source="p", classes=("cat", "dog", "eel"))
    columns = made(scores, [0.2, 0.7, 0.1], {"eel": 1.0, "cat": 0.0}, [1, 1, 1], [0, 0, 0])
    assert columns["top_class"] == ["dog", "eel", "cat", None]
    assert columns["confidence"] == [0.7, 1.0, 1.0, 0.0]
    assert columns["margin"] == pytest.approx([0.5, 1.0, 0.0, 0.0])
    expected = -sum(p * math.log(p) for p in (0.2, 0.7, 0.1))
    assert columns["entropy"][:3] == pytest.approx([expected, 0.0, math.log(3)], abs=1e-8)
    assert columns["entropy"][3] is None


def test_what_is_no_probability_is_of_the_wrong_type() -> None:
    columns = made(
        Probabilities(source="p", classes=("a", "b")), [1.2, -0.2], [1.0], {"a": "x"}, {}
    )
    assert all(cells == [WRONG_TYPE] * 4 for cells in columns.values())


def test_classes_without_names_go_by_their_numbers() -> None:
    assert made(Probabilities(source="p"), [0.1, 0.9], [0.2, 0.3, 0.5])["top_class"] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("review", "expected KIND:SOURCE"),
        ("texts:review", "KIND is one of text, age"),
        ("text:", "expected KIND:SOURCE"),
        ("text:review=5", "text takes nothing after"),
        ("age:created=h", "no unit 'h'; expected one of auto, s, ms, us, ns"),
        ("probabilities:p=a,,b", "each class needs a name of its own"),
        ("probabilities:p=a,a", "each class needs a name of its own"),
    ],
)
def test_what_can_t_be_derived_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_derivation(text)
