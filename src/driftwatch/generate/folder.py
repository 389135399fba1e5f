"""A folder that generated files are written into, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

from driftwatch.errors import DriftwatchError


def write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write files into a folder, made where it is missing, over older ones of the same names.

    Whoever reads the folder meanwhile (Grafana does) sees the old file or the new one. Returns
    where they are. Raises DriftwatchError where that can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_replace(folder / name, text) for name, text in files.items()]
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise DriftwatchError(f"{folder}: can't be written: {reason}") from problem


def _replace(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return path
