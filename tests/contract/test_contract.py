"""A contract says of a record which rules fail and how far outside of training it lies."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline.artifact import Baseline
from driftwatch.contract import Contract, Outside
from tests.contract.orders import orders, orders_baseline


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return orders_baseline()


@pytest.fixture(scope="module")
def contract(baseline: Baseline) -> Contract:
    return Contract.from_baseline(baseline)


ORDER = orders(1, 9)[0] | {"coupon": "A"}


def test_a_record_like_those_of_training_is_fine(contract: Contract) -> None:
    verdict = contract.check(ORDER)
    assert (verdict.failed, verdict.unknown, verdict.outside) == ((), (), ())
    assert verdict.ok
    assert verdict.distance == 0.0


def test_every_rule_that_is_false_is_named(contract: Contract) -> None:
    verdict = contract.check(ORDER | {"country": "XX", "amount": -1.0, "note": "a" * 30})
    assert verdict.failed == ("known_country", "short", "priced")
    assert not verdict.ok


def test_a_rule_that_lacks_a_value_is_unknown_and_fails_nobody(contract: Contract) -> None:
    verdict = contract.check({key: ORDER[key] for key in ORDER if key not in ("user", "items")})
    assert verdict.unknown == ("age_range", "few", "priced")
    assert verdict.ok


def test_a_flat_record_is_the_same_as_a_nested_one(contract: Contract) -> None:
    nested = ORDER | {"user": {"age": 3.0}}
    other = {key: value for key, value in nested.items() if key != "user"} | {"user.age": 3.0}
    assert contract.check(nested) == contract.check(other)
    assert contract.check(nested).failed == ("age_range",)


def test_numbers_outside_are_measured_in_standard_deviations(
    contract: Contract, baseline: Baseline
) -> None:
    (age,) = [column for column in baseline.columns if column.name == "user.age"]
    assert age.kind == "numeric"
    assert age.maximum is not None
    assert age.minimum is not None
    deviation = math.sqrt((age.m2 or 0.0) / age.count)
    above = contract.check(ORDER | {"user": {"age": age.maximum + 2 * deviation}})
    below = contract.check(ORDER | {"user": {"age": age.minimum - 3 * deviation}})
    assert [(o.column, o.how) for o in above.outside] == [("user.age", "above")]
    assert [(o.column, o.how) for o in below.outside] == [("user.age", "below")]
    assert above.distance == pytest.approx(2)
    assert below.distance == pytest.approx(3)
    assert contract.check(ORDER | {"user": {"age": math.inf}}).distance == math.inf


@pytest.mark.parametrize(
    ("column", "value", "how"),
    [
        ("country", "XX", "new"),
        ("country", None, "missing"),
        ("country", ["DE"], "wrong_type"),
        ("amount", math.nan, "missing"),
        ("amount", "12", "wrong_type"),
        ("amount", True, "wrong_type"),
        ("items", 9, "new"),
        ("member", "perhaps", "new"),
    ],
)
def test_what_can_not_be_measured_counts_one(
    contract: Contract, column: str, value: Any, how: str
) -> None:
    assert contract.check(ORDER | {column: value}).outside == (Outside(column, how, 1.0),)  # type: ignore[arg-type]  # a word of the parameters


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("coupon", None),
        ("items", 8),
        ("items", 8.0),
        ("items", "8"),
        ("items", np.int64(8)),
        ("member", True),
        ("member", "true"),
        ("amount", 5),
        ("amount", np.float32(5)),
        ("vector", (0.1, 0.2)),
        ("vector", np.array([0.1, 0.2])),
    ],
)
def test_what_training_had_in_any_make_is_within(
    contract: Contract, column: str, value: Any
) -> None:
    assert contract.check(ORDER | {column: value}).outside == ()


def test_the_furthest_column_comes_first_and_is_the_distance(contract: Contract) -> None:
    verdict = contract.check(ORDER | {"country": "XX", "amount": 1e6, "vector": [0, 60.0]})
    distances = [outside.distance for outside in verdict.outside]
    assert [outside.column for outside in verdict.outside] == ["amount", "vector.1", "country"]
    assert distances == sorted(distances, reverse=True)
    assert verdict.distance == distances[0]


def test_a_prediction_that_is_not_there_yet_is_not_called_missing(contract: Contract) -> None:
    verdict = contract.check({key: ORDER[key] for key in ORDER if key != "score"})
    assert verdict.outside == ()
    assert verdict.failed == ("scored",)


def test_what_is_neither_record_nor_table_is_the_callers_mistake(contract: Contract) -> None:
    with pytest.raises(TypeError, match="expected a mapping"):
        contract.check([ORDER])  # type: ignore[call-overload]  # what the test is about


wild = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.binary(max_size=2)
    | st.decimals()
    | st.just(10**400)
    | st.just(np.array([1.0, np.nan]))
    | st.just(np.array(["x"], dtype=object))
    | st.builds(object),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from([*ORDER, 7, None, "user.age", "vector.0"]), wild))
def test_no_record_makes_a_contract_raise(contract: Contract, record: dict[Any, Any]) -> None:
    verdict = contract.check(record)
    assert set(verdict.failed) | set(verdict.unknown) <= {rule.name for rule in contract.rules}
    assert verdict.distance >= 0.0


straight = st.fixed_dictionaries(
    {},
    optional={
        "user": st.fixed_dictionaries({"age": st.none() | st.floats(0, 120)}),
        "country": st.sampled_from(["DE", "FR", "PL", "XX", None]),
        "items": st.none() | st.integers(-2, 12),
        "amount": st.none() | st.floats(-10, 500),
        "note": st.none() | st.text("ab ", max_size=40),
        "score": st.none() | st.floats(0, 1),
    },
)


@settings(max_examples=50)
@given(straight)
def test_rules_are_judged_as_a_person_would(contract: Contract, record: dict[str, Any]) -> None:
    def holds(name: str) -> bool | None:
        age = record.get("user", {}).get("age")
        items, amount, note = (record.get(key) for key in ("items", "amount", "note"))
        match name:
            case "age_range":
                return None if age is None else 18 <= age <= 99
            case "known_country":
                country = record.get("country")
                return None if country is None else country in ("DE", "FR", "PL")
            case "few":
                return None if items is None else items <= 8
            case "short":
                return None if note is None else len(note) < 30
            case "priced":
                if amount is None:
                    return None
                if amount <= 0:
                    return False
                return None if items is None else amount < 50 * items
        return record.get("score") is not None

    names = [rule.name for rule in contract.rules]
    verdict = contract.check(record)
    assert verdict.failed == tuple(name for name in names if holds(name) is False)
    assert verdict.unknown == tuple(name for name in names if holds(name) is None)
