"""Columns that break sketches: ties, atoms, denormals, huge ranges, constants, and all of it mixed.

Numbers are drawn by a generator that the test seeds; the hypothesis strategies at the end mix the
special values of floating point with one another.
"""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from driftwatch.records import FloatArray, Status, StatusArray
from driftwatch.sketch.edges import make_edges
from driftwatch.sketch.layout import NumericLayout

LARGEST = float(np.finfo(np.float64).max)
DENORMAL = 5e-324
EPSILON = float(np.finfo(np.float64).eps)

Draw = Callable[[np.random.Generator, int], FloatArray]

SHAPES: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0, 3, n),
    "sorted": lambda rng, n: np.sort(rng.normal(size=n)),
    "reversed": lambda rng, n: np.sort(rng.normal(size=n))[::-1].copy(),
    "zigzag": lambda _, n: np.where(np.arange(n) % 2, 1.0, -1.0) * np.arange(n),
    "saw": lambda _, n: (np.arange(n) % 97).astype(float),
    "two ends": lambda rng, n: np.concatenate((np.full(n - n // 2, 1e9), rng.normal(size=n // 2))),
    "zero inflated": lambda rng, n: np.where(rng.random(n) < 0.7, 0.0, rng.exponential(size=n)),
    "integers": lambda rng, n: rng.poisson(20, n).astype(float),
    "heavy ties": lambda rng, n: rng.zipf(1.5, n).astype(float),
    "constant": lambda _, n: np.full(n, 3.25),
    "constant zero": lambda _, n: np.zeros(n),
    "two zeros": lambda rng, n: np.where(rng.random(n) < 0.5, 0.0, -0.0),
    "denormals": lambda rng, n: rng.integers(0, 40, n).astype(float) * DENORMAL,
    "neighbours": lambda rng, n: 1.0 + rng.integers(0, 8, n).astype(float) * EPSILON,
    "huge range": lambda rng, n: rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-320, 308, n),
    "whole range": lambda rng, n: rng.choice([-LARGEST, 0.0, LARGEST], n),
    "largest": lambda _, n: np.full(n, LARGEST),
    "far from zero": lambda rng, n: 1e15 + rng.normal(size=n),
}

SPECIAL = (0.0, -0.0, 1.0, -1.0, DENORMAL, -DENORMAL, 1e-300, 1e300, LARGEST, -LARGEST)

finite_floats = st.sampled_from(SPECIAL) | st.floats(allow_nan=False, allow_infinity=False)
any_floats = finite_floats | st.sampled_from((np.nan, np.inf, -np.inf))
cells = st.tuples(any_floats, st.sampled_from((0, 0, 0, 0, 0, 1, 2, 3)))
"""A value and its status; a value is only there where the status says so."""


@st.composite
def numeric_layouts(draw: st.DrawFn) -> NumericLayout:
    """A column's bins, from a baseline of a few of these values."""
    values = np.array(draw(st.lists(finite_floats, max_size=30)), dtype=np.float64)
    return layout_of(values)


def layout_of(values: FloatArray, name: str = "x") -> NumericLayout:
    """The bins that a baseline with these finite values would have."""
    ordered = np.sort(values)
    ends = (ordered[0], ordered[-1]) if len(values) else (np.inf, -np.inf)
    edges, low, high = make_edges(ordered, np.ones(len(values), dtype=np.int64), *ends)
    return NumericLayout(name, "feature", edges, low, high)


def columns_of(rows: list[tuple[float, int]]) -> tuple[FloatArray, StatusArray]:
    """(n,) values, NaN where nothing stands, and their status."""
    status = np.array([row[1] for row in rows], dtype=np.uint8)
    values = np.array([row[0] for row in rows], dtype=np.float64)
    values[status != Status.VALUE] = np.nan
    return values, status


def slow_cell(layout: NumericLayout, value: float, status: int) -> int:
    """Where a value belongs, by the definition and nothing else."""
    if status != Status.VALUE:
        return layout.cell({1: "null", 2: "absent", 3: "wrong_type"}[status])
    if np.isnan(value):
        return layout.cell("nan")
    if np.isinf(value):
        return layout.cell("positive_inf" if value > 0 else "negative_inf")
    return sum(1 for edge in layout.edges.tolist() if edge <= value)
