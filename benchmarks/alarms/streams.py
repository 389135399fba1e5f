"""The streams that every detector sees: the null suite and the drift suite.

Needs numpy only, and is imported by each peer in its own virtual environment. A column is named by
what it holds and by its copy; the same name and copy give the same values everywhere. Numbers are
float64 with NaN for null, categories are words. One pane is `PANE_ROWS` rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Frame = dict[str, Array]
"""Columns by name, all of the same length."""

PANE_ROWS = 200
DAY_PANES = 1440
"""Panes are of one minute."""
BASELINE_DAYS = 28
"""The rows of a baseline are evenly spread over so many days."""
DRIFT_COPY = 10_000
"""Copies of the drift suite are counted from here, so that it shares no baseline with the other."""
_BASELINE, _LIVE, _CHANGE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column.

    make: rows from a generator, the days at which they stand, and what the last call left behind.
    independent: whether the rows are; the others are counted apart.
    """

    make: Callable[[np.random.Generator, Array, dict[str, float]], Array]
    numeric: bool
    independent: bool
    says: str


def _normal(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    return rng.normal(size=len(days))


def _lognormal(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    return rng.lognormal(3.0, 1.0, len(days))


def _zero_inflated(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    amounts = rng.lognormal(3.0, 1.0, len(days))
    return np.where(rng.random(len(days)) < 0.6, 0.0, amounts)


def _integer(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    return rng.poisson(100.0, len(days)).astype(np.float64)


FIFTY = np.array([f"word_{i:02}" for i in range(50)])
_FIFTY_SHARES = (1.0 / np.arange(1, 51)) / (1.0 / np.arange(1, 51)).sum()


def _fifty(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    return FIFTY[np.searchsorted(np.cumsum(_FIFTY_SHARES)[:-1], rng.random(len(days)))]


def _words(rng: np.random.Generator, rows: int, share: float) -> Array:
    return np.where(rng.random(rows) < share, "yes", "no")


def _binary(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    return _words(rng, len(days), 0.3)


def _rare(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    return _words(rng, len(days), 0.002)


def _ar(rng: np.random.Generator, days: Array, carried: dict[str, float]) -> Array:
    steps = rng.normal(scale=np.sqrt(1.0 - 0.6**2), size=len(days)).tolist()
    value = carried.get("value")
    value = float(rng.normal()) if value is None else value
    found = []
    for step in steps:
        value = 0.6 * value + step
        found.append(value)
    carried["value"] = value
    return np.array(found)


def _daily(rng: np.random.Generator, days: Array, _: dict[str, float]) -> Array:
    return 0.5 * np.sin(2.0 * np.pi * days) + rng.normal(size=len(days))


KINDS = {
    "normal": Kind(_normal, True, True, "mean 0, sd 1"),
    "lognormal": Kind(_lognormal, True, True, "its logarithm has an sd of 1"),
    "zero_inflated": Kind(_zero_inflated, True, True, "60% zeros, the rest lognormal"),
    "integer": Kind(_integer, True, True, "counts around 100"),
    "fifty": Kind(_fifty, False, True, "50 categories, the i-th in proportion to 1/i"),
    "binary": Kind(_binary, False, True, "yes in 30% of the rows"),
    "rare": Kind(_rare, False, True, "yes in 0.2% of the rows"),
    "ar": Kind(_ar, True, False, "each row .6 times the row before plus noise"),
    "daily": Kind(_daily, True, False, "a mean that moves by .5 sd up and down over the day"),
}
INDEPENDENT = tuple(name for name, kind in KINDS.items() if kind.independent)
DEPENDENT = tuple(name for name, kind in KINDS.items() if not kind.independent)


@dataclass(frozen=True, slots=True)
class Drift:
    """A change, from the first live row on: of rows of `base`."""

    base: str
    change: Callable[[np.random.Generator, Array], Array]
    says: str


def _some(rng: np.random.Generator, values: Array, share: float, others: Any) -> Array:
    return np.where(rng.random(len(values)) < share, others, values)


def _tail(rng: np.random.Generator, values: Array) -> Array:
    return _some(rng, values, 0.02, rng.normal(4.0, 1.0, len(values)))


DRIFTS = {
    "shift_10": Drift("normal", lambda _, values: values + 0.10, "+.1 sd"),
    "shift_25": Drift("normal", lambda _, values: values + 0.25, "+.25 sd"),
    "wider": Drift("normal", lambda _, values: values * 1.20, "sd x 1.2"),
    "narrower": Drift("normal", lambda _, values: values * 0.85, "sd x .85"),
    "tail": Drift("normal", _tail, "2% tail"),
    "nulls": Drift("normal", lambda rng, values: _some(rng, values, 0.05, np.nan), "5% null"),
    "new_word": Drift("fifty", lambda rng, values: _some(rng, values, 0.02, "new"), "2% new"),
}


def _rng(name: str, copy: int, what: int, size: int = 0) -> np.random.Generator:
    return np.random.default_rng([list(KINDS).index(name), copy, what, size])


def baseline(name: str, copy: int, rows: int) -> Array:
    """The training data of a column, in the order of time.

    >>> bool((baseline("normal", 3, 5_000) == baseline("normal", 3, 5_000)).all())
    True
    """
    rng = _rng(name, copy, _BASELINE, rows)
    return KINDS[name].make(rng, baseline_days(rows), {})


def baseline_days(rows: int) -> Array:
    """When the rows of a baseline happened, in days."""
    return np.arange(rows) * (BASELINE_DAYS / rows)


def live(name: str, copy: int) -> Iterator[Array]:
    """The live panes of a column, for ever; the first begins at the start of a day."""
    rng, kind = _rng(name, copy, _LIVE), KINDS[name]
    carried: dict[str, float] = {}
    pane, within = 0, np.arange(PANE_ROWS) / PANE_ROWS
    while True:
        yield kind.make(rng, (pane + within) / DAY_PANES, carried)
        pane += 1


def drifting(name: str, copy: int) -> Iterator[Array]:
    """The same with a drift in it."""
    drift = DRIFTS[name]
    rng = _rng(drift.base, copy, _CHANGE)
    for values in live(drift.base, copy):
        yield drift.change(rng, values)


def null_suite(copy: int, rows: int, panes: int) -> tuple[Frame, Iterator[Frame]]:
    """A baseline of every kind, and live panes like it."""
    columns = {name: live(name, copy) for name in KINDS}
    return {name: baseline(name, copy, rows) for name in KINDS}, _frames(columns, panes)


def drift_suite(copy: int, rows: int, panes: int) -> tuple[Frame, Iterator[Frame]]:
    """A baseline for every drift, and live panes that have it."""
    columns = {name: drifting(name, DRIFT_COPY + copy) for name in DRIFTS}
    train = {name: baseline(drift.base, DRIFT_COPY + copy, rows) for name, drift in DRIFTS.items()}
    return train, _frames(columns, panes)


def _frames(columns: dict[str, Iterator[Array]], panes: int) -> Iterator[Frame]:
    for _ in range(panes):
        yield {name: next(values) for name, values in columns.items()}
