"""Which baseline a record belongs to."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.decode.routes import Router
from driftwatch.records import ABSENT, WRONG_TYPE, ModelVersion

ROUTES = (ModelVersion("fraud", "3"), ModelVersion("fraud", "4"), ModelVersion("churn", "a"))

Name = Any


def route(
    model: Name, version: Name, fallbacks: dict[str, str] | None = None
) -> ModelVersion | str:
    """The route of a lone record, or the reason why it has none."""
    router = Router(ROUTES, fallbacks or {})
    (code,) = router.find([model], [version], 1).tolist()
    return router.reason(code) if code < 0 else router.routes[code]


@pytest.mark.parametrize("version", ["3", 3, 3.0])
def test_a_version_is_the_same_as_a_number_and_as_a_text(version: Name) -> None:
    assert route("fraud", version) == ("fraud", "3")


@pytest.mark.parametrize("version", ["3.0", "03", " 3", "5", None, ABSENT, WRONG_TYPE])
def test_any_other_version_is_unknown(version: Name) -> None:
    assert route("fraud", version) == "unknown_version"


@pytest.mark.parametrize("version", [None, ABSENT, WRONG_TYPE, "a"])
def test_a_model_with_one_baseline_needs_no_version(version: Name) -> None:
    assert route("churn", version) == ("churn", "a")


def test_a_version_that_is_named_has_to_be_right_even_if_there_is_one_baseline_only() -> None:
    assert route("churn", "b") == "unknown_version"


@pytest.mark.parametrize("model", ["spam", "", None, ABSENT, WRONG_TYPE, 3])
def test_any_other_model_is_unknown(model: Name) -> None:
    assert route(model, "3") == "unknown_model"


@pytest.mark.parametrize("version", ["5", None, ABSENT])
def test_a_fallback_stands_in_for_unknown_versions(version: Name) -> None:
    assert route("fraud", version, {"fraud": "4"}) == ("fraud", "4")


def test_a_fallback_leaves_known_versions_alone() -> None:
    assert route("fraud", "3", {"fraud": "4"}) == ("fraud", "3")


def test_a_fallback_without_a_baseline_is_no_route() -> None:
    assert route("fraud", "5", {"fraud": "9"}) == "unknown_version"


names = st.sampled_from(("fraud", "churn", "spam", None, ABSENT, 3))
versions = st.sampled_from(("3", 3, 3.0, "4", 4.0, "a", "5", None, ABSENT, WRONG_TYPE))


@given(st.lists(st.tuples(names, versions), min_size=1, max_size=8))
def test_records_do_not_lend_each_other_their_routes(records: Sequence[tuple[Name, Name]]) -> None:
    router = Router(ROUTES, {})
    models, wanted = (list(column) for column in zip(*records, strict=True))
    expected = [Router(ROUTES, {}).find([m], [v], 1).item() for m, v in records]
    assert router.find(models, wanted, len(records)).tolist() == expected
    assert router.find(models, wanted, len(records)).tolist() == expected  # from its memory


@pytest.mark.parametrize(
    ("models", "expected"),
    [("fraud", [0, 1]), (["fraud", "spam"], [0, -1]), (("fraud", "fraud"), [0, 1])],
)
def test_a_constant_model_is_that_of_every_record(models: Any, expected: list[int]) -> None:
    assert Router(ROUTES, {}).find(models, ["3", "4"], 2).tolist() == expected


def test_a_constant_version_is_that_of_every_record() -> None:
    assert Router(ROUTES, {}).find(["fraud", "churn"], "3", 2).tolist() == [0, -2]


def test_more_names_than_it_remembers_are_still_found() -> None:
    router = Router(ROUTES, {})
    strangers = [f"v{i}" for i in range(11_000)]
    codes = router.find("fraud", [*strangers, "4"], 11_001)
    assert set(codes[:-1].tolist()) == {-2}
    assert codes[-1] == 1
    assert len(router._cache) <= 2_000


def test_a_long_name_is_found_and_not_remembered() -> None:
    router = Router((*ROUTES, ModelVersion("fraud", "x" * 256)), {})
    codes = router.find("fraud", ["x" * 256, "x" * 100_000, "3"], 3)
    assert codes.tolist() == [3, 3, 0]  # a name is cut at 256 bytes, in a baseline too
    assert max(len(version) for _, version in router._cache) == 256


@pytest.mark.parametrize(("name", "expected"), [("fraud", "fraud"), ("spam", None), (ABSENT, None)])
def test_a_known_model_is_one_with_a_baseline(name: Name, expected: str | None) -> None:
    assert Router(ROUTES, {}).known_model(name) == expected
