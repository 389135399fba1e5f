"""Baselines of data frames of Spark: the rows stay where they are, and their sketches come here.

Every pass is a `mapInArrow`: each partition is gone through by the worker that has it, with the
code of any other build, and what it hands back is put together here, in the order of the
partitions (`parted`). Needs the `spark` extra, here and where the workers are.
"""

import importlib.util
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from driftwatch.baseline.build import build_by
from driftwatch.baseline.frames import check_distinct, times_of_column
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.parted import PartedPasses, Work, worked
from driftwatch.baseline.raw import sources_of
from driftwatch.errors import UsageError

if TYPE_CHECKING:
    from driftwatch.baseline.artifact import Baseline

_SCHEMA = "part int, ends boolean, data binary"
_PIECE_BYTES = 16 << 20
"""Results come in pieces of at most so many bytes: no row of Arrow holds more than 2 GB."""

_FETCHED_BYTES = 256 << 20
"""Results that are fetched by one job; Spark allows 1 GB, unless it is told otherwise."""


def baseline_of_spark(frame: Any, options: BuildOptions) -> "Baseline":
    """The baseline of a `pyspark.sql.DataFrame`, as of the Arrow table that its rows make.

    frame: is gone through three to six times, so it is persisted (on the workers' disks) unless it
        is already. Its rows stand in the order of its partitions, as `collect` gives them.

    Raises DataError, UsageError.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise UsageError(
            "a baseline of a Spark data frame needs pyspark; "
            "install it: pip install 'driftwatch-daemon[spark]'"
        )
    from pyspark.storagelevel import StorageLevel

    options.check()
    check_distinct(frame.columns)
    held = frame.storageLevel == StorageLevel.NONE
    if held:
        frame.persist(StorageLevel.DISK_ONLY)
    try:
        run = _Run(frame, sources_of(options.derived))
        return build_by(PartedPasses(run, times_of_column(options.timestamp)), options).baseline
    finally:
        if held:
            frame.unpersist()


class _Run:
    """Has the partitions of a frame worked on. See `parted.Run`."""

    def __init__(self, frame: Any, sources: Container[str]) -> None:
        self._frame = frame
        self._sources = sources

    def __call__(self, work: Work) -> Iterator[tuple[int, Any]]:
        from pyspark.serializers import CloudPickleSerializer
        from pyspark.sql.functions import length
        from pyspark.storagelevel import StorageLevel

        names = list(self._frame.columns)
        # By numbers: Spark takes a name with a dot for that of a part of another column.
        numbered = self._frame.toDF(*map(str, range(len(names))))
        results = numbered.mapInArrow(_task(work, names, self._sources), _SCHEMA)
        results.persist(StorageLevel.DISK_ONLY)
        try:
            sizes = results.select("part", length("data").alias("size")).collect()
            data = bytearray()
            for first, last in _groups([(row.part, row.size) for row in sizes]):
                for row in results.where(results.part.between(first, last)).collect():
                    data += row.data
                    if row.ends:
                        yield row.part, CloudPickleSerializer().loads(bytes(data))
                        data.clear()
        finally:
            results.unpersist()


def _groups(sizes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first and the last of parts that are fetched at once; sizes: of what each has, in order.

    >>> _groups([(0, 10), (0, 10), (3, 10), (4, 1 << 30), (7, 10)])
    [(0, 3), (4, 4), (7, 7)]
    """
    groups: list[tuple[int, int]] = []
    held = 0
    for part, found in groupby(sizes, key=lambda size: size[0]):
        size = sum(each[1] for each in found)
        held += size
        if groups and held <= _FETCHED_BYTES:
            groups[-1] = groups[-1][0], part
        else:
            groups.append((part, part))
            held = size
    return groups


def _task(
    work: Work, names: list[str], sources: Container[str]
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a worker does with the record batches of a partition. names: of their columns."""

    def task(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa
        from pyspark import TaskContext
        from pyspark.serializers import CloudPickleSerializer

        from driftwatch.baseline.read_parquet import chunk_of

        context = TaskContext.get()
        assert context is not None
        part = context.partitionId()
        named = (batch.rename_columns(names) for batch in batches if batch.num_rows)
        chunks = (chunk_of(batch, 0.0, sources) for batch in named)
        schema = pa.schema([("part", pa.int32()), ("ends", pa.bool_()), ("data", pa.binary())])
        for found in worked(work, part, chunks):
            data = CloudPickleSerializer().dumps(found)
            for start in range(0, len(data), _PIECE_BYTES):
                end = start + _PIECE_BYTES
                row = {"part": part, "ends": end >= len(data), "data": data[start:end]}
                yield pa.RecordBatch.from_pylist([row], schema)

    return task
