"""The alarm with one of its parts taken out, to show that the null suite would notice."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from driftwatch.records import FloatArray
from driftwatch.stats import members
from driftwatch.stats.dependence import Dependence
from tests.statistics.columns import Column


class Mutation(NamedTuple):
    """column: what is known of a column then. patched: where the mathematics is another."""

    column: Callable[[Column], Column]
    patched: Callable[[], AbstractContextManager[None]]


def _same(column: Column) -> Column:
    return column


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _share(k: FloatArray, m: FloatArray, _: FloatArray) -> tuple[FloatArray, FloatArray]:
    share = k / np.maximum(m, 1.0)
    return share, share


@contextmanager
def _without_slack() -> Iterator[None]:
    """The baseline's shares are taken for the truth."""
    with (
        patch.object(members, "bounds", _share),
        patch.object(members, "mean_slack", lambda m, _: np.zeros_like(m)),
    ):
        yield


def _one_phi(column: Column) -> Column:
    """The column's median for all of its events."""
    known = column.basis.dependence
    phi = np.broadcast_to(np.median(known.phi, axis=1, keepdims=True), known.phi.shape)
    dependence = Dependence(known.sizes, phi, known.grows)
    return column._replace(basis=replace(column.basis, dependence=dependence))


def _at_the_largest(self: Dependence, rows: FloatArray | float) -> FloatArray:
    index = np.minimum(np.searchsorted(self.sizes, rows), len(self.sizes) - 1)
    return np.asarray(self.phi[index])


@contextmanager
def _without_growth() -> Iterator[None]:
    """Phi stays what it was in the largest block."""
    with patch.object(Dependence, "at", _at_the_largest):
        yield


def _shrunken(column: Column) -> Column:
    """Each hour is eked out with rows of the whole day, ten times its own."""
    groups = column.basis.groups
    whole = groups.sum(axis=0) / groups.sum()
    own = groups.sum(axis=1, keepdims=True)
    mixed = np.rint(groups + 10.0 * own * whole).astype(np.int64)
    return column._replace(basis=replace(column.basis, groups=mixed))


MUTATIONS: Mapping[str, Mutation] = {
    "none": Mutation(_same, _nothing),
    "no slack": Mutation(_same, _without_slack),
    "one phi": Mutation(_one_phi, _nothing),
    "no growth": Mutation(_same, _without_growth),
    "shrunken strata": Mutation(_shrunken, _nothing),
}
