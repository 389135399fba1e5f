"""What the calibrated alarm needs to know, measured from the ledger of the second pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.baseline.blocks import Rows, measure_rows
from driftwatch.baseline.cycle import choose_strata
from driftwatch.baseline.ledger import HALVES, Ledger
from driftwatch.baseline.order import RowOrder, View
from driftwatch.records import IntArray
from driftwatch.sketch.layout import ColumnLayout, NumericLayout
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import ColumnEvents, HalfCounts, column_events
from driftwatch.stats.members import SCORES, Basis
from driftwatch.stats.strata import SIZES, Strata

PHI_DECIMALS = 3

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of the ledger."""

    index: int
    layout: ColumnLayout
    cells: IntArray
    ledger: Ledger

    @property
    def scored(self) -> bool:
        """Whether it has scores."""
        return isinstance(self.layout, NumericLayout)

    def unordered(self) -> Basis:
        """What is known without an order: rows are taken to be independent."""
        events = column_events(self.layout, self.cells)
        none = Dependence.none(len(events.events) + SCORES * self.scored)
        groups = events.grouped(self.cells)[None]
        return Basis(events, groups, self._half(None), none, "none", self.scored)

    def measured(self, order: RowOrder, view: View) -> Basis:
        """What the rows of a view say."""
        all_rows = view is order.whole
        table = self.ledger.counts(self.index, view.slots)
        cells = self.cells if all_rows else table.sum(axis=0)
        events = column_events(self.layout, cells)
        grouped = events.grouped(table.reshape(-1, order.groups, order.hours, table.shape[-1]))
        # Groups of weeks of the head and of the tail are one and the same.
        grouped = grouped.sum(axis=0)
        strata: Strata = "none"
        if order.hours > 1:
            strata = choose_strata(events, grouped, view.fits)
        by_hour = grouped.reshape(-1, order.hours, events.groups).sum(axis=0)
        groups = events.grouped(cells)[None]
        if strata != "none":
            groups = _by_stratum(by_hour, strata)
        half = self._half(None if all_rows and strata == "none" else (order, view, strata))
        dependence = self._dependence(order, view, events, groups, strata)
        return Basis(events, groups, half, dependence, strata, self.scored)

    def _dependence(
        self, order: RowOrder, view: View, events: ColumnEvents, groups: IntArray, strata: Strata
    ) -> Dependence:
        kept = self.kept_groups(events)
        hours = order.kept_hours % SIZES[strata] if strata != "none" else None
        rows = Rows(kept, hours, view.runs)
        found = measure_rows(order.block_sizes, rows, events, groups, self.scored)
        factor = 10.0**PHI_DECIMALS
        # Upwards: what is written must not promise more than what was measured.
        return Dependence(found.sizes, np.ceil(found.phi * factor) / factor, found.grows)

    def kept_groups(self, events: ColumnEvents, first: int = 0) -> Array:
        """The group of each kept row, from this one on."""
        group_of = np.repeat(np.arange(events.groups), np.diff(events.bounds)).astype(np.uint16)
        found: Array = group_of[self.ledger.kept[self.index, first:]]
        return found

    def _half(self, part: tuple[RowOrder, View, Strata] | None) -> HalfCounts | None:
        """part: None for all rows, those without a time among them."""
        table = self.ledger.half[self.index]
        if table is None:
            return None
        if part is None:
            found = table.sum(axis=0, dtype=np.int64)[None]
        else:
            order, view, strata = part
            by_hour = (
                table[: view.slots]
                .reshape(-1, order.hours, table.shape[1])
                .sum(axis=0, dtype=np.int64)
            )
            found = _by_stratum(by_hour, strata)
        values, rest, outside, new = (tuple(part) for part in found[:, :HALVES].T.tolist())
        words = found[:, HALVES:].tolist() if found.shape[1] > HALVES else ()
        return HalfCounts(values, rest, outside, new, words)


def _by_stratum(by_hour: IntArray, strata: Strata) -> IntArray:
    """(S, ...) from (hours, ...)."""
    found: IntArray = by_hour.reshape(-1, SIZES[strata], by_hour.shape[-1]).sum(axis=0)
    return found


def bases_of(columns: Sequence[Column], order: RowOrder | None, head: bool = False) -> list[Basis]:
    """What all rows say of each column, or those before the self-test."""
    if order is None:
        return [column.unordered() for column in columns]
    view = order.head if head else order.whole
    return [column.measured(order, view) for column in columns]
