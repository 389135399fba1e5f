"""The order of a baseline of the serving log: the records' own times, or the broker's."""

import json

import numpy as np
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.options import BuildOptions
from driftwatch.config import Const, DecodeSettings
from driftwatch.records import ModelVersion, Partition
from driftwatch.sources.memory import MemorySource
from driftwatch.training_log import TrainingLog

START_US = 1_700_000_000_000_000
RECORDS = 4_000


def built_of_log(timestamp: str | None, broker: bool = True) -> Baseline:
    """Two partitions whose records take turns in time; some have no time of their own."""
    source = MemorySource()
    source.assign(Partition("log", 0), Partition("log", 1))
    for number in range(2):
        partition = Partition("log", number)
        times = START_US + (np.arange(number, RECORDS, 2)) * 1_000_000
        values = [
            json.dumps(
                {"ts": time / 1e6 if i % 10 else "soon", "f": {"x": number + i % 31 / 7}}
            ).encode()
            for i, time in enumerate(times.tolist())
        ]
        broker_times = times if broker else None
        source.append(partition, [*values, b"{"], broker_times_us=_and_one(broker_times))
    decode = DecodeSettings(
        model=Const(const="m"), model_version=Const(const="1"), features="f", timestamp=timestamp
    )
    log = TrainingLog(source, decode, ModelVersion("m", "1"), "earliest")
    return build(log.chunks, BuildOptions("m", "1"))


def _and_one(times: "np.ndarray[tuple[int], np.dtype[np.int64]] | None") -> list[int] | None:
    return None if times is None else [*times.tolist(), 0]


@pytest.mark.parametrize(("timestamp", "untimed"), [("ts", 400), (None, 0)])
def test_records_are_put_in_the_order_of_their_times(timestamp: str | None, untimed: int) -> None:
    baseline = built_of_log(timestamp)
    assert (baseline.order, baseline.untimed, baseline.rows) == ("timestamp", untimed, RECORDS)
    assert baseline.timestamp is None


def test_partitions_take_turns_as_their_times_do() -> None:
    # Partition 1 has larger values: one after the other, that would be a large dependence.
    column = built_of_log(None).columns[0]
    assert max(max(row) for row in column.phi) < 3


def test_records_without_any_time_have_no_order() -> None:
    assert built_of_log(None, broker=False).order == "unknown"
