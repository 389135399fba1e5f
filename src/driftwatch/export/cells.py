"""The cells by which the records of a column are exported, each with a name.

They are those that PSI is computed on, tenths of a numeric column's mass in the baseline or words,
and one each for what PSI leaves out: records without a value, and infinite ones. Every record of a
stream is in one cell of each column.
"""

from dataclasses import dataclass

import numpy as np

from driftwatch.records import IntArray
from driftwatch.sketch.layout import ColumnLayout, NumericLayout
from driftwatch.stats.reference import psi_groups

MOST_WORDS = 40
"""Words of a vocabulary that have a cell of their own; the rarer ones share one."""

REST, OTHER, NEW, MISSING, INFINITE = "(rest)", "(other)", "(new)", "(missing)", "(infinite)"
NOT_IN_PSI = (MISSING, INFINITE)


@dataclass(frozen=True, slots=True, eq=False)
class NamedCells:
    """starts: (K,) where each begins among the cells of its column. names: (K,) all different."""

    starts: IntArray
    names: tuple[str, ...]


def named_cells(column: ColumnLayout, cells: IntArray, sensitive: bool = False) -> NamedCells:
    """The exported cells of a column with these counts in the baseline.

    sensitive: whether its words may not be told; then they are numbered.

    >>> from driftwatch.sketch.layout import CategoricalLayout
    >>> column = CategoricalLayout("c", "feature", ("a", "(new)"), np.empty(0, np.uint64))
    >>> named_cells(column, np.zeros(7, int)).names
    ('a', '"(new)"', '(other)', '(new)', '(missing)')
    >>> named_cells(column, np.zeros(7, int), sensitive=True).names[:2]
    ('word 1', 'word 2')
    """
    if isinstance(column, NumericLayout):
        groups = psi_groups(column, cells)
        starts = [*groups.tolist(), column.cell("null"), column.cell("negative_inf")]
        tenths = (f"{i:02d}" for i in range(1, len(groups) + 1))
        return NamedCells(np.array(starts), (*tenths, MISSING, INFINITE))
    size = len(column.vocabulary)
    shown = min(size, MOST_WORDS)
    starts = [*range(shown), *([shown] if shown < size else [])]
    starts += [column.cell(name) for name in ("other", "new", "null")]
    special = (*((REST,) if shown < size else ()), OTHER, NEW, MISSING)
    words = column.vocabulary[:shown]
    if sensitive:
        return NamedCells(np.array(starts), (*_numbered(shown), *special))
    return NamedCells(np.array(starts), (*map(_plain, words), *special))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"word {i}" for i in range(1, count + 1))


def _plain(word: str) -> str:
    """A word as it is; in quotes where it could be taken for one of ours, or for such a quote."""
    bare = word.strip('"')
    return f'"{word}"' if bare in (REST, OTHER, NEW, *NOT_IN_PSI) else word
