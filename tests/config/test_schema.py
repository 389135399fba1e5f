"""The JSON Schema agrees with what the program takes."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from driftwatch.config import Settings, json_schema, parse
from driftwatch.config.load import examine
from driftwatch.config.tree import read_tree
from tests.config.corpus import BAD, ENV, GOOD

SCHEMA = Draft202012Validator(json_schema())

# What a schema can say. The rest is in the rules between keys, or in what only a parser sees.
SEEN_BY_A_SCHEMA = {
    "unknown_key",
    "missing",
    "type",
    "choice",
    "later_value",
    "duration",
    "size",
    "nothing_in_it",
    "one_source",
    "one_dead_letters",
    "one_of_schemas",
}
# A schema sees `${TEXT}` before it is filled in, and a pattern can't count.
NOT_SEEN = {
    "duration_of_a_century",
    "variable_as_a_path",
    "variable_of_the_wrong_choice",
}
SEEN = [
    file
    for file in BAD
    if SEEN_BY_A_SCHEMA & {problem.kind for problem in examine(file, ENV)[1]}
    and file.stem not in NOT_SEEN
]


def data_of(file: Path) -> object:
    """What an editor sees: the variables are not filled in."""
    text = file.read_text(encoding="utf-8")
    return read_tree(text.replace("$${", "{").replace("${", "$${"), ENV).data


def test_it_is_a_schema_of_2020_12_that_is_json() -> None:
    schema = json.loads(json.dumps(json_schema()))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_it_takes_what_the_program_takes(file: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(data_of(file))] == []


@pytest.mark.parametrize("file", SEEN, ids=lambda file: file.stem)
def test_it_refuses_what_a_schema_can(file: Path) -> None:
    assert not SCHEMA.is_valid(data_of(file))


def test_it_describes_every_key() -> None:
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    for section in sections:
        for name, field in section.get("properties", {}).items():
            text = field.get("description") or schema["$defs"][field["$ref"].split("/")[-1]]
            assert text, name


def test_its_defaults_and_examples_are_values_that_it_takes() -> None:
    schema = json_schema()
    checked = 0
    for section in [schema, *schema["$defs"].values()]:
        for name, field in section["properties"].items():
            here = Draft202012Validator({**field, "$defs": schema["$defs"]})
            values = [*field.get("examples", ()), *(field[k] for k in ("default",) if k in field)]
            for value in values:
                assert here.is_valid(value), (name, value)
                checked += 1
    assert checked > 40


def test_the_examples_of_the_sections_are_a_configuration() -> None:
    fields = Settings.model_fields
    examples = {name: field.examples[0] for name, field in fields.items() if field.examples}
    examples["decode"] = {**examples["decode"], "timestamp": "ts", "model_version": "version"}
    assert isinstance(parse(examples, Path("driftwatch.yaml")), Settings)
