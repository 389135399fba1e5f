"""What the second pass counts: each column on the edges or words that the first has found."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.survey import ColumnSurvey, Survey
from driftwatch.baseline.texts import Reading, text_number
from driftwatch.baseline.words import WordCounter
from driftwatch.errors import DataError, UsageError
from driftwatch.sketch.edges import make_edges
from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout, NumericLayout, Role
from driftwatch.sketch.vocabulary import text_hash

Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How one column is counted.

    reading: how cells of unknown type are read as words.
    parents: columns that hold the objects or arrays of which this is a part; where they are null,
        this is null.
    distinct: how many different values it has; None if there were too many to tell.
    stray: of a categorical column that holds numbers mostly, the most frequent other word.
    halved: some of its events are counted on the second half of the rows.
    fresh: sorted hashes of the words that the first half of the rows lacks.
    """

    layout: ColumnLayout
    reading: Reading
    parents: tuple[str, ...]
    distinct: int | None
    stray: str | None = None
    halved: bool = False
    fresh: Hashes = field(default_factory=lambda: np.empty(0, dtype=np.uint64))


def make_plan(survey: Survey, options: BuildOptions) -> tuple[ColumnPlan, ...]:
    """The plan of every monitored column, in the order of the data.

    Raises DataError without rows, and UsageError if the options name no column of the data or leave
    none to monitor.
    """
    if survey.rows == 0:
        raise DataError("the data has no rows; a baseline needs some")
    options.check_names(survey.names)
    hollow = _hollow(survey)
    plans = []
    for name, column in survey.columns.items():
        role = options.role(name)
        if name not in hollow and role is not None:
            parents = tuple(prefix for prefix in prefixes(name) if prefix in hollow)
            plans.append(_plan(name, role, column, parents))
    if not plans:
        raise UsageError("no column is left to monitor; leave out some --ignore")
    return tuple(plans)


def prefixes(name: str) -> list[str]:
    """What a dotted name may be a part of.

    >>> prefixes("user.address.city")
    ['user', 'user.address']
    """
    return [name[:i] for i, sign in enumerate(name) if sign == "."]


def _hollow(survey: Survey) -> set[str]:
    """Columns without values that are objects or arrays elsewhere: `user` beside `user.age`."""
    wholes = {prefix for name in survey.names for prefix in prefixes(name)}
    return {n for n, column in survey.columns.items() if n in wholes and not column.has_values}


def _plan(name: str, role: Role, column: ColumnSurvey, parents: tuple[str, ...]) -> ColumnPlan:
    if column.kind == "numeric":
        values, weights = column.summary.weighted()
        edges, low, high = make_edges(values, weights, column.minimum, column.maximum)
        layout = NumericLayout(name, role, edges, low, high)
        whole = bool((weights == 1).all())
        return ColumnPlan(layout, "number", parents, len(np.unique(values)) if whole else None)
    counter, reading = column.categories()
    vocabulary = counter.vocabulary()
    rest = counter.counts.keys() - set(vocabulary) if counter.exact else ()
    other = _sorted_hashes(rest)
    return ColumnPlan(
        CategoricalLayout(name, role, vocabulary, other, counter.exact),
        reading,
        parents,
        len(counter.counts) if counter.exact else None,
        _stray(counter),
        counter.needs_half,
        _sorted_hashes(counter.fresh),
    )


def _stray(counter: WordCounter) -> str | None:
    counts = counter.frequencies
    others = {w: count for w, count in counts.items() if text_number(w) is None}
    numbers = sum(counts.values()) - sum(others.values())
    if not others or numbers <= sum(others.values()):
        return None
    return min(others, key=lambda word: (-others[word], word))


def _sorted_hashes(words: Iterable[str]) -> Hashes:
    return np.array(sorted(set(map(text_hash, words))), dtype=np.uint64)
