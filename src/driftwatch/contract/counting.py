"""A contract asked of a data set: which rules are broken more often than in training.

A rule that training broke in k0 of n0 rows and the data in k of n is called broken if so many would
be unlikely at one and the same rate: given k + k0 in all, k is binomial with n / (n + n0), and its
upper tail is compared with the false-alarm rate, shared by the rules (Przyborowski and Wilenski,
1940). Rows are taken to be independent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.times import UNTIMED, TimesOf
from driftwatch.contract.contract import Contract
from driftwatch.contract.frames import Judged
from driftwatch.errors import DataError
from driftwatch.records import IntArray

FIRST = 5
"""Records that are named for each rule."""

FALSE_ALARM_RATE = 0.01
"""The probability that a data set like the training data is called broken, all rules together."""


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What a rule said of a data set and of training.

    failed, unknown: records; first: numbers of the first that failed, from 1. trained,
    trained_failed: training rows, and for how many of them it was false. p_value: of so many
    failures or more at the rate of training.
    """

    name: str
    text: str
    failed: int
    unknown: int
    first: tuple[int, ...]
    trained: int
    trained_failed: int
    p_value: float
    verdict: Literal["ok", "broken"]


@dataclass(frozen=True, slots=True)
class ContractCount:
    """Of a data set; rules: in the order of the contract."""

    records: int
    rules: Sequence[RuleCount]

    @property
    def broken(self) -> bool:
        """Some rule is broken more often than in training."""
        return any(rule.verdict == "broken" for rule in self.rules)


def count(contract: Contract, chunks: Iterable[Chunk], times_of: TimesOf) -> ContractCount:
    """Judge all rows of some data. times_of: where a chunk has its times.

    Raises DataError if there are no rows.
    """
    judged = Judged(contract, lambda chunk: _times(times_of, chunk))
    rules = len(contract.rules)
    failed, unknown = np.zeros(rules, dtype=np.int64), np.zeros(rules, dtype=np.int64)
    first: list[list[int]] = [[] for _ in range(rules)]
    records = 0
    for chunk in chunks:
        false, null = judged.ask(chunk)
        failed += false.sum(axis=1)
        unknown += null.sum(axis=1)
        for i in range(rules):
            if len(first[i]) < FIRST:
                more = np.flatnonzero(false[i])[: FIRST - len(first[i])]
                first[i].extend((more + records + 1).tolist())
        records += chunk.rows
    if records == 0:
        raise DataError("the data has no rows to judge")
    counts = []
    for i, rule in enumerate(contract.rules):
        trained, trained_failed = _trained(contract.baseline, rule.name)
        p_value = more_often(int(failed[i]), records, trained_failed, trained)
        broken = bool(p_value < FALSE_ALARM_RATE / rules)
        counts.append(
            RuleCount(
                rule.name,
                rule.text,
                int(failed[i]),
                int(unknown[i]),
                tuple(first[i]),
                trained,
                trained_failed,
                p_value,
                "broken" if broken else "ok",
            )
        )
    return ContractCount(records, counts)


def more_often(failed: int, rows: int, trained_failed: int, trained: int) -> float:
    """The probability of so many failures or more, at one rate in the data and in training.

    >>> more_often(0, 100, 0, 1000), round(more_often(3, 1000, 0, 5000), 5)
    (1.0, 0.00463)
    """
    from scipy.special import betainc

    if failed == 0:
        return 1.0
    return float(betainc(failed, trained_failed + 1, rows / (rows + trained)))


def _trained(baseline: Baseline, rule: str) -> tuple[int, int]:
    """Training rows, and for how many of them a rule was false.

    A rule that the baseline does not have is taken to hold for all of them.
    """
    for column in baseline.columns:
        if column.role == "contract" and column.name == f"contract.{rule}":
            assert column.kind == "categorical"
            counts = dict(zip(column.vocabulary, column.counts, strict=True))
            return baseline.rows, counts.get("false", 0)
    return baseline.rows, 0


def _times(times_of: TimesOf, chunk: Chunk) -> IntArray:
    found = times_of(chunk)
    return np.full(chunk.rows, UNTIMED, dtype=np.int64) if found is None else found
