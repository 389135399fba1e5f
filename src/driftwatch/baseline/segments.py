"""The rows of each segment of the training data, and their order among themselves."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.judging import Judging
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.order import RowOrder, order_by_time, order_of_rows
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.derive.derivation import NamedCondition
from driftwatch.errors import DataError
from driftwatch.records import BoolArray, IntArray
from driftwatch.stats.evidence import POOL_ROWS


def find_rows(chunks: Iterable[Chunk], judging: Judging, rows: int) -> dict[str, BoolArray]:
    """By segment, (rows,) which rows are in it; a byte a row and segment."""
    found: dict[str, BoolArray] = {}
    start = 0
    for chunk in chunks:
        for name, mask in judging.segments(chunk).items():
            whole = found.setdefault(name, np.zeros(rows, dtype=np.bool_))
            kept = whole[start : start + chunk.rows]
            kept[:] = mask[: len(kept)]  # data that grew between two passes is found out later
        start += chunk.rows
    return found


def find_orders(
    inside: Mapping[str, BoolArray],
    times_us: IntArray | None,
    plans: Sequence[ColumnPlan],
    options: BuildOptions,
) -> dict[str, RowOrder | None]:
    """The order of each segment's rows; the memory for it is shared among them.

    inside: see `find_rows`. times_us: (rows,) None where they are not known.
    """
    found: dict[str, RowOrder | None] = {}
    cells = sum(plan.layout.size for plan in plans)
    for name, mask in inside.items():
        rows = int(mask.sum())
        if rows == 0:
            found[name] = None
        elif times_us is None:
            pane_rows = max(POOL_ROWS, options.rows_per_pane * rows // len(mask))
            found[name] = order_of_rows(rows, pane_rows, len(plans), len(inside))
        else:
            take = times_us[mask].copy
            found[name] = order_by_time(take, options.pane_us, len(plans), cells, len(inside))
    return found


def check_rows(segment: NamedCondition, rows: int) -> None:
    """Raise DataError for a segment without rows."""
    if rows == 0:
        raise DataError(
            f"segment {segment.name}: no row of the data meets {segment.text!r}, so there is "
            "nothing to compare its records with; leave it out, or use data that has some"
        )
