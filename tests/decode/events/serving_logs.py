"""The example logs of tests/data/serving-logs, and a plain way to read them, pair by pair."""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from driftwatch.decode.event_records import FORMATS
from driftwatch.decode.events.halves import half_of, joined
from driftwatch.decode.events.message import (
    EventPolicy,
    Message,
    Reading,
    Record,
    Side,
    UnreadableError,
    by_name,
)
from driftwatch.records import SECOND_US, Half, Partition, RawBatch, Reason

FOLDER = Path(__file__).parents[2] / "data" / "serving-logs"
BEGIN_US = 1_767_225_600 * SECOND_US
LOGS = ("kserve", "kserve-v2", "seldon", "mlserver", "sagemaker")


@dataclass(frozen=True)
class ServingLog:
    """entries: what the log holds; the broker took entry i at second i of 2026."""

    format: str
    decode: Mapping[str, Any]
    entries: tuple[Message, ...]
    records: list[Record]
    rejected: list[Reason]
    waiting: list[str]

    @property
    def policy(self) -> EventPolicy:
        features, predictions = (
            self.decode.get("feature_names"),
            self.decode.get("prediction_names"),
        )
        return EventPolicy(Reading(tuple(features or ()), tuple(predictions or ())))

    def batches(self) -> list[RawBatch]:
        """The entries as a source hands them out: a partition a topic."""
        topics = dict.fromkeys(entry.topic for entry in self.entries)
        return [batch_of([e for e in self.entries if e.topic == topic]) for topic in topics]


def serving_log(name: str) -> ServingLog:
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return ServingLog(
        name.removesuffix("-v2"),
        found["decode"],
        tuple(_message(entry, i) for i, entry in enumerate(found["entries"])),
        [_record(record) for record in found["records"]],
        found["rejected"],
        found["waiting"],
    )


def batch_of(entries: list[Message]) -> RawBatch:
    count = len(entries)
    return RawBatch(
        Partition(entries[0].topic, 0),
        [entry.value for entry in entries],
        np.arange(count, dtype=np.int64),
        count,
        np.array([entry.time_us for entry in entries], dtype=np.int64),
        [entry.key for entry in entries],
        [[(name, value.encode()) for name, value in e.headers.items()] for e in entries],
    )


def read(log: ServingLog) -> tuple[list[Record], list[Reason], list[str]]:
    """(records, rejected, ids of what waits) of a log, by time of the records."""
    records: list[Record] = []
    rejected: list[Reason] = []
    waiting: dict[bytes, tuple[Half, str]] = {}
    for position, message in enumerate(log.entries):
        try:
            found = FORMATS[log.format](message, log.policy)  # type: ignore[index]
            if not isinstance(found, Side):
                records.extend(found)
                continue
            assert found.time_us is not None
            half = half_of(found, position, found.time_us)
            other = waiting.pop(half.join_key, None)
            if other is None:
                waiting[half.join_key] = half, found.content.id or ""
                continue
            both = {half.side: half, other[0].side: other[0]}
            records.extend(
                joined(both["request"], both["response"], log.policy.reading.prediction_names)
            )
        except UnreadableError as error:
            rejected.append(error.reason)
    return sorted(records, key=_time), rejected, [name for _, name in waiting.values()]


def _time(record: Record) -> int:
    return int(record["time"])


def plain(value: Any) -> Any:
    """Where NaN is told by a text, so that it equals itself."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN!" if math.isnan(value) else "Infinity!"
    return value


def _message(entry: Mapping[str, Any], number: int) -> Message:
    if "base64" in entry:
        value = base64.b64decode(entry["base64"])
    else:
        value = (entry.get("text") or json.dumps(entry["value"])).encode()
    key = entry.get("key")
    return Message(
        value,
        by_name([(name, text.encode()) for name, text in entry.get("headers", {}).items()]),
        None if key is None else key.encode(),
        entry.get("topic", "log"),
        BEGIN_US + number * SECOND_US,
    )


def _record(told: Mapping[str, Any]) -> Record:
    rest = {name: value for name, value in told.items() if name != "second"}
    return {"time": BEGIN_US + round(told["second"] * SECOND_US), **rest}
