"""The columns that both sides have, compared: what is told of each, and which rows differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.parity.cells import Cells, Recorded, missing_cells
from driftwatch.parity.compared import Compared, are_probabilities, compared, top_class, whole
from driftwatch.parity.outcome import QUANTILES, ColumnParity, ParityPolicy, Share
from driftwatch.parity.pairs import Pairs
from driftwatch.stats.slack import bounds


@dataclass(frozen=True, slots=True, eq=False)
class ComparedColumn:
    """A column that was compared.

    rows: what each pair of rows came to. elements: the same of each element, by name, with what
    stands on both sides in golden and log.
    """

    told: ColumnParity
    rows: Compared
    golden: tuple[Cells, ...]
    log: tuple[Cells, ...]
    elements: tuple[tuple[str, Compared], ...]


def compared_columns(
    name: str,
    elements: Sequence[str],
    golden: Recorded,
    log: Recorded,
    pairs: Pairs,
    policy: ParityPolicy,
) -> Iterator[ComparedColumn]:
    """A column, or a vector by its elements; with the top class, where these are probabilities."""
    nothing = missing_cells(log.rows)
    mine = [golden.columns[element].at(pairs.golden) for element in elements]
    theirs = [log.columns.get(element, nothing).at(pairs.log) for element in elements]
    absolute, relative = policy.absolute, policy.relative
    if name in policy.tolerances:
        absolute, relative = policy.tolerances[name], 0.0
    elif all(cells.integral and cells.number.any() for cells in mine):
        absolute = relative = 0.0  # a label or a count is the same or it is another
    yield _column(name, elements, (mine, theirs), (absolute, relative), policy)
    if are_probabilities(mine):
        top = [top_class(mine)], [top_class(theirs)]
        yield _column(f"{name}.top_class", [f"{name}.top_class"], top, (0.0, 0.0), policy)


def _column(
    name: str,
    elements: Sequence[str],
    sides: tuple[list[Cells], list[Cells]],
    tolerance: tuple[float, float],
    policy: ParityPolicy,
) -> ComparedColumn:
    each = [compared(mine, theirs, *tolerance) for mine, theirs in zip(*sides, strict=True)]
    rows = whole(each)
    sizes = rows.size[~np.isnan(rows.size)]
    told = ColumnParity(
        name,
        len(elements),
        *tolerance,
        share(int(rows.differs.sum()), len(rows.differs), policy.confidence),
        float(sizes.max()) if len(sizes) else None,
        tuple(np.quantile(sizes, QUANTILES).tolist()) if len(sizes) else (),
        int((rows.differs & np.isinf(rows.excess)).sum()),
    )
    named_elements = tuple(zip(elements, each, strict=True))
    return ComparedColumn(told, rows, tuple(sides[0]), tuple(sides[1]), named_elements)


def share(count: int, of: int, confidence: float) -> Share:
    """A share with its interval. Both ends are unknown, 0 and 1, where there is nothing."""
    if not of:
        return Share(0, 0, 0.0, 1.0)
    doubt = np.array([(1.0 - confidence) / 2.0])
    low, high = bounds(np.array([float(count)]), np.array([float(of)]), doubt)
    return Share(count, of, float(low[0]), float(high[0]))
