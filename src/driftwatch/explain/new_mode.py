"""A candidate with a narrow lump of new values beside the old distribution."""

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr, rel_entr

from driftwatch.explain.choice import Candidate, judged
from driftwatch.explain.column import NumericColumn
from driftwatch.explain.distribution import shares
from driftwatch.explain.wording import number, percent
from driftwatch.records import FloatArray

WIDEST = 0.5
"""Of the baseline's standard deviation; a wider lump is no mode of its own."""
_PARAMETERS = 3
_STEPS = 10  # of expectation maximization for the lump's share


def new_mode(column: NumericColumn, gained: float = 0.0) -> Iterator[Candidate]:
    """The old distribution plus a normal lump, found where the live values are most in excess."""
    if column.constant or not column.stddev > 0 or len(column.starts) < 4:
        return
    centre, spread, share = _excess(column)
    if not (np.isfinite(centre) and np.isfinite(spread)):
        return
    predicted = column.comparison.unchanged
    spread = min(max(spread, 1e-3 * column.stddev), WIDEST * column.stddev)
    reach = 2 * spread
    for zoom in (1.0, 0.4, 0.15):
        centres = centre + zoom * reach * np.linspace(-0.7, 0.7, 9)
        spreads = spread * 4.0 ** (zoom * np.linspace(-1, 1, 7))
        grid = np.repeat(centres, len(spreads)), np.tile(spreads, len(centres))
        grid = grid[0], np.minimum(grid[1], WIDEST * column.stddev)
        parts, mixed = _mixtures(column, *grid, share)
        at = int(np.argmin(column.comparison.distance(mixed)))
        centre, spread, share = float(grid[0][at]), float(grid[1][at]), float(parts[at])
        predicted = mixed[at]
    if 0.002 < share < 0.9:
        words = _words(column, centre, spread, share)
        yield judged("new_mode", words, _PARAMETERS, predicted, column.comparison, gained=gained)


def _excess(column: NumericColumn) -> tuple[float, float, float]:
    """(centre, spread, share) of the run of cells whose live share stands out most, in nats."""
    comparison = column.comparison
    live = np.where(comparison.kept, comparison.live, 0.0)
    q = np.concatenate(([0.0], np.cumsum(live / live.sum())))
    p = np.concatenate(([0.0], np.cumsum(comparison.unchanged)))
    low, high = np.triu_indices(len(q), k=1)
    now, was = np.minimum(q[high] - q[low], 1.0), np.minimum(p[high] - p[low], 1.0)
    n, m = float(live.sum()), comparison.size
    pooled = (n * now + m * was) / (n + m)
    nats = n * (rel_entr(now, pooled) + rel_entr(1 - now, 1 - pooled))
    nats += m * (rel_entr(was, pooled) + rel_entr(1 - was, 1 - pooled))
    at = int(np.argmax(np.where(now > was, nats - 2.0 * (high - low), -np.inf)))
    share = (now[at] - was[at]) / max(1.0 - was[at], 1e-9)
    share = float(min(max(share, 0.005), 0.8))
    bounds = np.append(column.starts, len(column.live))
    return *_moments(column, int(bounds[low[at]]), int(bounds[high[at]]), share), share


def _moments(column: NumericColumn, low: int, high: int, share: float) -> tuple[float, float]:
    """Mean and standard deviation of what is more in the bins low .. high - 1."""
    edges = column.edges.at
    low, high = max(low, 1), min(high, len(edges))
    if low >= high:
        return float("nan"), float("nan")
    bins = slice(low, high)
    old = column.base[bins] * (1 - share) / column.base.sum()
    more = np.maximum(column.live[bins] / column.live.sum() - old, 0.0)
    more = more / max(float(more.sum()), 1e-300)
    begin, end = edges[low - 1 : high - 1], edges[low:high]
    middle = (begin + end) / 2
    mean = float(more @ middle)
    variance = float(more @ ((middle - mean) ** 2 + (end - begin) ** 2 / 12))
    return mean, math.sqrt(variance)


def _mixtures(
    column: NumericColumn, centre: FloatArray, spread: FloatArray, share: float
) -> tuple[FloatArray, FloatArray]:
    """(T,) the lump's likeliest share, and (T, K) shares of the cells, for T lumps."""
    cuts = column.variants[0]
    lump = shares(ndtr((cuts.at - centre[:, None]) / spread[:, None]))
    old = column.comparison.unchanged
    live = np.where(column.comparison.kept, column.comparison.live, 0.0)
    live = live / live.sum()
    part = np.full((len(centre), 1), share)
    for _ in range(_STEPS):
        mixed = part * lump + (1 - part) * old
        held = part * lump / np.maximum(mixed, 1e-300)
        part = np.clip(held @ live, 1e-4, 0.95)[:, None]
    return part[:, 0], part * lump + (1 - part) * old


def _words(column: NumericColumn, centre: float, spread: float, share: float) -> str:
    if column.sensitive or not math.isfinite(column.real(centre)):
        return f"{percent(share)} of the values form a new group"
    about = number(column.real(centre))
    return (
        f"{percent(share)} of the values form a new group about {about} "
        f"(standard deviation {number(column.real(spread))})"
    )
