"""By which cells, and under which names, records are exported."""

import numpy as np

from driftwatch.export.cells import MOST_WORDS, NOT_IN_PSI, named_cells
from driftwatch.sketch.layout import CategoricalLayout, NumericLayout
from driftwatch.stats.reference import psi_groups


def words(*vocabulary: str) -> CategoricalLayout:
    return CategoricalLayout("country", "feature", vocabulary, np.empty(0, np.uint64))


def names(column: CategoricalLayout, sensitive: bool = False) -> tuple[str, ...]:
    return named_cells(column, np.zeros(column.size, np.int64), sensitive).names


def test_a_numeric_column_has_the_cells_of_psi_and_two_for_what_it_leaves_out() -> None:
    column = NumericLayout("x", "feature", np.arange(101.0), 0, 100)
    counts = np.array([0] + [7] * 100 + [0] + [3, 0, 0, 2, 1, 1])
    found = named_cells(column, counts)
    assert found.names == (*(f"{i:02d}" for i in range(1, 11)), "(missing)", "(infinite)")
    assert found.starts[:10].tolist() == psi_groups(column, counts).tolist()
    assert np.add.reduceat(counts, found.starts).tolist() == [70] * 10 + [5, 2]


def test_every_record_is_in_one_cell() -> None:
    column = words("DE", "FR")
    counts = np.array([1, 2, 3, 4, 5, 6, 7])
    found = named_cells(column, counts)
    assert np.add.reduceat(counts, found.starts).tolist() == [1, 2, 3, 4, 18]
    assert found.names == ("DE", "FR", "(other)", "(new)", "(missing)")


def test_the_rarer_words_of_a_large_vocabulary_share_a_cell() -> None:
    column = words(*(f"w{i}" for i in range(MOST_WORDS + 7)))
    counts = np.arange(column.size)
    found = named_cells(column, counts)
    assert found.names[MOST_WORDS - 1 :] == ("w39", "(rest)", "(other)", "(new)", "(missing)")
    sums = np.add.reduceat(counts, found.starts)
    assert sums[MOST_WORDS] == counts[MOST_WORDS : MOST_WORDS + 7].sum()


def test_a_sensitive_column_tells_none_of_its_words() -> None:
    assert names(words("HIV", "flu"), sensitive=True)[:3] == ("word 1", "word 2", "(other)")


def test_a_word_that_reads_like_one_of_ours_stands_in_quotes_and_no_two_are_alike() -> None:
    odd = ("(new)", '"(new)"', "(missing)", '""(new)""', "new", '"quoted"', "")
    found = names(words(*odd))
    assert found[:2] == ('"(new)"', '""(new)""')
    assert found[4:7] == ("new", '"quoted"', "")
    assert len(set(found)) == len(found)


def test_what_psi_leaves_out_is_named() -> None:
    assert set(NOT_IN_PSI) == {"(missing)", "(infinite)"}
