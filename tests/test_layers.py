"""Imports point only up the list in which the data flows, never down."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import driftwatch

SOURCE = Path(driftwatch.__file__).parent

# Each may import from those before it, and from itself. What stands on one line may do so mutually.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__init__",),
    (
        "errors",
        "records",
        "pieces",
        "flatten",
        "timestamps",
        "leaf_arrays",
        "native",
        "memory",
        "logs",
        "budget",
    ),
    ("sketch",),
    ("conditions",),
    ("derive",),
    ("stats",),
    ("explain",),
    ("baseline",),
    ("decode",),
    ("protocol",),
    ("monitor",),
    ("sources",),
    ("deadletters",),
    ("state",),
    ("export",),
    ("web",),
    ("config",),
    ("generate",),
    (
        "journal",
        "governing",
        "daemon",
        "assembly",
        "decoding",
        "baselines",
        "versions",
        "replay",
        "check",
        "comparison",
        "parity",
        "mlflow",
        "contract",
        "slices",
        "training_log",
        "serving",
        "service",
    ),
    ("report_file",),
    ("demo",),
    ("client",),
    ("cli", "__main__", "sidecar"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def part_of(path: Path) -> str:
    """The folder of a module right below the package, or the module itself."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of every import of our own, the late ones in functions among them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module]
            if node.module == "driftwatch":
                names = [f"driftwatch.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "driftwatch":
                yield node.lineno, name


def layer_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in RANK else "__init__"


MODULES = sorted(SOURCE.rglob("*.py"))


def test_every_part_of_the_package_has_its_place_in_the_list() -> None:
    assert {part_of(path) for path in MODULES} <= RANK.keys()


# What the package itself names for others it loads on use only: see tests/test_library.py.
LOADING = [path for path in MODULES if path != SOURCE / "__init__.py"]


@pytest.mark.parametrize("path", LOADING, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_from_before_it(path: Path) -> None:
    own = RANK[part_of(path)]
    downwards = [
        f"line {line}: {module}" for line, module in imported(path) if RANK[layer_of(module)] > own
    ]
    assert downwards == []


def test_only_commands_import_what_is_generated() -> None:
    importing = {
        part_of(path)
        for path in MODULES
        for _, module in imported(path)
        if layer_of(module) == "generate"
    }
    assert importing == {"generate", "cli"}


def test_a_downward_import_would_be_found(tmp_path: Path) -> None:
    module = tmp_path / "x.py"
    module.write_text("def f():\n    from driftwatch.cli import main\nimport driftwatch.web.app\n")
    found = [(line, layer_of(name)) for line, name in imported(module)]
    assert sorted(found) == [(2, "cli"), (3, "web")]
