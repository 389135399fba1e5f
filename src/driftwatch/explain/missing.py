"""Records in which a column has no value: null, absent, not a number, told apart."""

import numpy as np

from driftwatch.explain.choice import LEAD, penalty
from driftwatch.explain.evidence import Comparison
from driftwatch.explain.explanation import Explanation
from driftwatch.explain.wording import percent
from driftwatch.records import IntArray
from driftwatch.sketch.layout import SIDE_CELLS, ColumnLayout, NumericLayout

_WORDS = {
    "absent": "absent from",
    "null": "null in",
    "nan": "not a number (NaN) in",
    "wrong_type": "of the wrong type in",
    "negative_inf": "minus infinity in",
    "positive_inf": "infinite in",
}


def explain_missing(
    column: ColumnLayout, base: IntArray, live: IntArray, phi: float
) -> Explanation | None:
    """What is missing more often than in training, or less often; None if nothing is.

    base, live: (column.size,) counts of all the column's cells.
    """
    m, n = int(base.sum()), int(live.sum())
    if n == 0 or m == 0:
        return None
    numeric = isinstance(column, NumericLayout)
    found = []
    for name, words in _WORDS.items():
        if not numeric and name not in SIDE_CELLS:
            continue
        cell = column.cell(name)
        now, was = int(live[cell]) / n, int(base[cell]) / m
        score = _nats(now, was, n / phi, m / phi)
        if score >= LEAD:
            # More of it comes before less of it: that is what broke.
            said = f"{words} {percent(now)} of the records ({percent(was)} in training)"
            found.append((now > was, score, said))
    if not found:
        return None
    found.sort(reverse=True)
    return Explanation("missing", ", ".join(f[2] for f in found), max(f[1] for f in found))


def _nats(now: float, was: float, n: float, m: float) -> float:
    comparison = Comparison(
        n * np.array([now, 1 - now]), np.array([was, 1 - was]), m, np.ones(2, dtype=np.bool_)
    )
    return comparison.nats - penalty(1, comparison.weight)
