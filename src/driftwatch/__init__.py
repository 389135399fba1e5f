"""Driftwatch: watches machine-learning models in production for drift.

What other programs import is here by name, and is loaded when it is first used: a model server that
writes a serving log pays for nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftwatch.baseline.artifact import Baseline
    from driftwatch.client import ServingLog
    from driftwatch.contract import Contract
    from driftwatch.mlflow import log_baseline
    from driftwatch.parity import Parity

__version__ = "0.1.0"

__all__ = ["Baseline", "Contract", "Parity", "ServingLog", "log_baseline"]

_HOMES = {
    "Baseline": "driftwatch.baseline.artifact",
    "Contract": "driftwatch.contract",
    "Parity": "driftwatch.parity",
    "ServingLog": "driftwatch.client",
    "log_baseline": "driftwatch.mlflow",
}


def __getattr__(name: str) -> Any:
    """Load what stands under this name (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found  # from now on without coming here
    return found


def __dir__() -> list[str]:
    """Those that are not loaded yet among them."""
    return sorted({*globals(), *__all__})
