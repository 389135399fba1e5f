"""Any bytes either are settings or a ConfigError, whatever is in them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from driftwatch.config import load, parse
from driftwatch.config.problems import Place
from driftwatch.config.tree import MOST_VALUES, TreeError, read_tree
from driftwatch.errors import ConfigError
from tests.config.corpus import ENV, HERE

FULL: dict[str, Any] = yaml.safe_load((HERE / "good/every_key.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "driftwatch.yaml"


def check(file: Path, data: bytes) -> None:
    """Loads, or says what is wrong: each line about the file, and printable."""
    file.write_bytes(data)
    try:
        load(file, ENV)
    except ConfigError as error:
        message = str(error)
        assert message.encode("utf-8")
        assert "hunter2" not in message
        assert all(line.startswith(f"{file}:") for line in message.splitlines())


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_config_error(file: Path, data: bytes) -> None:
    check(file, data)


@given(st.text(st.sampled_from("ab: \n-[]{},&*!|>'\"%@`#?~$<\t\\0.1eux"), max_size=60))
@example('"\\U99999999"')
@example("? [a]\n: b")
@example("&a [*a]")
@example("&a a: &a b")
@example("%YAML 9.9\n--- a")
@example("!!binary a: b")
@example("!!float x")
@example("- !!set {a}")
@example("<<: [*a]")
def test_any_yaml_is_settings_or_a_config_error(file: Path, text: str) -> None:
    check(file, text.encode())


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["${TEXT}", "${NUMBER}", "${NOTHING}", "$${", "${", "1h", "0s", "a:1", "."]),
    st.dates(),
    st.binary(max_size=5),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.text(max_size=8), st.integers(), st.floats()), inner, max_size=3
        ),
    ),
    max_leaves=5,
)


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """A good configuration with one to three of its values replaced by anything, or taken out."""
    data = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        here: Any = data
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and draw(st.integers(0, 3)):
                here = here[key]
                continue
            if draw(st.booleans()):
                here[key] = draw(VALUES)
            else:
                del here[key]
            break
    return data


@given(changed())
def test_a_change_to_a_good_file_is_settings_or_a_config_error(
    file: Path, data: dict[str, Any]
) -> None:
    check(file, yaml.dump(data, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(changed())
def test_a_mapping_from_code_is_settings_or_a_config_error(data: dict[str, Any]) -> None:
    try:
        parse(data, Path("driftwatch.yaml"))
    except ConfigError as error:
        message = str(error)
    else:
        message = "driftwatch.yaml: fine"
    assert all(line.startswith("driftwatch.yaml: ") for line in message.splitlines())


def test_keys_and_values_know_their_places() -> None:
    tree = read_tree("pane: 1m\nwindows:\n  - 1h\n  - 1d\n", {})
    assert tree.places.of_value(("pane",)) == Place(1, 1)
    assert tree.places.of_value(("windows", 1)) == Place(4, 5)
    assert tree.places.of_value(("windows", 1, "more")) == Place(4, 5)
    assert tree.places.of_value(("lateness",)) is None


def test_an_alias_stands_for_its_value_with_the_place_of_its_own_key() -> None:
    tree = read_tree("a: &x {k: 1}\nb: *x\n", {})
    assert tree.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert tree.places.of_value(("b",)) == Place(2, 1)
    assert tree.places.of_value(("b", "k")) == Place(1, 8)


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="$\ufeff"), max_size=99
)


@given(
    st.dictionaries(
        TEXT.filter(lambda key: key != "<<"),
        st.recursive(
            st.one_of(
                TEXT,
                st.booleans(),
                st.integers(-(10**18) + 1, 10**18 - 1),
                st.floats(allow_nan=False, allow_infinity=False),
            ),
            lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.just("key"), inner)),
            max_leaves=5,
        ),
        min_size=1,
    ),
    st.booleans(),
)
def test_json_is_read_as_json(data: dict[str, object], ascii_only: bool) -> None:
    tree = read_tree(json.dumps(data, ensure_ascii=ascii_only), {})
    assert (tree.data, tree.problems) == (data, ())


def tree_error(text: str, env: dict[str, str] | None = None) -> str:
    with pytest.raises(TreeError) as error:
        read_tree(text, env or {})
    return error.value.problem.text


def test_a_file_of_nothing_but_keys_is_given_up_before_it_is_built() -> None:
    text = "{" + "a," * (MOST_VALUES + 1)  # without its end: so far nobody may get
    assert tree_error(text) == "more than 100,000 keys and values"


def test_a_long_text_may_not_be_written_out_over_and_over() -> None:
    text = "a: &a " + "x" * 500_000 + "\nb: [" + "*a," * 10 + "]"
    written_out = "more than 4,194,304 characters, its aliases (*) and variables written out"
    assert tree_error(text) == written_out


def test_a_long_variable_may_not_be_filled_in_over_and_over() -> None:
    written_out = "more than 4,194,304 characters, its aliases (*) and variables written out"
    assert tree_error('a: "' + "${LONG}" * 100 + '"', {"LONG": "x" * 100_000}) == written_out


def test_a_key_is_as_long_as_its_aliases_make_it() -> None:
    text = "a: &a " + "x" * 500_000 + "\n" + "".join(f"k{i}: {{*a : 1}}\n" for i in range(10))
    assert "its aliases (*) and variables written out" in tree_error(text)
