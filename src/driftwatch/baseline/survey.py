"""The first pass over the training data: which columns there are, of what kind, with what words.

Memory: a quantile summary (up to 1.4 MB) and a word counter (up to 15 MB) a column, and no more
than `MAX_ALL_WORDS` words over all columns: beyond it those with the most words give theirs up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk, Column
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.texts import Reading, Texts, reading_of
from driftwatch.baseline.words import MAX_WORDS, SUMMARY_WORDS, WordCounter
from driftwatch.errors import DataError
from driftwatch.records import BoolArray, IntArray
from driftwatch.sketch.layout import Kind
from driftwatch.sketch.quantiles import QuantileSummary
from driftwatch.sketch.vocabulary import category_text

BLOCK_ROWS = 16_384
"""Word counters are kept within bounds at multiples of so many rows, wherever chunks end."""
FEW_INTEGERS = 50
"""An integer column with more distinct values than this is numeric."""
MAX_COLUMNS = 10_000
MAX_ALL_WORDS = 2_000_000
_SMALL_SPAN = 4_096


class ColumnSurvey:
    """What the first pass has learnt of one column.

    asked: the kind that the user asked for, if any. k, first: see `QuantileSummary`.
    integral: all numbers were integers; few: counts of these, as long as they are few.
    must_recount: texts came after numbers, which were not counted as words: another pass is needed.
    """

    def __init__(self, asked: Kind | None, k: int, first: int = 0) -> None:
        self.asked = asked
        self.untyped = False
        self.has_numbers = False
        self.has_words = False
        self.must_recount = False
        self.minimum, self.maximum = np.inf, -np.inf
        self.summary = QuantileSummary(k, first)
        self.words = WordCounter()
        self.integral = True
        self.few: WordCounter | None = WordCounter()

    @property
    def kind(self) -> Kind:
        """As asked for, or as the values seen so far suggest."""
        if self.asked is not None:
            return self.asked
        if self.has_words:
            return "categorical"
        few = self.has_numbers and self.integral and self.few is not None
        return "categorical" if few else "numeric"

    @property
    def has_values(self) -> bool:
        """Whether any cell held a number, a text or a boolean."""
        return self.has_numbers or self.has_words

    def add(self, column: Column, first_row: int) -> None:
        """Look at some more cells. first_row: the number of the first one's row."""
        values = self._typed(column)
        number = values.is_number()
        has_numbers = bool(number.any())
        had_numbers_only = self.has_numbers and not self.has_words
        self.has_numbers |= has_numbers
        self.has_words |= values.codes is not None and bool((values.codes >= 0).any())
        if self.asked == "categorical":
            self.count_words(values, first_row)
        elif self.asked is None and self.has_words:
            self.must_recount |= had_numbers_only
            if not self.must_recount:
                self.count_words(values, first_row)
        elif has_numbers:
            self._add_numbers(values, number, first_row)

    def _typed(self, column: Column) -> Values:
        if isinstance(column, Values):
            return column
        self.untyped = True
        if self.asked == "numeric":
            return column.numbers_among()
        if self.asked == "categorical" or self.has_words:
            return column.words()
        return column.numbers() or column.words()

    def count_words(self, column: Column, first_row: int) -> None:
        """Count the cells as categories."""
        values = column.words() if isinstance(column, Texts) else column
        codes, words, _ = values.as_categorical()
        self.words.add(codes, words, first_row)

    def _add_numbers(self, values: Values, number: BoolArray, first_row: int) -> None:
        assert values.numbers is not None
        finite = values.numbers[np.isfinite(values.numbers)]
        if len(finite):
            self.summary.add(finite)
            # Adding 0.0 makes one zero of two.
            self.minimum = min(self.minimum, float(finite.min()) + 0.0)
            self.maximum = max(self.maximum, float(finite.max()) + 0.0)
        self.integral &= values.integral
        if self.few is not None:
            if self.integral:
                self._count_few(self.few, values, number, first_row)
            if not self.integral or len(self.few.counts) > FEW_INTEGERS:
                self.few = None

    def _count_few(
        self, few: WordCounter, values: Values, number: BoolArray, first_row: int
    ) -> None:
        """Count the distinct integers, as long as they are few."""
        at = np.flatnonzero(number)
        second = (at + first_row) % 2
        integers: Any
        if values.exact is not None:
            integers = values.exact[at]
        else:
            assert values.numbers is not None
            integers = values.numbers[at].astype(np.int64)
        distinct, codes = _distinct(integers)
        counts = np.bincount(2 * codes + second, minlength=2 * len(distinct)).tolist()
        for i, integer in enumerate(distinct.tolist()):
            if len(few.counts) > FEW_INTEGERS:
                return
            few.count(category_text(integer), counts[2 * i], counts[2 * i + 1])

    def merge(self, following: "ColumnSurvey") -> None:
        """Add what was learnt of the rows that follow. Both have looked at typed cells only."""
        self.has_numbers |= following.has_numbers
        self.has_words |= following.has_words
        self.minimum = min(self.minimum, following.minimum)
        self.maximum = max(self.maximum, following.maximum)
        self.summary.merge(following.summary)
        self.words.merge(following.words)
        self.integral &= following.integral
        if self.few is not None and following.few is not None and self.integral:
            self.few.merge(following.few)
        else:
            self.few = None
        if self.few is not None and len(self.few.counts) > FEW_INTEGERS:
            self.few = None

    def forget_words(self) -> None:
        """Let another pass count them."""
        self.words, self.must_recount = WordCounter(), True

    def categories(self) -> tuple[WordCounter, Reading]:
        """The words of a categorical column, and how texts of unknown type are read as words."""
        if self.asked is None and not self.has_words:
            return self.few or WordCounter(), "number"
        if not self.untyped or not self.words.exact:
            return self.words, "text"
        reading = reading_of(self.words.counts)
        if reading == "text":
            return self.words, reading
        # As the second pass will read them: by way of the same function.
        cells = Texts(list(self.words.counts))
        codes, words, _ = cells.read(reading).as_categorical()
        pairs = zip(cells.cells, codes.tolist(), strict=True)
        return self.words.renamed({old: words[code] for old, code in pairs if code >= 0}), reading


