"""Columns under no drift: what a baseline knows of them, and panes of the same population.

A numeric column is a function of a latent normal variable, so that its groups have exact
probabilities; a categorical one is a list of words with theirs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.sketch.layout import CategoricalLayout, NumericLayout
from driftwatch.stats.dependence import Dependence, block_sizes, measure
from driftwatch.stats.events import ColumnEvents, HalfCounts, column_events, scores, standardized
from driftwatch.stats.members import Basis
from driftwatch.stats.strata import Strata
from tests.sketch.zoo import layout_of

Live = Callable[[np.random.Generator, int, int], IntArray]
"""(panes, G) counts of so many panes, from the pane of this number on."""


class Column(NamedTuple):
    """A column of a run. rows: of a live pane; pane_us: how long one lasts."""

    basis: Basis
    live: Live
    rows: int
    pane_us: int = 60_000_000


class Shape(NamedTuple):
    """A numeric population. value: of a latent normal. cut: which latents are below a value."""

    value: Callable[[FloatArray], FloatArray]
    cut: Callable[[FloatArray], FloatArray]


def _log(x: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > 0, np.log(np.maximum(x, 0.0)), -np.inf)


NORMAL = Shape(lambda z: z, lambda x: x)
LOGNORMAL = Shape(np.exp, _log)
ZERO_INFLATED = Shape(
    lambda z: np.where(z < 0.5, 0.0, np.exp(z - 0.5)),
    lambda x: np.where(x <= 0, -np.inf, 0.5 + np.maximum(_log(x), 0.0)),
)
INTEGER = Shape(lambda z: np.floor(200.0 + 40.0 * z), lambda x: (np.ceil(x) - 200.0) / 40.0)


@dataclass(frozen=True)
class Numbers:
    """A numeric column's layout and events, with the latent at which each value group begins."""

    layout: NumericLayout
    events: ColumnEvents
    cuts: FloatArray

    @property
    def null(self) -> int:
        """The group of the nulls."""
        return int(np.searchsorted(self.events.bounds, self.layout.cell("null")))

    def codes(self, latent: FloatArray, missing: BoolArray | None = None) -> IntArray:
        """The group of each row."""
        codes = np.searchsorted(self.cuts, latent, side="right")
        return codes if missing is None else np.where(missing, self.null, codes)

    def chances(self, shift: float = 0.0, scale: float = 1.0, null: float = 0.0) -> FloatArray:
        """(G,) what a row of such a latent is."""
        below = np.concatenate(([0.0], ndtr((self.cuts - shift) / scale), [1.0]))
        found = np.zeros(self.events.groups)
        found[: self.events.values] = np.diff(below) * (1.0 - null)
        found[self.null] += null
        return found


def numbers(shape: Shape, latent: FloatArray, missing: BoolArray | None = None) -> Numbers:
    """The layout that a baseline of these rows has, and its events."""
    some = latent if missing is None else latent[~missing]
    layout = layout_of(shape.value(some))
    cells = np.zeros(layout.size, dtype=np.int64)
    inside = np.searchsorted(layout.edges, shape.value(some), side="right")
    cells[: layout.bins] = np.bincount(inside, minlength=layout.bins)
    cells[layout.cell("null")] = len(latent) - len(some)
    events = column_events(layout, cells)
    begins = layout.edges[events.bounds[1 : events.values] - 1]
    return Numbers(layout, events, shape.cut(begins))


def independent(events: ColumnEvents, codes: IntArray, half: HalfCounts | None = None) -> Basis:
    """What a baseline without an order of time knows."""
    scored = half is None and bool({"below", "bin"} & {e.kind for e in events.events})
    groups = np.bincount(codes, minlength=events.groups)[None]
    sources = len(events.events) + (2 if scored else 0)
    return Basis(events, groups, half, Dependence.none(sources), scored=scored)


def measured(basis: Basis, codes: IntArray, pane_rows: int) -> Basis:
    """The same baseline with its rows in this order."""
    sizes = block_sizes(pane_rows, len(codes))
    events = basis.events
    total = basis.groups.sum(axis=0)
    k, m = events.counts(total)
    share = k / np.maximum(m, 1)
    z = z_of(events, total) if basis.scored else np.empty((0, events.values))
    residuals = []
    for size in sizes:
        counts = pane_counts(codes, size, events.groups)
        inside, asked = events.counts(counts)
        sums = counts[:, : events.values] @ z.T
        residuals.append(np.concatenate((inside - share * asked, sums), axis=1))
    variance = np.append(share * (1.0 - share) * m, np.full(len(z), total[: events.values].sum()))
    dependence = measure(sizes, residuals, variance / len(codes))
    return Basis(events, basis.groups, basis.half, dependence, scored=basis.scored)


