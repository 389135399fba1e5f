"""What it costs to ask a contract about one record, and a condition about one and about many.

    python benchmarks/contract.py [--seconds 1]

A record of 20 columns (14 numbers, 4 categories, 2 truth values), a contract of 20 rules. Printed
are CPU microseconds, the median over rounds; a check in a model server should stay below 50.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.conditions import parse_condition
from driftwatch.contract import Contract
from driftwatch.derive.derivation import NamedCondition

ROUNDS = 9
BATCH = 5_000
RULES = [
    *(f"n{i} BETWEEN -6 AND 6" for i in range(10)),
    "c0 IN ('a', 'b', 'c', 'd')",
    "c1 LIKE 'word%'",
    "c2 IS NOT NULL AND n10 > -9",
    "t0 OR NOT t1",
    "abs(n0 - n1) / 2 < 10",
    "coalesce(n2, 0) + n3 < 20",
    "lower(c3) <> 'none'",
    "n11 > 0 OR c0 = 'a' OR n12 < 5",
    "CASE WHEN t0 THEN n4 ELSE n5 END < 9",
    "length(c1) BETWEEN 1 AND 20",
]


def records(count: int) -> list[dict[str, Any]]:
    chance = random.Random(1)
    return [
        {
            **{f"n{i}": chance.gauss(0, 1) for i in range(14)},
            "c0": chance.choice("abcd"),
            **{f"c{i}": f"word{chance.randint(1, 20)}" for i in range(1, 4)},
            "t0": chance.random() < 0.5,
            "t1": chance.random() < 0.5,
        }
        for _ in range(count)
    ]


def cost(call: Callable[[], object], seconds: float) -> float:
    """CPU microseconds a call."""
    call()
    found = []
    for _ in range(ROUNDS):
        calls, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds / ROUNDS:
            for _ in range(50):
                call()
            calls += 50
        found.append(1e6 * spent / calls)
    return statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure")
    seconds = parser.parse_args().seconds
    data = records(BATCH)
    conditions = tuple(
        NamedCondition(name=f"rule{i}", role="contract", text=text) for i, text in enumerate(RULES)
    )
    options = BuildOptions("m", "1", conditions=conditions)
    contract = Contract.from_baseline(build(lambda: iter([Chunk.from_records(data)]), options))
    fine = data[0]
    bad = fine | {f"n{i}": 99.0 for i in range(14)} | {"c0": "x", "c1": "x"}
    print(
        f"check, a record within training:  {cost(lambda: contract.check(fine), seconds):6.1f} us"
    )
    print(f"check, 16 columns outside of it:  {cost(lambda: contract.check(bad), seconds):6.1f} us")
    kinds = {"n0": "numeric", "c0": "text"}
    condition = parse_condition("n0 > 5 AND c0 = 'a'", kinds)  # type: ignore[arg-type]  # words
    judge = condition.judge
    print(f"one condition, one record:        {cost(lambda: judge(fine), seconds):6.2f} us")
    columns = {
        "n0": np.array([one["n0"] for one in data]),
        "c0": np.array([one["c0"] for one in data], dtype=np.object_),
    }
    whole = cost(lambda: condition.evaluate(columns, BATCH), seconds)
    print(f"one condition, each of {BATCH:,}:     {whole / BATCH:6.3f} us")


if __name__ == "__main__":
    main()
