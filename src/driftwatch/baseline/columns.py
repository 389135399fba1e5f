"""The columns of the baseline artifact."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from driftwatch.derive.derivation import Part
from driftwatch.sketch.layout import CategoricalLayout, NumericLayout, Role
from driftwatch.stats.strata import Strata


class FalseAlarms(Part):
    """How often the last rows of the training data would have raised each severity."""

    info: int
    page: int


class Half(Part):
    """Counts of the second half of the rows, by stratum (see `stats.events.HalfCounts`)."""

    values: tuple[int, ...]
    rest: tuple[int, ...]
    outside: tuple[int, ...]
    new: tuple[int, ...]
    words: tuple[tuple[int, ...], ...] = ()


class Column(Part):
    """What the columns of both kinds have. S strata, G groups, Q events and scores.

    strata: by which hours it is compared. stratum_groups: (S, G) counts; empty where there is one
        stratum, whose counts are the column's. Events and groups: `stats.events.column_events`.
    phi: (sizes, Q) how much more a count varies in blocks of the baseline's `block_sizes` than that
        of independent rows. grows: (Q,) whether it grows on beyond the largest block.
    self_test: None where there was none.
    """

    kind: Literal["numeric", "categorical"]
    name: str
    role: Role
    strata: Strata = "none"
    stratum_groups: tuple[tuple[int, ...], ...] = ()
    phi: tuple[tuple[float, ...], ...] = ()
    grows: tuple[bool, ...] = ()
    self_test: FalseAlarms | None = None
    null: int
    absent: int
    wrong_type: int


class NumericBaseline(Column):
    """A numeric column of the training data.

    edges: ascending; the smallest value is edges[low], the largest lies just below edges[high].
    bins: len(edges) + 1 counts (see `sketch.layout`).
    count, mean, m2, minimum, maximum: of the finite values; m2 is the sum of squared differences
        from the mean. None where there are none, or where the figure overflows.
    """

    kind: Literal["numeric"] = "numeric"
    edges: tuple[float, ...]
    low: int
    high: int
    bins: tuple[int, ...]
    nan: int
    negative_inf: int
    positive_inf: int
    count: int
    mean: float | None
    m2: float | None
    minimum: float | None
    maximum: float | None

    def layout(self) -> NumericLayout:
        """The column's bins."""
        return NumericLayout(
            self.name, self.role, np.array(self.edges, dtype=np.float64), self.low, self.high
        )

    def cells(self) -> list[int]:
        """The counts, in the order of the layout's cells."""
        side = (self.null, self.absent, self.wrong_type)
        return [*self.bins, *side, self.nan, self.negative_inf, self.positive_inf]


class CategoricalBaseline(Column):
    """A categorical column of the training data.

    vocabulary, counts: the most frequent words, most frequent first, and how often each was seen.
    other: rows whose word is outside the vocabulary.
    other_hashes: those words' 64-bit hashes, ascending, 16 hexadecimal digits each, joined (one
        text, because a hundred thousand small ones would cost the daemon 7 MB a column).
    other_complete: False where there were too many words to keep; then other_hashes is empty, and
        every word outside the vocabulary counts as other, never as new.
    half: counts of events that depend on which words are in the vocabulary; None where they are
        those of the whole.
    """

    kind: Literal["categorical"] = "categorical"
    vocabulary: tuple[str, ...]
    counts: tuple[int, ...]
    other: int
    other_hashes: Annotated[str, Field(pattern="^([0-9a-f]{16})*$")]
    other_complete: bool
    half: Half | None = None

    def layout(self) -> CategoricalLayout:
        """The column's words."""
        return CategoricalLayout(
            self.name, self.role, self.vocabulary, self.hashes(), self.other_complete
        )

    def hashes(self) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        """`other_hashes` as numbers."""
        return np.frombuffer(bytes.fromhex(self.other_hashes), dtype=">u8").astype(np.uint64)

    def cells(self) -> list[int]:
        """The counts, in the order of the layout's cells; nothing is new to its own baseline."""
        return [*self.counts, self.other, 0, self.null, self.absent, self.wrong_type]


ColumnBaseline = Annotated[NumericBaseline | CategoricalBaseline, Field(discriminator="kind")]
