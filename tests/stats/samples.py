"""Samples of values as what a statistic is given: a baseline's reference, and live counts."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout, Layout
from driftwatch.sketch.vocabulary import VocabularyIndex
from driftwatch.stats.reference import Reference, make_reference
from tests.sketch.zoo import SHAPES, layout_of

Words = Sequence[str | None]
Sample = FloatArray | Words
"""The values of a column: numbers, where NaN and infinities are no values, or words."""


def finite(sample: Sample) -> FloatArray:
    """The values of a numeric sample."""
    numbers = np.asarray(sample, dtype=np.float64)
    return numbers[np.isfinite(numbers)]


def reference_of(*baseline: Sample) -> Reference:
    """What a baseline with these columns is to the statistics."""
    layout = Layout(tuple(_column(f"c{i}", sample) for i, sample in enumerate(baseline)))
    return make_reference(layout, counts_of(layout, *baseline))


def counts_of(layout: Layout, *columns: Sample) -> Counts:
    """The counts of these columns; the shorter ones are filled up with rows without a value."""
    rows = max(map(len, columns), default=0)
    numbers = [_padded(columns[i], rows) for i in layout.numeric]
    cells = [_cells(layout.columns[i], columns[i], rows) for i in layout.categorical]
    counts = RowCounter(layout).empty()
    RowCounter(layout).count(
        np.array(numbers, dtype=np.float64).reshape(len(numbers), rows),
        None,
        np.array(cells, dtype=np.int32).reshape(len(cells), rows),
        counts,
    )
    return counts


def sizes(reference: Reference, live: Counts) -> tuple[FloatArray, FloatArray]:
    """How many values each column has, live and in the baseline."""
    bounds = reference.layout.value_bounds.reshape(-1, 2).tolist()
    return np.array([float(live.cells[a:b].sum()) for a, b in bounds]), reference.values


def _column(name: str, sample: Sample) -> ColumnLayout:
    if isinstance(sample, np.ndarray):
        return layout_of(finite(sample), name)
    words = [word for word, _ in Counter(w for w in sample if w is not None).most_common(256)]
    return CategoricalLayout(name, "feature", tuple(words), np.empty(0, dtype=np.uint64))


def _padded(sample: Sample, rows: int) -> FloatArray:
    numbers = np.asarray(sample, dtype=np.float64)
    return np.concatenate((numbers, np.full(rows - len(numbers), np.nan)))


def _cells(column: ColumnLayout, sample: Sample, rows: int) -> IntArray:
    assert isinstance(column, CategoricalLayout)
    padded = [*sample, *[None] * (rows - len(sample))]
    return VocabularyIndex(column, {None: "null"}).cells(padded, {}, 0).astype(np.int64)


@st.composite
def numeric_samples(draw: st.DrawFn, largest: int = 5000, smallest: int = 1) -> FloatArray:
    """A sample of one of the shapes, moved and stretched, with a few values that are none."""
    shape = SHAPES[draw(st.sampled_from(sorted(SHAPES)))]
    size = draw(st.sampled_from((smallest, 2, 7, 60, 700, largest)).filter(lambda n: n >= smallest))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    with np.errstate(over="ignore"):
        values = shape(rng, size) * draw(st.sampled_from((1.0, 1.0, -1.0, 1.5, 1e-3)))
        values = values + draw(st.sampled_from((0.0, 0.0, 0.25, 3.0, 1e9)))
    values = np.clip(values, -np.finfo(np.float64).max, np.finfo(np.float64).max)
    odd = draw(st.sampled_from((0.0, 0.0, 0.1)))
    gone = rng.random(size) < odd
    gone[0] = False  # one value at least
    return np.where(gone, rng.choice([np.nan, np.inf, -np.inf], size), values)


words = st.sampled_from(["a", "b", "c", "de", "fgh", "zz", "never", "seldom"])
word_samples: st.SearchStrategy[Words] = st.lists(st.none() | words, max_size=60)
