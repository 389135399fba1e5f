"""What a baseline says, for people and for programs that don't want to know its format."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from driftwatch.baseline.artifact import (
    Baseline,
    CategoricalBaseline,
    ColumnBaseline,
    NumericBaseline,
)
from driftwatch.baseline.told import largest_phi
from driftwatch.records import FloatArray

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
TOP_WORDS = 20


def summarize(baseline: Baseline) -> dict[str, Any]:
    """One JSON document: whose baseline it is, and the main figures of each column."""
    rows = max(1, baseline.rows)
    return {
        "model": baseline.model,
        "model_version": baseline.model_version,
        "rows": baseline.rows,
        "data_fingerprint": baseline.data_fingerprint,
        "timestamp": baseline.timestamp,
        "order": baseline.order,
        "untimed": baseline.untimed,
        "block_sizes": list(baseline.block_sizes),
        "self_test": baseline.self_test and baseline.self_test.model_dump(),
        "volume": baseline.volume and baseline.volume.model_dump(),
        "derived": [
            {"kind": each.kind, "source": each.source, "columns": list(each.columns)}
            for each in baseline.derived
        ],
        "conditions": [condition.model_dump(exclude={"read"}) for condition in baseline.conditions],
        "segments": [
            {"name": each.name, "rows": each.baseline.rows, "ratio": each.baseline.rows / rows}
            for each in baseline.segments
        ],
        "columns": [_column(column, baseline.rows) for column in baseline.columns],
    }


def _column(column: ColumnBaseline, rows: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": column.name,
        "role": column.role,
        "kind": column.kind,
        "missing_ratio": missing(column) / rows if rows else None,
        "null": column.null,
        "absent": column.absent,
        "wrong_type": column.wrong_type,
        "strata": column.strata,
        "largest_phi": largest_phi(column),
        "self_test": column.self_test and column.self_test.model_dump(),
    }
    if isinstance(column, CategoricalBaseline):
        return document | _words(column)
    found = quantiles(column, QUANTILES)
    return document | {
        "nan": column.nan,
        "negative_inf": column.negative_inf,
        "positive_inf": column.positive_inf,
        "values": column.count,
        "mean": column.mean,
        "stddev": stddev(column),
        "minimum": column.minimum,
        "maximum": column.maximum,
        "quantiles": {str(q): v for q, v in zip(QUANTILES, found, strict=False)},
        "bins": len(column.bins),
    }


def _words(column: CategoricalBaseline) -> dict[str, Any]:
    values = sum(column.counts) + column.other
    known = len(column.vocabulary) + len(column.other_hashes) // 16
    top = zip(column.vocabulary[:TOP_WORDS], column.counts, strict=False)
    return {
        "values": values,
        "distinct": known if column.other_complete else None,
        "words": [{"word": word, "count": n, "ratio": n / max(1, values)} for word, n in top],
        "more_words": max(0, len(column.vocabulary) - TOP_WORDS),
        "other": column.other,
        "other_complete": column.other_complete,
    }


def missing(column: ColumnBaseline) -> int:
    """Rows without a usable value: null, absent, NaN or of the wrong type."""
    nan = column.nan if isinstance(column, NumericBaseline) else 0
    return column.null + column.absent + column.wrong_type + nan


def stddev(column: NumericBaseline) -> float | None:
    """Standard deviation of the population; None without values, or where it overflows."""
    return None if column.m2 is None else float(np.sqrt(column.m2 / column.count))


def quantiles(column: NumericBaseline, shares: Sequence[float]) -> list[float]:
    """The values below which these shares of the values lie; empty without values.

    Exact to within the bin that holds the value (1/320 of the mass); interpolated within it.
    """
    if not column.count:
        return []
    low, high = _bounds(column)
    high = np.where(column.layout().single, low, high)
    upto = np.cumsum(column.bins)
    found = []
    for share in shares:
        rank = share * column.count
        at = int(np.searchsorted(upto, max(rank, 1.0)))
        inside = min(max((rank - (upto[at] - column.bins[at])) / column.bins[at], 0.0), 1.0)
        first, last = float(low[at]), float(high[at])
        # Not by the bin's width, which may overflow; and a bin of one value is that value.
        found.append(first if first == last else first * (1.0 - inside) + last * inside)
    return found


def histogram(column: NumericBaseline, buckets: int) -> list[float]:
    """Shares of the values in buckets of one width between the 1% and the 99% quantile."""
    if not column.count:
        return []
    first, last = quantiles(column, (0.01, 0.99))
    if first == last:
        return [1.0]
    low, high = _bounds(column)
    steps = np.arange(buckets + 1) / buckets
    ends = first * (1.0 - steps) + last * steps
    mass = np.array(column.bins, dtype=np.float64)
    # How much of each bin lies below each end, as if its values were spread evenly.
    with np.errstate(over="ignore", invalid="ignore"):
        # Halved, so that no difference overflows.
        width = np.maximum(high / 2 - low / 2, np.finfo(np.float64).tiny)
        below = np.clip((ends[:, None] / 2 - low / 2) / width, 0.0, 1.0) @ mass
    shares = np.diff(below) / column.count
    return [float(share) if np.isfinite(share) else 0.0 for share in shares]


def _bounds(column: NumericBaseline) -> tuple[FloatArray, FloatArray]:
    """(bins,) where the values of each bin begin and end, within the range of the column."""
    assert column.minimum is not None
    assert column.maximum is not None
    edges = np.array(column.edges)
    low = np.concatenate(([column.minimum], edges))
    high = np.concatenate((edges, [column.maximum]))
    return np.maximum(low, column.minimum), np.minimum(high, column.maximum)
