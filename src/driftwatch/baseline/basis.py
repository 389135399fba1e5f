"""From a column of the artifact to what the evidence bank asks of it."""

from collections.abc import Sequence

import numpy as np

from driftwatch.baseline.columns import CategoricalBaseline, ColumnBaseline, NumericBaseline
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import ColumnEvents, HalfCounts, column_events
from driftwatch.stats.members import SCORES, Basis


def events_of(column: ColumnBaseline) -> ColumnEvents:
    """The events of a column."""
    return column_events(column.layout(), np.array(column.cells(), dtype=np.int64))


def basis_of(column: ColumnBaseline, block_sizes: Sequence[int]) -> Basis:
    """What the bank is built of.

    Rows are taken to be independent, and one hour like another, where nothing was measured.
    """
    events = events_of(column)
    if column.strata == "none":
        groups = events.grouped(np.array(column.cells(), dtype=np.int64))[None]
    else:
        groups = np.array(column.stratum_groups, dtype=np.int64)
    part = column.half if isinstance(column, CategoricalBaseline) else None
    half = None
    if part is not None:
        half = HalfCounts(part.values, part.rest, part.outside, part.new, part.words)
    scored = isinstance(column, NumericBaseline)
    return Basis(
        events,
        groups,
        half,
        dependence_of(column, block_sizes, len(events.events) + SCORES * scored),
        column.strata,
        scored,
    )


def dependence_of(column: ColumnBaseline, block_sizes: Sequence[int], sources: int) -> Dependence:
    """Phi of a column with so many events and scores."""
    if not column.phi:
        return Dependence.none(sources)
    phi = np.array(column.phi, dtype=np.float64)
    return Dependence(tuple(block_sizes), phi, np.array(column.grows, dtype=np.bool_))
