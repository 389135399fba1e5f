"""Each line of the fault table names a test that there is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/reliability.md").read_text())


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_line_of_the_fault_table_names_its_test() -> None:
    lines = (ROOT / "docs/reliability.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and "| test |" not in line]
    faults = [line for line in rows if not line.startswith("| ---")]
    assert len(faults) == len(NAMED) > 25


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_the_test_that_a_fault_names_is_there(path: str, name: str) -> None:
    assert name in functions_of(ROOT / path)
