"""What each source of the evidence bank has seen in a pane: the events' counts, the scores' sums.

One cumulative sum over the groups of a pane gives every event of every column.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from driftwatch.records import FloatArray, IntArray
from driftwatch.stats.dependence import joined
from driftwatch.stats.members import Watch

Array = np.ndarray[Any, np.dtype[Any]]


class Sources:
    """Where each column's groups, and each source's, lie in a stream's groups. Q sources.

    groups: G, of all columns.
    """

    def __init__(self, watch: Watch) -> None:
        groups = np.array([basis.events.groups for basis in watch.bases], dtype=np.int64)
        values = np.array([basis.events.values for basis in watch.bases], dtype=np.int64)
        starts = np.cumsum(groups) - groups
        self.groups = int(groups.sum())
        self._column = watch.column
        self._value_ends = (starts, starts + values)
        self._find_events(watch, starts)
        self._score_places = np.flatnonzero(watch.is_score)
        scored = watch.column[self._score_places]
        self._z_groups = _flat([np.arange(starts[c], starts[c] + values[c]) for c in scored], int)
        self._z_starts = (np.cumsum(values[scored]) - values[scored]).astype(np.int64)
        self._dependence = joined([basis.dependence for basis in watch.bases])

    def _find_events(self, watch: Watch, starts: IntArray) -> None:
        places, first, last, complement, of_values = [], [], [], [], []
        for q, start, basis in zip(watch.first_source, starts, watch.bases, strict=True):
            events = basis.events
            places.append(q + np.arange(len(events.events)))
            first.append(events.first + start)
            last.append(events.last + start)
            complement.append(events.complement)
            of_values.append(events.of_values)
        self._event_places = _flat(places, np.int64)
        self._event_columns = watch.column[self._event_places]
        self._first, self._last = _flat(first, np.int64), _flat(last, np.int64)
        self._complement, self._of_values = _flat(complement, np.bool_), _flat(of_values, np.bool_)

    def seen(self, groups: IntArray, rows: int, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(Q,) X and n of every source over phi, of a pane with these counts of its groups.

        z: of the scores' groups (see `members.Design`).
        """
        before = np.zeros(len(groups) + 1, dtype=np.int64)
        np.cumsum(groups, out=before[1:])
        values = before[self._value_ends[1]] - before[self._value_ends[0]]
        inside = before[self._last] - before[self._first]
        of_column = values[self._event_columns]
        x = np.zeros(len(self._column))
        n = values[self._column].astype(np.float64)
        x[self._event_places] = np.where(self._complement, of_column - inside, inside)
        n[self._event_places] = np.where(self._of_values, of_column, rows)
        if len(self._score_places):
            weighted = groups[self._z_groups] * z
            x[self._score_places] = np.add.reduceat(weighted, self._z_starts)
        if self._dependence.sizes:
            # Blocks were measured in rows of panes, however many of them had a value.
            phi = self._dependence.at(float(rows))
            x, n = x / phi, n / phi
        return x, n


def _flat(parts: Sequence[Array], kind: type) -> Array:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)
