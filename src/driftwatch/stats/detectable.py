"""What an alarm can find: how small a change, and how long it takes.

A small baseline is deaf, and nothing else would show it: the change that is excused is its own
sampling error and the tolerance together, and smaller changes are never found, however long they
last.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from driftwatch.records import FloatArray
from driftwatch.stats.evidence import Bank
from driftwatch.stats.members import EVENT_STEPS, SCORE_STEPS, Basis, Watch, make_design
from driftwatch.stats.slack import bounds, h, share_at
from driftwatch.stats.strata import SIZES

_PAGE = 1


def min_detectable_shift(watch: Watch) -> FloatArray:
    """(C,) the smallest change of a share of one half that can ever raise a page.

    NaN for a column of which the baseline has no value. In a column with strata, for the average
    one.
    """
    found = np.full(len(watch.bases), np.nan)
    for column, basis in enumerate(watch.bases):
        values = float(basis.groups[:, : basis.events.values].sum()) / SIZES[basis.strata]
        if values == 0:
            continue
        size = np.array([values / float(np.median(basis.dependence.largest))])
        doubt = watch.doubt[watch.first_source[column]]
        _, high = bounds(size / 2, size, doubt)
        reached = share_at(h(high) + watch.tolerance[_PAGE, column])
        found[column] = float(reached[0]) - 0.5
    return found


@dataclass(frozen=True, slots=True)
class Reach:
    """What a page could have found in one column at its traffic.

    kind: a `shift` of a numeric column in standard deviations (of the normal scores of its ranks),
        or a rise of the `share` of a category or of missing values.
    size: the smallest that is expected to be found within `panes`; None where none is.
    """

    kind: Literal["shift", "share"]
    size: float | None
    panes: float


def reach(bank: Bank, rows_per_pane: float, panes: float) -> tuple[Reach, ...]:
    """For each column the smallest change that pages within so many panes.

    The expected evidence of a pane is linear in the size of the change, so the size at which a
    member reaches the threshold in time can be read off it.
    """
    watch = bank.watch
    usual = [_usual_stratum(basis) for basis in watch.bases]
    design = make_design(watch, usual)
    k, m = watch.counts(usual)
    members = bank.members.reshape(2, -1)[_PAGE]
    found = []
    for column, basis in enumerate(watch.bases):
        first = int(watch.first_source[column])
        events = len(basis.events.events)
        groups = basis.groups[usual[column]]
        of_values = float(groups[: basis.events.values].sum()) / max(1.0, float(groups.sum()))
        rows = max(rows_per_pane * of_values, 1e-9)
        needed = bank.log_threshold + np.log(max(1, members[column]))
        phi = basis.dependence.at(rows)
        if basis.scored and design.alpha[_PAGE, first + events].any():
            source, slots = first + events, slice(0, len(SCORE_STEPS))
            at_null = 0.0
        else:
            source, slots = _most_frequent(watch, column, k, m), slice(0, len(EVENT_STEPS))
            at_null = k[source] / max(m[source], 1e-9)
        alpha, beta = design.alpha[_PAGE, source, slots], design.beta[_PAGE, source, slots]
        alive = alpha != 0.0
        kind: Literal["shift", "share"] = "shift" if source == first + events else "share"
        if not alive.any():
            found.append(Reach(kind, None, panes))
            continue
        level = (phi[source - first] * needed / (rows * panes) - beta[alive]) / alpha[alive]
        size = float(level.min()) - at_null
        possible = kind == "shift" or size + at_null <= 1.0
        found.append(Reach(kind, size if possible else None, panes))
    return tuple(found)


def _usual_stratum(basis: Basis) -> int:
    """The one with the middle number of rows."""
    rows = basis.groups.sum(axis=1)
    return int(np.argsort(rows, kind="stable")[len(rows) // 2])


def _most_frequent(watch: Watch, column: int, k: FloatArray, m: FloatArray) -> int:
    """The event of a column whose share is nearest to one half."""
    first = int(watch.first_source[column])
    places = np.arange(first, first + watch.bases[column].sources)
    share = k[places] / np.maximum(m[places], 1e-9)
    return int(places[np.argmin(np.abs(share - 0.5) + (m[places] == 0))])
