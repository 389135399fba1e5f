"""What decoding costs by itself, and nothing done with what it gives: the limit of that stage."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson  # type: ignore[import-not-found,unused-ignore]
import simdjson  # type: ignore[import-not-found,unused-ignore]

from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.peers.decoding import by_arrow, record_type
from benchmarks.throughput.shapes import Shape, read

SECONDS = 1.0


def work(job: Job) -> Answer:
    """Records a CPU second of every decoder, in batches of the same size."""
    shape, values = Shape(**job["shape"]), read(Path(job["folder"]) / "records.jsonl")
    rates = {name: rate(decode, values, job["batch"]) for name, decode in ways(shape).items()}
    return {"rates": rates, "bytes": sum(map(len, values)) / len(values)}


def ways(shape: Shape) -> dict[str, Callable[[Sequence[bytes]], Any]]:
    """By name, what decodes a batch."""
    into_struct = msgspec.json.Decoder(record_type(shape)).decode
    into_dicts = msgspec.json.Decoder().decode
    parser = simdjson.Parser()

    def lazily(values: Sequence[bytes]) -> None:
        for value in values:
            parser.parse(value)

    return {
        "msgspec, into a struct": lambda values: list(map(into_struct, values)),
        "msgspec, into dictionaries": lambda values: list(map(into_dicts, values)),
        "orjson, into dictionaries": lambda values: list(map(orjson.loads, values)),
        "simdjson, parsed and not read": lazily,
        "simdjson, into dictionaries": lambda values: [parser.parse(v).as_dict() for v in values],
        "pyarrow, into columns": by_arrow(shape),
    }


def rate(decode: Callable[[Sequence[bytes]], Any], values: list[bytes], batch: int) -> float:
    """Records a CPU second."""
    batches = [values[i : i + batch] for i in range(0, len(values) - batch + 1, batch)]
    decode(batches[0])
    begin, records = time.process_time(), 0
    while time.process_time() - begin < SECONDS:
        decode(batches[records // batch % len(batches)])
        records += batch
    return records / (time.process_time() - begin)


if __name__ == "__main__":
    answer(work)
