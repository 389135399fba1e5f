"""Which records of a batch were not counted, and why."""

import pytest

from driftwatch.records import REASONS, Cause, Reason
from tests.monitor.scenes import A, B, Record, batch_of, monitor_of, placed

ALL: frozenset[Cause] = frozenset((*REASONS, "late"))


def test_every_record_that_was_not_counted_is_told_by_its_position_with_its_cause() -> None:
    monitor = monitor_of()
    monitor.assign(placed({A: None}), None)
    batch = batch_of([Record(10_000), "unparsable", Record(0), "unknown_model", Record(90_000)])
    judged = monitor.add(batch)
    assert judged is not None
    assert judged.not_counted(ALL) == [
        (1, "unparsable"),
        (2, "late"),
        (3, "unknown_model"),
        (4, "future"),
    ]


@pytest.mark.parametrize(
    ("causes", "positions"),
    [(["late"], [2]), (["future", "unparsable"], [1, 4]), (["not_utf8"], []), ([], [])],
)
def test_only_the_causes_that_are_asked_for_are_told(
    causes: list[Cause], positions: list[int]
) -> None:
    monitor = monitor_of()
    monitor.assign(placed({A: None}), None)
    batch = batch_of([Record(10_000), "unparsable", Record(0), "unknown_model", Record(90_000)])
    judged = monitor.add(batch)
    assert judged is not None
    assert [position for position, _ in judged.not_counted(frozenset(causes))] == positions


def test_what_is_told_adds_up_to_what_is_tallied() -> None:
    monitor = monitor_of()
    monitor.assign(placed({A: None}), None)
    records: list[Record | Reason] = [
        Record(10_000),
        Record(0),
        "not_utf8",
        Record(1),
        Record(9_990),
    ]
    judged = monitor.add(batch_of(records))
    assert judged is not None
    assert len(judged.not_counted(ALL)) == 3


def test_a_partition_that_is_not_ours_is_not_judged() -> None:
    monitor = monitor_of()
    monitor.assign(placed({B: None}), None)
    assert monitor.add(batch_of(["unparsable"])) is None
