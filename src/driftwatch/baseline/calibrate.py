"""From counts to a calibrated baseline: what was measured is written to each column."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from driftwatch.baseline.artifact import Baseline, Half, SelfTest
from driftwatch.baseline.columns import ColumnBaseline
from driftwatch.baseline.ledger import Ledger
from driftwatch.baseline.measuring import Column, bases_of
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.order import RowOrder, order_by_time, order_of_rows
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.self_test import self_test
from driftwatch.budget import parse_budget
from driftwatch.errors import DataError
from driftwatch.records import IntArray
from driftwatch.stats.evidence import POOL_ROWS
from driftwatch.stats.members import Basis


def find_order(
    take_times: Callable[[], IntArray] | None,
    rows: int,
    plans: Sequence[ColumnPlan],
    options: BuildOptions,
) -> RowOrder | None:
    """The order of the rows; None if it is not known.

    take_times: gives their times, and keeps none of them; None where these are not known. Raises
    DataError if the column that was named for the times holds none.
    """
    if options.in_order:
        return order_of_rows(rows, max(POOL_ROWS, options.rows_per_pane), len(plans))
    if take_times is None:
        return None
    cells = sum(plan.layout.size for plan in plans)
    order = order_by_time(take_times, options.pane_us, len(plans), cells)
    if order is None and options.timestamp is not None:
        raise DataError(
            f"the column {options.timestamp!r} holds no time that can be read; expected texts like "
            "2026-01-31T12:00:00Z or numbers of seconds, milliseconds, ... since 1970"
        )
    return order


def calibrated(baseline: Baseline, ledger: Ledger, options: BuildOptions) -> Baseline:
    """The baseline with what the alarm needs to know."""
    layouts = [column.layout() for column in baseline.columns]
    columns = [
        Column(i, layout, np.array(column.cells(), dtype=np.int64), ledger)
        for i, (layout, column) in enumerate(zip(layouts, baseline.columns, strict=True))
    ]
    order = ledger.order
    bases = bases_of(columns, order)
    measured = [_measured(basis) for basis in bases]
    general: dict[str, Any] = {}
    if order is not None:
        general["order"] = "rows" if options.in_order else "timestamp"
        general["untimed"] = order.untimed
        general["block_sizes"] = order.block_sizes
        budget = parse_budget(options.false_alarms)
        tested = self_test(columns, order, options.tolerance, budget.panes(options.pane_us))
        if tested is not None:
            panes, pane_rows, alarms = tested
            general["self_test"] = SelfTest(
                panes=panes,
                pane_rows=pane_rows,
                false_alarms=budget.text,
                tolerance=options.tolerance,
            )
            for fields, counted in zip(measured, alarms, strict=True):
                fields["self_test"] = counted
    written: list[ColumnBaseline] = [
        column.model_copy(update=fields)
        for column, fields in zip(baseline.columns, measured, strict=True)
    ]
    return baseline.model_copy(update={**general, "columns": tuple(written)})


def _measured(basis: Basis) -> dict[str, Any]:
    """The fields of the column."""
    fields: dict[str, Any] = {
        "strata": basis.strata,
        "phi": tuple(map(tuple, basis.dependence.phi.tolist())),
        "grows": tuple(basis.dependence.grows.tolist()) if basis.dependence.sizes else (),
    }
    if basis.strata != "none":
        fields["stratum_groups"] = tuple(map(tuple, basis.groups.tolist()))
    if basis.half is not None:
        half = basis.half
        fields["half"] = Half(
            values=tuple(half.values),
            rest=tuple(half.rest),
            outside=tuple(half.outside),
            new=tuple(half.new),
            words=tuple(map(tuple, half.words)),
        )
    return fields
