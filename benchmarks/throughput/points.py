"""What is measured: a base point, and one factor varied at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.throughput.shapes import BASE, Shape

CELLS = 4_000_000
"""Values in a log: the wider, the fewer records."""
MOST_RECORDS = 200_000
BATCH = 1_000

COLUMNS = (5, 20, 100, 500)
BATCHES = (200, 1_000, 10_000)
RECORDS = (10_000, 50_000, 100_000, 200_000)
WIDTHS = (20, 100, 500)
"""Columns of those whose memory and pages are looked at."""
RATES = (100, 1_000, 10_000)
"""Records a second of those whose share of a core is."""
WINDOWS = (("10m",), ("1h",), ("6h",), ("1d",))
WINDOW_HOURS, UPTIME_HOURS = 26, 48
"""How long the logs last that these are measured with; the longest window is full in the first."""
MINUTE_ROWS = 100
"""Records a minute of logs that last for hours."""


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement from memory. every_batch: a report after each batch, not each 10 s."""

    factor: str
    value: str
    shape: Shape = BASE
    batch: int = BATCH
    every_batch: bool = False
    records: int | None = None

    @property
    def name(self) -> str:
        """How it is kept."""
        return f"{self.factor}: {self.value}"


def memory_points() -> Iterator[Point]:
    """All of them; the base point is that of 20 columns."""
    for columns in COLUMNS:
        yield Point("columns", str(columns), Shape(columns=columns))
    for batch in BATCHES:
        if batch != BATCH:
            yield Point("batch", f"{batch:,}", batch=batch)
    yield Point("kinds", "all numbers", Shape(kinds="numbers"))
    yield Point("kinds", "all words", Shape(kinds="words"))
    yield Point("nulls", "a tenth", Shape(nulls=True))
    yield Point("segments", "5", Shape(segments=5))
    for batch in BATCHES:
        yield Point("a report after every batch of", f"{batch:,}", batch=batch, every_batch=True)


def records_of(shape: Shape) -> int:
    """How many records a log of this shape has."""
    return min(MOST_RECORDS, CELLS // shape.columns)
