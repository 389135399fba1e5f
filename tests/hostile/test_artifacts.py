"""Baseline artifacts of an enemy, or after an accident: baselines, or a BaselineError."""

from tests.hostile.artifacts import documents, edited, files, load_all
from tests.hostile.contained import contained

MEMORY_BYTES = 3 << 30
CPU_SECONDS = 100
"""Of all the files together, which take a tenth of it on an idle machine."""


def test_an_artifact_of_senseless_values_is_refused_or_does_no_harm() -> None:
    found = edited(documents(), 60, "short")
    assert load_all([(f"{i}", data) for i, data in enumerate(found)]) == []


def test_no_file_takes_more_memory_than_the_largest_artifact() -> None:
    found = list(files(1 << 22))
    assert contained(load_all, (found,), MEMORY_BYTES, CPU_SECONDS) == []
