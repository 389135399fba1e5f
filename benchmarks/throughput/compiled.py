"""With and without the compiled part of Driftwatch: the one place that knows how to tell."""

from collections.abc import Mapping

from driftwatch.native import compiled

SWITCHED_OFF = {"DRIFTWATCH_NATIVE": "0"}
"""The variable that leaves it out."""
COMPILED, PYTHON = "compiled", "python"
WAYS = (COMPILED, PYTHON)


def ways() -> Mapping[str, Mapping[str, str]]:
    """By name, the environment of a process that runs so; Python only where nothing is compiled."""
    return {PYTHON: SWITCHED_OFF} if compiled() is None else {COMPILED: {}, PYTHON: SWITCHED_OFF}
