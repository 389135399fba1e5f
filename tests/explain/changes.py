"""Columns, and what happens to them in production, as the counts that an explanation is given."""

from collections.abc import Callable, Mapping

import numpy as np

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout
from tests.sketch.zoo import layout_of
from tests.stats.samples import counts_of

Rng = np.random.Generator
Draw = Callable[[Rng, int], FloatArray]
Change = Callable[[Rng, FloatArray], FloatArray]
"""Live values, drawn as in training, to what arrives instead."""

SHAPES: Mapping[str, Draw] = {
    "normal": lambda rng, n: rng.normal(50, 12, n),
    "standard normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(2, 0.8, n),
    "exponential": lambda rng, n: rng.exponential(30, n),
    "integer": lambda rng, n: rng.poisson(400, n).astype(float),
    "skewed integer": lambda rng, n: rng.geometric(0.01, n).astype(float),
    "uniform integer": lambda rng, n: rng.integers(20, 120, n).astype(float),
}


def _sign(rng: Rng) -> float:
    return float(rng.choice((-1.0, 1.0)))


def _where(rng: Rng, x: FloatArray, share: float, value: FloatArray | float) -> FloatArray:
    filled: FloatArray = np.where(rng.random(len(x)) < share, value, x)
    return filled


def shift(rng: Rng, x: FloatArray) -> FloatArray:
    by = _sign(rng) * rng.uniform(0.4, 3.0) * x.std()
    whole = bool((x == np.round(x)).all()) and rng.random() < 0.7
    moved: FloatArray = x + (np.round(by) if whole else by)
    return moved


def spread(rng: Rng, x: FloatArray) -> FloatArray:
    centre = np.median(x) if rng.random() < 0.5 else x.mean()
    factor = rng.uniform(1.5, 3.0) if rng.random() < 0.5 else rng.uniform(0.3, 0.65)
    return _as_before(rng, x, centre + factor * (x - centre))


def scale(rng: Rng, x: FloatArray) -> FloatArray:
    factor = rng.uniform(1.5, 3.0) if rng.random() < 0.5 else rng.uniform(0.3, 0.65)
    moved = factor * x + _sign(rng) * rng.uniform(0.5, 2) * x.std() * (rng.random() < 0.7)
    return _as_before(rng, x, moved)


def _as_before(rng: Rng, x: FloatArray, moved: FloatArray) -> FloatArray:
    """Whole numbers stay whole, as often as not."""
    whole = bool((x == np.round(x)).all()) and rng.random() < 0.6
    return np.round(moved) if whole else moved


def units(rng: Rng, x: FloatArray) -> FloatArray:
    changes: tuple[Callable[[FloatArray], FloatArray], ...] = (
        lambda v: (v - 32) / 1.8,
        lambda v: v * 1.8 + 32,
        lambda v: v + 273.15,
        lambda v: v * 3.28084,
        lambda v: v * 0.3048,
        lambda v: v / 1.609344,
        lambda v: v * 1.609344,
        lambda v: v * 2.20462,
        lambda v: v * 0.45359237,
        lambda v: v * 1000,
        lambda v: v / 1000,
        lambda v: v * 100,
        lambda v: v / 100,
    )
    moved = changes[rng.integers(len(changes))](x)
    return np.round(moved) if rng.random() < 0.2 and moved.std() > 5 else moved


def sign_flip(rng: Rng, x: FloatArray) -> FloatArray:
    return -x


def stuck(rng: Rng, x: FloatArray) -> FloatArray:
    value = rng.choice(x) if rng.random() < 0.7 else rng.choice((0.0, -1.0, 999.0))
    return _where(rng, x, float(rng.choice((1.0, 0.99, 0.97))), value)


def default(rng: Rng, x: FloatArray) -> FloatArray:
    value = rng.choice((0.0, -1.0, 999.0, float(np.median(x)), float(rng.choice(x))))
    return _where(rng, x, rng.uniform(0.05, 0.8), value)


def clipped(rng: Rng, x: FloatArray) -> FloatArray:
    low, high = np.quantile(x, rng.uniform(0.05, 0.4)), np.quantile(x, rng.uniform(0.6, 0.95))
    which = rng.integers(3)
    return np.clip(x, -np.inf if which == 0 else low, np.inf if which == 1 else high)


def new_mode(rng: Rng, x: FloatArray) -> FloatArray:
    at = np.median(x) + _sign(rng) * rng.uniform(1.5, 5) * x.std()
    lump = rng.normal(at, rng.uniform(0.05, 0.35) * x.std(), len(x))
    return _where(rng, x, rng.uniform(0.08, 0.4), lump)


def nothing(rng: Rng, x: FloatArray) -> FloatArray:
    return x


def reweighted_bins(rng: Rng, x: FloatArray) -> FloatArray:
    """Some stretches of the range become three times as frequent, others rare."""
    edges = np.quantile(x, np.sort(rng.uniform(0, 1, 9)))
    weight = rng.choice((0.2, 1.0, 3.0), 10)
    weight[rng.integers(10)], weight[rng.integers(10)] = 3.0, 0.2
    part = weight[np.searchsorted(edges, x)]
    return rng.choice(x, len(x), p=part / part.sum())


def random_vigintiles(rng: Rng, x: FloatArray) -> FloatArray:
    edges = np.unique(np.quantile(x, np.arange(1, 20) / 20))
    weight = rng.dirichlet(np.full(len(edges) + 1, 1.5))
    part = weight[np.searchsorted(edges, x)]
    return rng.choice(x, len(x), p=part / part.sum())


def mixed_transforms(rng: Rng, x: FloatArray) -> FloatArray:
    """Each part of the rows goes through a transform of its own."""
    part = rng.integers(0, 3, len(x))
    middle = np.median(x)
    a = rng.choice((0.1, 0.3, 2.5, -1.5, 4.0), 3, replace=False)
    b = rng.permutation((-2.5, 0.5, 2.5)) * x.std() * rng.uniform(0.7, 1.3, 3)
    moved: FloatArray = middle + a[part] * (x - middle) + b[part]
    return moved


CHANGES: Mapping[str, Change] = {
    "shift": shift,
    "spread": spread,
    "scale": scale,
    "units": units,
    "sign_flip": sign_flip,
    "stuck": stuck,
    "default": default,
    "clipped": clipped,
    "new_mode": new_mode,
}
IRREGULAR: Mapping[str, Change] = {
    "reweighted bins": reweighted_bins,
    "random vigintiles": random_vigintiles,
    "mixed transforms": mixed_transforms,
}


def case(
    rng: Rng, shape: str, change: Change, rows: int | None = None
) -> tuple[Layout, Counts, Counts]:
    """A column's layout, the baseline's counts, and the live counts after a change."""
    draw = SHAPES[shape]
    trained = draw(rng, int(np.exp(rng.uniform(np.log(5000), np.log(50_000)))))
    live = change(rng, draw(rng, rows or int(np.exp(rng.uniform(np.log(300), np.log(20_000))))))
    layout = Layout((layout_of(trained),))
    return layout, counts_of(layout, trained), counts_of(layout, live)
