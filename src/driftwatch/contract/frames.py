"""A contract asked of a whole table at once, with the arrays that baselines are built with."""

from typing import TYPE_CHECKING, Any

import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.deriving import Deriving
from driftwatch.baseline.files import require_pyarrow
from driftwatch.baseline.judging import Judging
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.raw import sources_of
from driftwatch.baseline.texts import Texts, reading_of
from driftwatch.contract.outside import range_of
from driftwatch.contract.verdict import Verdicts
from driftwatch.derive.derivation import NamedCondition
from driftwatch.records import BoolArray, FloatArray, IntArray, Status, StatusArray
from driftwatch.sketch.layout import CONDITION_ROLES

if TYPE_CHECKING:
    from driftwatch.baseline.artifact import Baseline, ColumnBaseline
    from driftwatch.contract.contract import Contract


class Judged:
    """The rules of a contract, asked of chunks of data.

    rules: their names. failed and unknown are (R, n) each.
    """

    def __init__(self, contract: "Contract", times_of: Any) -> None:
        baseline = contract.baseline
        self.rules = [
            NamedCondition(name=rule.name, role="contract", text=rule.text)
            for rule in contract.rules
        ]
        self._deriving = Deriving(baseline.derived, times_of)
        plans = [plan_of(c) for c in baseline.columns if c.role not in CONDITION_ROLES]
        self._judging = Judging(self.rules, plans)

    def ask(self, chunk: Chunk) -> tuple[BoolArray, BoolArray]:
        """Where each rule is false, and where it is NULL."""
        judged = self._judging.chunk(self._deriving.chunk(chunk))
        failed = np.zeros((len(self.rules), chunk.rows), dtype=np.bool_)
        unknown = np.zeros((len(self.rules), chunk.rows), dtype=np.bool_)
        for i, rule in enumerate(self.rules):
            column = judged.columns[rule.column]
            assert isinstance(column, Values)
            assert column.codes is not None
            failed[i], unknown[i] = column.codes == 0, column.codes < 0
        return failed, unknown


def plan_of(column: "ColumnBaseline") -> ColumnPlan:
    """How cells of unknown type are read as this column has them."""
    reading = reading_of(column.vocabulary) if column.kind == "categorical" else "number"
    return ColumnPlan(column.layout(), reading, (), None)


def check_frame(contract: "Contract", frame: Any, event_time_us: int | None) -> Verdicts:
    """See `Contract.check`."""
    import time

    chunk = _chunk(frame, contract.baseline)
    served = time.time_ns() // 1_000 if event_time_us is None else event_time_us

    def times_of(chunk: Chunk) -> IntArray:
        return np.full(chunk.rows, served, dtype=np.int64)

    failed, unknown = Judged(contract, times_of).ask(chunk)
    columns = contract.ranged
    how = np.zeros((len(columns), chunk.rows), dtype=np.uint8)
    distances = np.zeros((len(columns), chunk.rows))
    for i, column in enumerate(columns):
        distances[i], how[i] = _measured(column, chunk, contract.baseline.rows)
    return Verdicts(
        [rule.name for rule in contract.rules],
        failed,
        unknown,
        [column.name for column in columns],
        how,
        distances,
    )


def _measured(column: "ColumnBaseline", chunk: Chunk, rows: int) -> tuple[FloatArray, StatusArray]:
    """(n,) how far each cell of a column is outside, and how."""
    cells = chunk.columns.get(column.name)
    if cells is None:
        cells = Values(np.full(chunk.rows, Status.ABSENT, dtype=np.uint8))
    if isinstance(cells, Texts):
        cells = cells.read(plan_of(column).reading)
    return range_of(column, rows).measure_all(cells)


def _chunk(frame: Any, baseline: "Baseline") -> Chunk:
    """A table in memory as the reader of Parquet would have it."""
    package = type(frame).__module__.partition(".")[0]
    if package not in ("pandas", "pyarrow"):
        raise TypeError(
            f"expected a mapping, a pandas.DataFrame or a pyarrow.Table, not {type(frame).__name__}"
        )
    require_pyarrow("a contract for a table")
    import pyarrow as pa

    from driftwatch.baseline.read_parquet import chunk_of

    if package == "pandas":
        frame = pa.Table.from_pandas(frame, preserve_index=False)
    table = pa.Table.from_batches([frame]) if isinstance(frame, pa.RecordBatch) else frame
    if not isinstance(table, pa.Table):
        raise TypeError(f"expected a pyarrow.Table, not {type(frame).__name__}")
    batches = table.combine_chunks().to_batches()
    batch = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
    return chunk_of(batch, 1.0, sources_of(baseline.derived))
