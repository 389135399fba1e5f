"""The chart, as far as Helm is not needed; `make chart` does the rest."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

import driftwatch
from tests.harness.tools import ROOT
from tools.chart_schema import with_configuration

CHART = ROOT / "deploy" / "helm" / "driftwatch"
COPIES = {
    **{
        CHART / "files" / path.name: path
        for path in sorted((ROOT / "deploy/prometheus").glob("*.rules.yml"))
    },
    **{
        CHART / "files" / "dashboards" / path.name: path
        for path in sorted((ROOT / "dashboards").glob("*.json"))
    },
}


@pytest.mark.parametrize("copy", COPIES, ids=lambda path: path.name)
def test_a_file_of_the_chart_is_current(copy: Path) -> None:
    assert copy.read_bytes() == COPIES[copy].read_bytes(), "run tools/chart-files.sh"


def test_the_chart_has_no_other_files() -> None:
    there = {path for path in (CHART / "files").rglob("*") if path.is_file()}
    assert there == COPIES.keys(), "run tools/chart-files.sh"


def test_the_schema_of_the_values_knows_every_setting() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert with_configuration(schema) == schema, "run tools/chart-files.sh"


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == driftwatch.__version__
    examples = (ROOT / "deploy" / "examples").glob("*.yaml")
    for path in examples:
        assert (
            "driftwatch:" not in path.read_text()
            or f"driftwatch:{driftwatch.__version__}" in path.read_text()
        )


def test_every_key_of_the_values_is_in_their_schema() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    minimal = yaml.safe_load((ROOT / "tests/chart/values/minimal.yaml").read_text(encoding="utf-8"))
    schema = yaml.safe_load((CHART / "values.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate({**values, "config": minimal["config"]})
    assert schema["properties"].keys() - values.keys() == {"global"}