def _distinct(integers: Any) -> tuple[Any, IntArray]:
    """The distinct integers, and the place of each one among them."""
    if integers.dtype != object:
        low = integers.min()
        if integers.max() - low < _SMALL_SPAN:  # faster than sorting them
            there = np.bincount(integers - low) > 0
            return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[integers - low]
    distinct, codes = np.unique(integers, return_inverse=True)
    return distinct, codes


@dataclass(frozen=True, slots=True)
class Preceding:
    """What is known of the rows before some, so that these can be surveyed on their own.

    names: every column of the data, and whether its cells are values (not `Chunk.raw`).
    rows: how many come before. finite: by column, how many finite numbers do.
    """

    names: Mapping[str, bool] = field(default_factory=dict)
    rows: int = 0
    finite: Mapping[str, int] = field(default_factory=dict)


class Survey:
    """The first pass.

    rows: rows seen, and those before; names: every column of the data; columns: the monitored ones.
    """

    def __init__(self, options: BuildOptions, before: Preceding | None = None) -> None:
        """before: what is known of the rows that come before those that are added here."""
        self._options = options
        self._before = Preceding() if before is None else before
        self.rows = self._before.rows
        self.names: dict[str, None] = {}
        self.columns: dict[str, ColumnSurvey] = {}
        for name, monitored in self._before.names.items():
            self._meet(name, monitored=monitored)

    def add(self, chunk: Chunk) -> None:
        """Look at some more rows.

        Raises DataError for a column that can't be monitored by its name, and UsageError for a name
        in the options that is no column, as soon as that is known.
        """
        for name in (*chunk.raw, *chunk.columns):
            if name not in self.names:
                self._meet(name, monitored=name in chunk.columns)
        if chunk.closed and self.rows == 0:
            self._options.check_names(self.names)
        for piece in chunk.pieces(self.rows, BLOCK_ROWS):
            for name, column in piece.columns.items():
                if (survey := self.columns.get(name)) is not None:
                    survey.add(column, self.rows)
            self.rows += piece.rows
            if self.rows % BLOCK_ROWS == 0:
                self.settle()

    def _meet(self, name: str, *, monitored: bool) -> None:
        if not name:
            raise DataError("a column has no name; give it one")
        try:
            name.encode()
        except UnicodeEncodeError as problem:
            raise DataError(
                f"the column name {name!a} is not valid Unicode; rename it"
            ) from problem
        if len(self.names) == MAX_COLUMNS:
            raise DataError(
                f"more than {MAX_COLUMNS:,} columns, the last one {name!r}; "
                "are values used as the keys of an object?"
            )
        self.names[name] = None
        if monitored and self._options.role(name) is not None:
            # Finer summaries of the first columns; a thousand of these would take a gigabyte.
            k = 16_384 if len(self.columns) < 250 else 4_096
            asked = self._options.kind(name)
            first = 0 if asked == "categorical" else self._before.finite.get(name, 0)
            self.columns[name] = ColumnSurvey(asked, k, first)

    def merge(self, following: "Survey") -> None:
        """Add what was learnt of the rows that follow these, with the same columns before them."""
        self.rows = following.rows
        for name, column in self.columns.items():
            column.merge(following.columns[name])

    def forget_inexact_words(self) -> None:
        """Let another pass count the words of columns that have too many.

        Which of them are given up depends on the order of the rows, so it can't be told from
        counts that were added up.
        """
        columns = self.columns.values()
        words = sum(
            len(column.words.counts) if column.words.exact else MAX_WORDS + BLOCK_ROWS
            for column in columns
        )
        for column in columns:
            if not column.words.exact or (column.words.counts and words > MAX_ALL_WORDS):
                column.forget_words()

    def settle(self) -> None:
        """Keep all word counters within bounds."""
        counters = [survey.words for survey in self.columns.values()]
        for counter in counters:
            counter.settle()
        words = sum(len(counter.counts) for counter in counters)
        while words > MAX_ALL_WORDS:
            largest = max(counters, key=lambda counter: len(counter.counts))
            before = len(largest.counts)
            if before <= SUMMARY_WORDS:
                return
            largest.give_up()
            words -= before - len(largest.counts)

    @property
    def must_recount(self) -> bool:
        """Whether some column's words must be counted in a pass of their own."""
        return any(survey.must_recount for survey in self.columns.values())

    def recount(self, chunks: Iterable[Chunk]) -> None:
        """Count the words of the columns that turned out to be categorical too late."""
        late = {name: survey for name, survey in self.columns.items() if survey.must_recount}
        rows = 0
        for chunk in chunks:
            for piece in chunk.pieces(rows, BLOCK_ROWS):
                for name, survey in late.items():
                    if name in piece.columns:
                        survey.count_words(piece.columns[name], rows)
                rows += piece.rows
                if rows % BLOCK_ROWS == 0:
                    self.settle()
        self.settle()
