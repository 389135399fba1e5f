"""A log of requests and responses that are records of their own, and a decoder that reads it."""

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from driftwatch.decode.composer import Composed, Composer, RecordPolicy
from driftwatch.records import Batch, Half, RawBatch, Reason
from tests.monitor.scenes import BASELINE


class Logged(NamedTuple):
    """Half of a pair, as it is written. instances: how many records the pair makes."""

    side: Literal["request", "response"]
    key: str
    time: int
    instances: int = 1

    @property
    def value(self) -> bytes:
        return json.dumps(self._asdict()).encode()


class PairDecoder:
    """Reads such a log. What is no half can't be read; a pair that differs in size is rejected."""

    def __init__(self) -> None:
        policy = RecordPolicy(timestamp="ts", const_model="fraud", const_version="1")
        self._composer = Composer(policy, {BASELINE.route: BASELINE})

    def decode(self, raw: RawBatch) -> Batch:
        halves, rejected = [], list[tuple[int, Reason]]()
        for position, value in enumerate(raw.values):
            try:
                logged = Logged(**json.loads(value or b""))
            except (ValueError, TypeError):
                rejected.append((position, "unparsable"))
                continue
            content = str(logged.instances).encode()
            halves.append(Half(position, logged.side, logged.key.encode(), logged.time, content))
        return Batch(
            raw.partition,
            len(raw.values),
            raw.next_offset,
            (),
            tuple(rejected),
            raw.broker_times_us,
            offsets=raw.offsets,
            halves=tuple(halves),
        )

    def join(self, pairs: Sequence[tuple[Half, Half]]) -> Composed:
        records: list[Any] = []
        positions, rejected = [], list[tuple[int, Reason]]()
        for position, (request, response) in enumerate(pairs):
            assert (request.side, response.side) == ("request", "response")
            if request.content != response.content:
                # As often as it has instances: that is the decoder's affair.
                rejected += [(position, "shape_mismatch")] * int(request.content)
                continue
            # The time is the response's, whatever the record says.
            for x in range(int(request.content)):
                record = {"ts": request.time_us / 1e6, "x": float(x), "w": "a"}
                records.append(self._composer.read(record))
                positions.append(position)
        composed = self._composer.compose(records, positions, None)
        return Composed(composed.rows, sorted(rejected + composed.rejected), composed.unrouted)


def raw_of(partition: Any, logged: Sequence[Logged], first: int = 0) -> RawBatch:
    """Some records of one partition, from this offset on."""
    offsets = np.arange(first, first + len(logged))
    return RawBatch(partition, [one.value for one in logged], offsets, first + len(logged))