def z_of(events: ColumnEvents, total: IntArray) -> FloatArray:
    """(2, V) the scores, 0 where one says nothing."""
    values = total[: events.values]
    found = [standardized(score, values) for score in scores(values)]
    return np.stack([np.zeros(len(values)) if z is None else z for z in found])


def pane_counts(codes: IntArray, rows: int, groups: int) -> IntArray:
    """(panes, G) counts of consecutive rows; what is left over at the end is left out."""
    panes = len(codes) // rows
    flat = codes[: panes * rows] + groups * np.repeat(np.arange(panes), rows)
    return np.bincount(flat, minlength=panes * groups).reshape(panes, groups)


def multinomial(chances: FloatArray, rows: int) -> Live:
    """Panes of independent rows."""
    chances = chances / chances.sum()
    return lambda rng, _, panes: rng.multinomial(rows, chances, size=panes)


def numeric(
    rng: np.random.Generator, shape: Shape, m: int, rows: int, null: float = 0.02
) -> Column:
    """A numeric column with independent rows, some of them null."""
    latent, missing = rng.normal(size=m), rng.random(m) < null
    made = numbers(shape, latent, missing)
    basis = independent(made.events, made.codes(latent, missing))
    return Column(basis, multinomial(made.chances(null=null), rows), rows)


def stratified(made: Numbers, codes: IntArray, strata_of: IntArray, strata: Strata) -> Basis:
    """A baseline with counts of its own for each stratum."""
    count, width = int(strata_of.max()) + 1, made.events.groups
    groups = np.bincount(codes + width * strata_of, minlength=count * width).reshape(count, width)
    sources = len(made.events.events) + 2
    return Basis(made.events, groups, None, Dependence.none(sources), strata)


@dataclass(frozen=True)
class Words:
    """A categorical column's layout and events, with the cell of each of the population's words."""

    layout: CategoricalLayout
    events: ColumnEvents
    half: HalfCounts | None
    cell: IntArray

    def codes(self, ids: IntArray) -> IntArray:
        """The group of each row."""
        return np.searchsorted(self.events.bounds, self.cell[ids], side="right") - 1

    def chances(self, words: FloatArray) -> FloatArray:
        """(G,) what a row is where words have these probabilities."""
        groups = np.searchsorted(self.events.bounds, self.cell, side="right") - 1
        found = np.bincount(groups, weights=words, minlength=self.events.groups)
        return found.astype(np.float64)


def words(ids: IntArray, population: int) -> Words:
    """The vocabulary that a baseline of these rows has, and what its second half says."""
    seen = np.bincount(ids, minlength=population)
    first = np.bincount(ids[::2], minlength=population)
    second = np.bincount(ids[1::2], minlength=population)
    many = int((seen > 0).sum()) > 50
    chosen_by = first if many else seen
    vocabulary = np.argsort(-chosen_by, kind="stable")[:256]
    vocabulary = vocabulary[chosen_by[vocabulary] > 0]
    size = len(vocabulary)
    other = int((seen > 0).sum()) - size
    names = tuple(str(word) for word in vocabulary.tolist())
    layout = CategoricalLayout("w", "feature", names, np.arange(other, dtype=np.uint64))
    cell = np.where(seen > 0, size, size + 1)
    cell[vocabulary] = np.arange(size)
    half = None
    if many or seen[seen > 0].min() < 30:
        half = HalfCounts(
            (int(second.sum()),),
            (int(second[vocabulary[50:]].sum()),),
            (int(second.sum() - second[vocabulary].sum()),),
            (int(second[first == 0].sum()),),
            (second[vocabulary[:50]].tolist(),) if many else (),
        )
    events = column_events(layout, np.bincount(cell[ids], minlength=layout.size))
    return Words(layout, events, half, cell)


def categorical(rng: np.random.Generator, chances: FloatArray, m: int, rows: int) -> Column:
    """A categorical column with independent rows."""
    ids = np.searchsorted(np.cumsum(chances / chances.sum())[:-1], rng.random(m), side="right")
    made = words(ids, len(chances))
    basis = word_basis(made, ids)
    return Column(basis, multinomial(made.chances(chances), rows), rows)


def word_basis(made: Words, ids: IntArray) -> Basis:
    """A categorical column's baseline without an order of time."""
    groups = np.bincount(made.codes(ids), minlength=made.events.groups)[None]
    return Basis(
        made.events, groups, made.half, Dependence.none(len(made.events.events)), scored=False
    )
