"""Requests and responses that are records of their own, as KServe logs them."""

import json
import random
import time
from datetime import UTC, datetime
from typing import NamedTuple

from tests.crash.settings import WORDS

_EVENT = {
    "specversion": "1.0",
    "source": "http://localhost/",
    "namespace": "shop",
    "component": "predictor",
    "endpoint": "default",
}


class _Owed(NamedTuple):
    """Half of a pair whose other half is written. partition: where it has to go."""

    partition: int | None
    value: bytes


class Pairs:
    """Makes halves of pairs: in disorder, some twice, some without the other one."""

    def __init__(self, dice: random.Random, *, together: bool) -> None:
        """together: both halves of a pair are in partitions of the same number."""
        self._dice = dice
        self._together = together
        self._owed: list[_Owed] = []
        self._made = 0

    def record(self, partition: int) -> tuple[int, bytes]:
        """The next record, and the partition that it goes to: this one, or where it has to be."""
        dice = self._dice.random()
        if self._owed and (dice < 0.5 or len(self._owed) > 200):
            owed = self._owed.pop(self._dice.randrange(len(self._owed)))
            return partition if owed.partition is None else owed.partition, owed.value
        self._made += 1
        model = self._dice.choice(("fraud", "fraud", "churn", "nobody's"))
        behind = self._dice.expovariate(1 / 6.0)
        if dice > 0.98:
            behind = self._dice.uniform(40.0, 400.0)
        served = time.time() - behind
        rows = [
            [round(self._dice.gauss(50.0, 30.0), 3), self._dice.choice(WORDS)]
            for _ in range(self._dice.choice((1, 1, 1, 3)))
        ]
        answers = [0.5] * (len(rows) + (dice > 0.97))
        sides = [
            self._value("request", model, served, {"instances": rows}),
            self._value("response", model, served + self._apart(), {"predictions": answers}),
        ]
        self._dice.shuffle(sides)
        first, second = sides
        where = partition if self._together else None
        if self._dice.random() < 0.95:
            self._owed.append(_Owed(where, second))
        if self._dice.random() < 0.03:  # sent again, to where it was sent before
            self._owed.append(_Owed(partition, first))
        return partition, first

    def _apart(self) -> float:
        return self._dice.choice((0.01, 0.5, 3.0, -0.5, 60.0))

    def _value(self, side: str, model: str, served: float, body: object) -> bytes:
        event = {
            **_EVENT,
            "id": str(self._made),
            "type": f"org.kubeflow.serving.inference.{side}",
            "time": datetime.fromtimestamp(served, UTC).isoformat(),
            "inferenceservicename": model,
            "data": body,
        }
        return json.dumps(event).encode()
