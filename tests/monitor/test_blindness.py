"""Each reason to disbelieve silence appears by its own cause, and goes with it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.monitor.blindness import (
    BlindPolicy,
    RecentCounts,
    StreamFacts,
    Surroundings,
    blind_reasons,
)
from driftwatch.records import Reason

NOW = 10_000
POLICY = BlindPolicy(
    no_records_after_us=300,
    lagging_after_us=500,
    stale_after_us=60,
    recent_us=3600,
)
AROUND = Surroundings(
    now_us=NOW,
    started_us=0,
    disconnected_since_us=None,
    checkpoint_us=NOW,
    waiting_us=None,
    recent={"counted": 1000},
)
STREAM = StreamFacts(last_record_us=NOW, unrouted=0, window_rows=1000, window_fill=1.0)


def reasons(**changes: Any) -> set[str]:
    """What makes a stream blind that is well but for these facts."""
    of_stream = {k: v for k, v in changes.items() if k in StreamFacts.__slots__}
    of_process = {k: v for k, v in changes.items() if k not in of_stream}
    return set(blind_reasons(POLICY, replace(AROUND, **of_process), replace(STREAM, **of_stream)))


def test_a_stream_that_is_well_is_not_blind() -> None:
    assert reasons() == set()


CAUSES: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "disconnected": ({"disconnected_since_us": NOW}, {"disconnected_since_us": None}),
    "no_records": ({"last_record_us": NOW - 301}, {"last_record_us": NOW - 300}),
    "lagging": ({"waiting_us": NOW - 501}, {"waiting_us": NOW - 500}),
    "stale_checkpoint": ({"checkpoint_us": NOW - 61}, {"checkpoint_us": NOW - 60}),
    "unparsed": (
        {"recent": {"counted": 89, "rejected": 11}},
        {"recent": {"counted": 90, "rejected": 10}},
    ),
    "late": ({"recent": {"counted": 89, "late": 11}}, {"recent": {"counted": 90, "late": 10}}),
    "unrouted": ({"unrouted": 1}, {"unrouted": 0}),
    "warming_up": ({"window_fill": 0.999}, {"window_fill": 1.0}),
    "under_filled": ({"window_rows": 49}, {"window_rows": 50}),
    "gap": ({"gap": "log/0: 7 offsets were lost"}, {"gap": None}),
}


@pytest.mark.parametrize("reason", CAUSES)
def test_each_reason_is_there_for_its_cause_and_no_longer_without_it(reason: str) -> None:
    there, gone = CAUSES[reason]
    assert (reasons(**there), reasons(**gone)) == ({reason}, set())


def test_what_came_too_late_to_be_judged_counts_as_late() -> None:
    assert reasons(recent={"counted": 100, "unevaluated": 11}) == {"late"}


def test_pairs_of_which_half_is_missing_blind_however_many_records_the_others_count() -> None:
    # Ten pairs counted 1,000 records; three requests never had a response.
    recent = {"counted": 1000, "pairs": 10, "rejected": 3, "reason:unmatched": 3}
    found = blind_reasons(POLICY, replace(AROUND, recent=recent), STREAM)
    assert found["unparsed"] == "13% of the recent requests and responses had no other half"
    assert reasons(recent={**recent, "reason:unmatched": 2, "rejected": 2}) == set()


def test_a_log_of_requests_alone_is_blind() -> None:
    assert "unparsed" in reasons(recent={"rejected": 5, "reason:unmatched": 5})


def test_what_can_not_be_read_is_told_by_its_reason_and_one_example() -> None:
    recent = {"counted": 50, "rejected": 50, "reason:unparsable": 40, "reason:too_large": 10}
    refused: dict[Reason, str] = {
        "unparsable": "offset 7 of log/0",
        "too_large": "offset 9 of log/0",
    }
    around = replace(AROUND, recent=recent, refused=refused)

    words = blind_reasons(POLICY, around, STREAM)["unparsed"]

    assert words == (
        "50% of the recent records could not be read (most: unparsable, as at offset 7 of log/0)"
    )


def test_versions_that_nobody_knows_are_named_and_can_do_a_terminal_no_harm() -> None:
    stream = replace(STREAM, unrouted=1200, strangers=("9", "\x1b[31m", "x" * 999, "7"))

    words = blind_reasons(POLICY, AROUND, stream)["unrouted"]

    assert words.startswith("1,200 records of a version without a baseline: 9, ?[31m, xxx")
    assert len(words) < 200
    assert "7" not in words


def test_records_of_unknown_versions_are_no_reason_to_call_the_others_unparsed() -> None:
    assert reasons(recent={"counted": 50, "unrouted": 50}) == set()


def test_a_stream_that_never_had_a_record_is_silent_since_the_process_began() -> None:
    assert reasons(last_record_us=None, started_us=NOW - 300) == set()
    assert reasons(last_record_us=None, started_us=NOW - 301) == {"no_records"}


def test_a_window_that_fills_up_is_not_called_under_filled_as_well() -> None:
    assert reasons(window_rows=3, window_fill=0.5) == {"warming_up"}


def test_before_the_first_checkpoint_none_is_stale() -> None:
    assert reasons(checkpoint_us=None) == set()


def test_several_reasons_stand_beside_each_other() -> None:
    found = reasons(disconnected_since_us=0, last_record_us=0, checkpoint_us=0, window_rows=0)
    assert found == {"disconnected", "no_records", "stale_checkpoint", "under_filled"}


@pytest.mark.parametrize("reason", CAUSES)
def test_each_reason_has_a_sentence(reason: str) -> None:
    there, _ = CAUSES[reason]
    of_stream = {k: v for k, v in there.items() if k in StreamFacts.__slots__}
    of_process = {k: v for k, v in there.items() if k not in of_stream}
    (words,) = blind_reasons(
        POLICY, replace(AROUND, **of_process), replace(STREAM, **of_stream)
    ).values()
    assert len(words) > 10


# The recent past

counts = st.dictionaries(st.sampled_from(("counted", "late")), st.integers(0, 9), max_size=2)


@given(st.lists(st.tuples(st.integers(0, 40), counts), max_size=30), st.integers(0, 200))
def test_recent_is_what_was_counted_in_the_span_give_or_take_a_slot(
    history: list[tuple[int, dict[str, int]]], wait: int
) -> None:
    span, slots = 100, 10
    recent = RecentCounts(span, slots)
    now, added = 0, list[tuple[int, dict[str, int]]]()
    for step, found in history:
        now += step
        recent.add(now, found)
        added.append((now, found))
    now += wait
    totals = recent.totals(now)
    for name in ("counted", "late"):
        surely = sum(c.get(name, 0) for at, c in added if at > now - span)
        at_most = sum(c.get(name, 0) for at, c in added if at > now - span - span // slots)
        assert surely <= totals.get(name, 0) <= at_most


def test_the_memory_of_the_recent_past_does_not_grow() -> None:
    recent = RecentCounts(100, 10)
    for now in range(10_000):
        recent.add(now, {"counted": 1})
        recent.totals(now)
    assert len(recent._slots) <= 11
