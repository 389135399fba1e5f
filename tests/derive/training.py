"""Records with everything that can stand where columns are derived from."""

import json
import random
from collections.abc import Sequence
from typing import Any

from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.kinds import parse_derivation

FIRST_S = 1_700_000_000

DERIVED = tuple(
    map(
        parse_derivation,
        (
            "text:user.review",
            "age:created",
            "vector:embedding",
            "list:tags",
            "shape:image",
            "probabilities:scores=cat,dog",
        ),
    )
)
CONDITIONS = (
    NamedCondition(name="sunny", role="segment", text="weather = 'sunny' AND people > 4"),
    NamedCondition(name="short", role="segment", text="user.review.length < 12 OR flag = 'true'"),
    NamedCondition(name="sure", role="rate", text="scores.confidence >= 0.75"),
    NamedCondition(name="paid", role="contract", text="amount > 0"),
    NamedCondition(name="known", role="contract", text="weather IN ('sunny', 'rain')"),
)


def records(rows: int, seed: int, odd: float = 0.1) -> list[dict[str, Any]]:
    """Records that are a minute apart; of each leaf a share of `odd` is none of its kind."""
    rng = random.Random(seed)

    def leaf(value: Any, *others: Any) -> Any:
        return rng.choice(others) if rng.random() < odd else value

    found = []
    for i in range(rows):
        served = FIRST_S + 60 * i
        share = rng.random()
        record = {
            "ts": served,
            "people": leaf(rng.randint(1, 9), None, "many", 2.5),
            "weather": leaf(rng.choice(["sunny", "rain", "snow"]), None, 3, True, ["a"], "x" * 400),
            "amount": leaf(rng.lognormvariate(1, 1), None, -1.0, float("nan"), "free", 10**30),
            "flag": leaf(rng.random() < 0.3, None, "true", 1),
            "user": leaf(
                {"review": leaf("good " * rng.randint(0, 4) + "é", None, "", "  ", 5, ["a"])},
                None,
                {},
            ),
            "created": leaf(
                served - rng.randint(0, 300), None, "soon", True, "2023-11-14T22:13:20Z"
            ),
            "embedding": leaf(
                [rng.gauss(0.2, 1.0) for _ in range(4)],
                None,
                [1, 2],
                [],
                [1.0, None, 2.0, 3.0],
                [float("inf")] * 4,
                [10**400, 1, 1, 1],
                "v",
            ),
            "tags": leaf(["a"] * rng.randint(0, 3), None, {}, "a"),
            "image": leaf([[0, 1], [2, 3]], None, [[1], []], [[[1]], [[2]]], 7),
            "scores": leaf(
                [share, 1.0 - share],
                None,
                {"cat": share, "dog": 1.0 - share},
                [0, 0],
                [0.5, 0.5],
                [2.0, -1.0],
                [0.2, 0.3, 0.5],
                [float("nan"), 1.0],
            ),
        }
        if rng.random() < odd:
            del record[rng.choice(list(record)[1:])]
        found.append(record)
    return found


def encoded(rows: Sequence[dict[str, Any]]) -> list[bytes]:
    """The records as a Python server logs them."""
    return [json.dumps(record).encode() for record in rows]
