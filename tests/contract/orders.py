"""A baseline with a contract to test by: orders, nested as a serving log has them."""

import random
from typing import Any

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.kinds import parse_derivation
from driftwatch.flatten import flatten

RULES = {
    "age_range": "user.age BETWEEN 18 AND 99",
    "known_country": "country IN ('DE', 'FR', 'PL')",
    "few": "items <= 8",
    "short": "note.length < 30",
    "priced": "amount > 0 AND amount < 50 * items",
    "scored": "score IS NOT NULL",
}


def orders(count: int, seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "user": {"age": round(min(max(chance.gauss(40, 10), 19), 90), 1)},
            "country": chance.choice(("DE", "DE", "FR", "PL")),
            "items": chance.randint(1, 8),
            "amount": round(chance.uniform(1, 20), 2),
            "vector": [chance.gauss(0, 1), chance.gauss(0, 1)],
            "member": chance.random() < 0.3,
            "coupon": chance.choice(("A", "B", None)),
            "note": "please " * chance.randint(0, 3),
            "score": chance.random(),
        }
        for _ in range(count)
    ]


def flat(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [flatten(record, ("note",)) for record in data]


def orders_baseline(rules: dict[str, str] = RULES) -> Baseline:
    """Of 2,000 orders."""
    chunk = Chunk.from_records(flat(orders(2_000, 1)), sources=("note",))
    options = BuildOptions(
        "orders",
        "2",
        predictions=("score",),
        derived=(parse_derivation("text:note"),),
        conditions=tuple(
            NamedCondition(name=name, role="contract", text=text) for name, text in rules.items()
        ),
    )
    return build(lambda: iter([chunk]), options)
