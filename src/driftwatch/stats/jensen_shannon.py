"""Jensen-Shannon distance of categorical columns: the square root of the divergence, in base 2.

0 where the shares are equal, 1 where no word is common to both (Endres and Schindelin, 2003).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import rel_entr

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.stats.reference import Reference, grouped


@dataclass(frozen=True, slots=True)
class JensenShannon:
    """distance: (C,) in [0, 1]; NaN for numeric columns and where either side has no values."""

    distance: FloatArray


def jensen_shannon(live: Counts, reference: Reference) -> JensenShannon:
    """Compare the categorical columns."""
    columns = len(reference.values)
    column = reference.group_column
    shares = []
    for counts in (
        grouped(live, reference.group_cells, reference.group_starts),
        reference.group_counts,
    ):
        total = np.bincount(column, counts, minlength=columns)[column]
        with np.errstate(invalid="ignore"):
            shares.append(counts / total)
    middle = (shares[0] + shares[1]) / 2
    terms = rel_entr(shares[0], middle) + rel_entr(shares[1], middle)
    divergence = np.bincount(column, terms, minlength=columns) / (2 * np.log(2))
    distance = np.sqrt(np.clip(divergence, 0.0, 1.0))
    distance[reference.layout.numeric] = np.nan
    return JensenShannon(distance)
