"""Answers of two versions to the same requests, joined on their keys."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from driftwatch.monitor.shadow import Shadow, ShadowPolicy
from driftwatch.records import ModelVersion, Rows
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout

LAYOUT = Layout(
    (
        NumericLayout("amount", "feature", np.array([0.0, 1.0]), 0, 1),
        NumericLayout("score", "prediction", np.array([0.0, 1.0]), 0, 1),
        CategoricalLayout("label", "prediction", ("no", "yes"), np.empty(0, np.uint64)),
    )
)


def shadow(**policy: Any) -> Shadow:
    return Shadow(ShadowPolicy(**{"tolerance": 0.001, **policy}), LAYOUT, (0, 1, 2))


def rows(keys: Sequence[Any] | None, scores: Sequence[float], labels: Sequence[int]) -> Rows:
    n = len(scores)
    return Rows(
        ModelVersion("fraud", "8"),
        np.arange(n),
        np.zeros(n, dtype=np.int64),
        np.array([np.arange(n), scores], dtype=np.float64),
        None,
        np.array([labels], dtype=np.int32),
        keys=keys,
    )


def test_pairs_are_found_whichever_comes_first_and_compared_by_column() -> None:
    found = shadow()
    found.add("here", rows(["a", "b"], [0.5, 0.5], [0, 1]))
    found.add("there", rows(["b", "c", "a"], [0.9, 0.1, 0.5], [1, 0, 1]))
    found.add("here", rows(["c"], [0.1], [0]))
    report = found.report()
    assert (report.pairs, report.waiting) == (3, 0)
    score, label = report.columns
    assert (score.name, score.disagreements, label.name, label.disagreements) == (
        *("score", 1),
        *("label", 1),
    )
    assert (score.examples[0].key, score.examples[0].here, score.examples[0].there) == (
        *("b", "0.5"),
        "0.9",
    )
    assert (label.examples[0].here, label.examples[0].there) == ("no", "yes")


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [
        (0.5, 0.5009, False),
        (0.5, 0.502, True),
        (5000.0, 5004.0, False),
        (5000.0, 5006.0, True),
        (float("nan"), float("nan"), False),
        (float("nan"), 0.5, True),
    ],
)
def test_numbers_differ_by_more_than_the_tolerance(a: float, b: float, differ: bool) -> None:
    found = shadow()
    found.add("here", rows(["k"], [a], [0]))
    found.add("there", rows(["k"], [b], [0]))
    assert found.report().columns[0].disagreements == int(differ)


def test_what_waits_is_bounded_and_the_oldest_makes_room() -> None:
    found = shadow(most_waiting=2)
    found.add("here", rows(["a", "b", "c"], [0.1, 0.1, 0.1], [0, 0, 0]))
    assert found.report().waiting == 2
    found.add("there", rows(["a", "c"], [0.1, 0.1], [0, 0]))
    assert found.report().pairs == 1


def test_records_without_a_key_are_passed_over() -> None:
    found = shadow()
    found.add("here", rows(None, [0.1], [0]))
    found.add("here", rows([None, "", True, 7], [0.1] * 4, [0] * 4))
    assert found.report().waiting == 1
    found.add("there", rows(["7"], [0.1], [0]))
    assert found.report().pairs == 1


def test_of_a_sensitive_column_no_example_is_kept() -> None:
    found = shadow(sensitive=frozenset(("label",)))
    found.add("here", rows(["a"], [0.1], [0]))
    found.add("there", rows(["a"], [0.9], [1]))
    score, label = found.report().columns
    assert (len(score.examples), len(label.examples), label.disagreements) == (1, 0, 1)
