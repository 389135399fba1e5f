"""Training data in pieces, column by column.

A source that knows types (JSON, Parquet) gives `Values`; one that knows texts only (CSV) gives
`Texts`, which are read as numbers or as words once the whole column has been seen. What a baseline
says never depends on where one chunk ends and the next begins.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from driftwatch.baseline.cells import ABSENT, Values, values_of
from driftwatch.baseline.texts import Texts
from driftwatch.records import ABSENT as NO_VALUE
from driftwatch.records import IntArray

Column = Values | Texts


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive rows of the training data.

    columns: by name, `rows` cells each; a column that is not here is absent from all the rows.
    closed: the data has no columns but these.
    read_ratio: how much of the data has been read with this chunk, from 0 to 1; None if unknown.
    times: (rows,) microseconds since the epoch, -1 where there is none, if the source knows them.
    raw: by name, what columns are derived from: `rows` values as JSON has them, `records.ABSENT`
        where there is none. These are not among the columns.
    """

    rows: int
    columns: Mapping[str, Column]
    closed: bool = False
    read_ratio: float | None = None
    times: IntArray | None = None
    raw: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @classmethod
    def from_records(
        cls,
        records: Sequence[Mapping[str, Any]],
        read_ratio: float | None = None,
        sources: Container[str] = (),
    ) -> "Chunk":
        """A chunk of flat records (see `driftwatch.flatten`), as `json.loads` gives them.

        sources: names of what is kept as it is, in `raw`.

        >>> chunk = Chunk.from_records([{"a": 1, "b": "x"}, {"a": None}])
        >>> chunk.columns["a"].status.tolist(), chunk.columns["b"].status.tolist()
        ([0, 1], [0, 2])
        """
        names = dict.fromkeys(chain.from_iterable(records))
        columns = {
            name: values_of([record.get(name, ABSENT) for record in records])
            for name in names
            if name not in sources
        }
        raw = {
            name: [record.get(name, NO_VALUE) for record in records]
            for name in names
            if name in sources
        }
        return cls(len(records), columns, read_ratio=read_ratio, raw=raw)

    def pieces(self, first_row: int, every: int) -> Iterator["Chunk"]:
        """The chunk cut where a row's number, counted from `first_row`, is a multiple of `every`.

        >>> chunk = Chunk.from_records([{"a": i} for i in range(5)])
        >>> [piece.rows for piece in chunk.pieces(3, 4)]
        [1, 4]
        """
        start = 0
        while start < self.rows:
            stop = min(self.rows, start + every - (first_row + start) % every)
            if stop - start == self.rows:
                yield self
            else:
                parts = {name: column.rows(start, stop) for name, column in self.columns.items()}
                times = None if self.times is None else self.times[start:stop]
                raw = {name: values[start:stop] for name, values in self.raw.items()}
                yield Chunk(stop - start, parts, self.closed, self.read_ratio, times, raw)
            start = stop
