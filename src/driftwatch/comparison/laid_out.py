"""The counts of one baseline on the cells of another.

Both know their rows by cell only. Where a bin of the one spans several of the other, its rows are
shared out as the other's rows lie within it, so that edges alone make no difference. What that may
hide is less than the bin holds, some 1/320 of the rows. Words outside of the vocabulary are shared
out alike, among the words that they may be.
"""

import numpy as np

from driftwatch.baseline.artifact import Baseline, CategoricalBaseline, NumericBaseline
from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.vocabulary import text_hash
from driftwatch.stats.events import MAX_WORDS


def laid_out(baseline: Baseline, over: Baseline) -> Counts:
    """The rows of a baseline on the cells of another, whose columns it has, each of the same kind.

    The moments are its own, to the bit.
    """
    mine = {column.name: column for column in baseline.columns}
    cells = []
    for column in over.columns:
        own = mine[column.name]
        if isinstance(column, NumericBaseline):
            assert isinstance(own, NumericBaseline)
            cells.append(numbers_laid_out(own, column))
        else:
            assert isinstance(own, CategoricalBaseline)
            cells.append(words_laid_out(own, column))
    return Counts(baseline.rows, np.concatenate(cells), _moments(baseline, over))


def numbers_laid_out(own: NumericBaseline, over: NumericBaseline) -> IntArray:
    """The counts of a numeric column on the cells of the other's."""
    side = (own.null, own.absent, own.wrong_type, own.nan, own.negative_inf, own.positive_inf)
    at = np.array(over.edges, dtype=np.float64)
    below = np.rint(_below(own, over, at)).astype(np.int64)
    return np.append(np.diff(below, prepend=0, append=own.count), side)


def _below(own: NumericBaseline, over: NumericBaseline, at: FloatArray) -> FloatArray:
    """How many of the own values lie below each of the other's edges."""
    if not own.count:
        return np.zeros(len(at))
    bins = np.array(own.bins, dtype=np.float64)
    bin_of, left, right = _around(own, at)
    begin, here, end = (_rank(over, points) for points in (left, at, right))
    with np.errstate(invalid="ignore", divide="ignore"):
        by_rows = (here - begin) / (end - begin)
    share = np.where(end > begin, by_rows, _way(left, at, right))
    found: FloatArray = np.cumsum(bins)[bin_of] - bins[bin_of] * (1.0 - share)
    return found


def _rank(column: NumericBaseline, points: FloatArray) -> FloatArray:
    """How many of a column's values lie below each point, if they are even within their bins."""
    if not column.edges:
        return np.zeros(len(points))
    bins = np.array(column.bins, dtype=np.float64)
    bin_of, left, right = _around(column, points)
    found: FloatArray = np.cumsum(bins)[bin_of] - bins[bin_of] * (1.0 - _way(left, points, right))
    return found


def _around(column: NumericBaseline, points: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """The bin of each point, and its two edges; the outer bins, which are empty, have none."""
    edges = np.array(column.edges, dtype=np.float64)
    bin_of = np.searchsorted(edges, points, side="right")
    outer = np.concatenate(([-np.inf], edges, [np.inf]))
    return bin_of, outer[bin_of], outer[bin_of + 1]


def _way(left: FloatArray, point: FloatArray, right: FloatArray) -> FloatArray:
    """How far a point is from the left to the right, from 0 to 1."""
    with np.errstate(invalid="ignore", over="ignore"):
        width = right - left
        half = (point / 2.0 - left / 2.0) / (right / 2.0 - left / 2.0)
        way = np.where(np.isinf(width), half, (point - left) / width)
    return np.where(np.isfinite(way), way, 0.0)


def words_laid_out(own: CategoricalBaseline, over: CategoricalBaseline) -> IntArray:
    """The counts of a categorical column on the cells of the other's."""
    place = {word: i for i, word in enumerate(over.vocabulary)}
    others = set(over.hashes().tolist())
    known = np.zeros(len(over.vocabulary), dtype=np.int64)
    other = new = 0
    for word, count in zip(own.vocabulary, own.counts, strict=True):
        if word in place:
            known[place[word]] = count
        elif text_hash(word) in others or not over.other_complete:
            other += count
        else:
            new += count
    shared = _shared_out(own, over, known)
    cells = [*(known + shared), other + own.other - int(shared.sum()), new]
    return np.array([*cells, own.null, own.absent, own.wrong_type], dtype=np.int64)


def _shared_out(own: CategoricalBaseline, over: CategoricalBaseline, known: IntArray) -> IntArray:
    """Of the own rows outside of the vocabulary, those that are taken for the other's words.

    A frequent word gets its share of all rows; the rarer ones together what they have of all that
    is not frequent, less those that are known.
    """
    mine, hashes = frozenset(own.vocabulary), frozenset(own.hashes().tolist())
    possible = np.array(
        [
            word not in mine and (not own.other_complete or text_hash(word) in hashes)
            for word in over.vocabulary
        ],
        dtype=np.bool_,
    )
    counts = np.where(possible, np.array(over.counts, dtype=np.float64), 0.0)
    rows, left = float(own.other + sum(own.counts)), float(own.other)
    frequent, rare = counts[:MAX_WORDS], counts[MAX_WORDS:]
    wanted = frequent * (rows / max(1.0, float(over.other + sum(over.counts))))
    wanted *= min(1.0, left / max(1.0, float(wanted.sum())))
    left -= float(wanted.sum())
    remaining = rows - float(known[:MAX_WORDS].sum() + wanted.sum())
    target = remaining * _rare_share(over) - float(known[MAX_WORDS:].sum())
    rest = rare * (min(max(target, 0.0), left) / max(1.0, float(rare.sum())))
    below: IntArray = np.rint(np.cumsum(np.append(wanted, rest))).astype(np.int64)
    shared: IntArray = np.diff(below, prepend=0)
    return shared


def _rare_share(column: CategoricalBaseline) -> float:
    """Of the rows whose word is not frequent, those whose word is in the vocabulary all the same.

    By the rows that have not chosen the vocabulary, where it was chosen.
    """
    rare, outside = sum(column.counts[MAX_WORDS:]), column.other
    if column.half is not None and any(column.half.values):
        rare, outside = sum(column.half.rest), sum(column.half.outside)
    return rare / max(1, rare + outside)


def _moments(baseline: Baseline, over: Baseline) -> Moments:
    own = [c.name for c in baseline.columns if isinstance(c, NumericBaseline)]
    order = [own.index(c.name) for c in over.columns if isinstance(c, NumericBaseline)]
    moments = baseline.counts().moments
    at = np.array(order, dtype=np.int64)
    return Moments(
        moments.count[at],
        moments.mean[at],
        moments.m2[at],
        moments.minimum[at],
        moments.maximum[at],
    )
