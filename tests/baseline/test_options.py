from typing import Any

import pytest

from driftwatch.baseline.options import BuildOptions
from driftwatch.errors import UsageError
from tests.baseline.data import options


def test_columns_are_features_unless_they_are_named_otherwise() -> None:
    given = options(predictions=("score",), labels=("fraud",), timestamp="ts", ignore=("id",))
    roles = [given.role(name) for name in ("score", "fraud", "ts", "id", "amount")]
    assert roles == ["prediction", "label", None, None, "feature"]


def test_a_star_names_all_that_lies_below() -> None:
    given = options(ignore=("user.*",))
    assert given.role("user.age") is given.role("user.a.b") is None
    assert given.role("user") == given.role("users.age") == "feature"


def test_a_kind_is_inferred_unless_it_is_asked_for() -> None:
    given = options(numeric=("a",), categorical=("v.*",))
    assert [given.kind(name) for name in ("a", "v.0", "v")] == ["numeric", "categorical", None]


@pytest.mark.parametrize(
    "given",
    [
        {"predictions": ("a",), "labels": ("a",)},
        {"timestamp": "a", "ignore": ("a",)},
        {"numeric": ("a",), "categorical": ("a",)},
    ],
)
def test_a_column_can_not_be_two_things(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^a: given to both --.* and --.*; choose one$"):
        options(**given).check()


def test_a_prediction_may_have_its_kind_asked_for() -> None:
    options(predictions=("a",), categorical=("a",)).check()


@pytest.mark.parametrize(("model", "version"), [("", "1"), ("m", ""), ("\udcff", "1")])
def test_a_model_and_its_version_need_names(model: str, version: str) -> None:
    with pytest.raises(UsageError, match="--model"):
        BuildOptions(model, version).check()


@pytest.mark.parametrize("field", ["predictions", "labels", "ignore", "numeric", "categorical"])
def test_an_unknown_name_is_an_error_that_says_the_nearest(field: str) -> None:
    with pytest.raises(
        UsageError, match="amuont: the data has no such column; did you mean amount"
    ):
        options(**{field: ("amuont",)}).check_names(["age", "amount"])


def test_an_unknown_timestamp_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"--timestamp zzz: .*; it has age, amount$"):
        options(timestamp="zzz").check_names(["age", "amount"])


def test_a_star_must_name_something() -> None:
    options(ignore=("v.*",)).check_names(["v.0"])
    with pytest.raises(UsageError, match=r"--ignore v\.\*"):
        options(ignore=("v.*",)).check_names(["v", "vv.0"])
