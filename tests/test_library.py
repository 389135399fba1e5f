"""What other programs import: by name, and only when it is used."""

import subprocess
import sys

import pytest

import driftwatch

HEAVY = (
    "numpy scipy pydantic msgspec structlog starlette uvicorn kafka confluent_kafka pyarrow sqlglot"
)


def run(program: str) -> str:
    """What a fresh interpreter says."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    """The packages of others that are loaded afterwards."""
    said = run(f"{statement}\nprint(*(name.partition('.')[0] for name in sys.modules))")
    return set(said.split())


@pytest.mark.parametrize("statement", ["import driftwatch", "from driftwatch import ServingLog"])
def test_nothing_heavy_is_loaded_for_what_needs_nothing_of_it(statement: str) -> None:
    assert not loaded_by(statement) & set(HEAVY.split())


def test_what_is_heavy_would_be_seen() -> None:
    assert "numpy" in loaded_by("import driftwatch; driftwatch.Baseline")


def test_importing_the_package_alone_takes_less_than_5_ms() -> None:
    program = (
        "import importlib, time, typing\n"
        "begin = time.process_time()\nimport driftwatch\nprint(time.process_time() - begin)"
    )
    assert min(float(run(program)) for _ in range(3)) < 0.005


def test_every_name_is_there_and_known_before_it_is_loaded() -> None:
    said = run("import driftwatch as d; print({*d.__all__} <= {*dir(d)}, 'numpy' in sys.modules)\n")
    assert said.split() == ["True", "False"]
    assert [callable(getattr(driftwatch, name)) for name in driftwatch.__all__] == [True] * 5


def test_a_name_that_is_not_there_is_told_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'driftwatch' has no attribute 'Basline'"):
        driftwatch.Basline  # noqa: B018
    with pytest.raises(ImportError):
        from driftwatch import Nothing  # noqa: F401
