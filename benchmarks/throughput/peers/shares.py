"""The population stability index of counts, for those who have to compute it by hand."""

from typing import Any

import numpy as np

FLOOR = 1e-4
"""The share that an empty cell counts as."""


def psi(live: "np.ndarray[Any, Any]", known: "np.ndarray[Any, Any]") -> float:
    """Of the counts of some cells."""
    p, q = (np.maximum(counts / max(1, counts.sum()), FLOOR) for counts in (live, known))
    return float(((p - q) * np.log(p / q)).sum())
