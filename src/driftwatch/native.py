"""The compiled part, where it is installed (the package `driftwatch-native`).

Two things are in it, for the two stages that numpy and well-kept libraries leave far from what the
machine can do: reading JSON into columns, and counting numbers into bins. Each has an equal in
Python, and the tests hold the two against each other, bit for bit. `DRIFTWATCH_NATIVE=0` in the
environment does without it.
"""

import os
from types import ModuleType

INTERFACE = 1
"""What this version can talk to."""


def compiled() -> ModuleType | None:
    """`driftwatch_native`; None where it is not installed, not wanted, or of another version."""
    if os.environ.get("DRIFTWATCH_NATIVE") == "0":
        return None
    try:
        import driftwatch_native
    except ImportError:
        return None
    return driftwatch_native if driftwatch_native.INTERFACE == INTERFACE else None
