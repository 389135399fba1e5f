"""The evidence bank in a monitor: what it raises, what it says of it, and what it keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.monitor.alarms import EVIDENCE
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.report import AlarmEvent, Report
from driftwatch.monitor.thresholds import Bound
from driftwatch.state.memory import MemoryStore
from tests.decode.baselines import baseline_of
from tests.monitor.scenes import (
    KEY,
    PANE,
    READING,
    A,
    Record,
    batch_of,
    feed,
    monitor_of,
    monitoring,
    only,
    placed,
)

ROWS = 4_000
BASELINE = baseline_of({"x": [float(i % 1000) for i in range(ROWS)], "w": ["a", "b"] * (ROWS // 2)})
BUDGET: dict[str, Any] = {"baselines": (BASELINE,), "bounds": {}, "budget_panes": 43_200.0}
PER_PANE = 100


def pane(number: int, values: Mapping[str, Any] | None = None, seed: int = 0) -> list[Record]:
    """A pane of records like those of the baseline, or with other values."""
    rng = np.random.default_rng((seed, number))
    drawn = zip(rng.integers(0, 1000, PER_PANE), rng.choice(["a", "b"], PER_PANE), strict=True)
    time = number * PANE
    return [Record(time, **{"x": float(x), "w": str(w), **(values or {})}) for x, w in drawn]


def run(monitor: Monitor, panes: Sequence[list[Record]]) -> Report:
    report = monitor.advance(0, READING)
    for records in panes:
        report = feed(monitor, *records)
    return report


def standing(report: Report) -> dict[tuple[str, str], AlarmEvent]:
    return {(e.column, e.severity): e for e in report.alarms if e.cleared_us is None}


def drifting(first: int, last: int, **values: Any) -> list[list[Record]]:
    return [pane(i, values if i >= first else None) for i in range(last)]


def test_records_like_those_of_the_baseline_raise_nothing() -> None:
    report = run(monitoring(A, **BUDGET), [pane(i) for i in range(60)])
    assert report.alarms == ()
    evidence = only(report).evidence
    assert ((evidence >= 0) & (evidence < 1)).all()


def test_before_a_pane_has_closed_there_is_no_evidence_to_look_at() -> None:
    evidence = only(run(monitoring(A, **BUDGET), [pane(0)])).evidence
    assert np.isnan(evidence).all()


def test_a_change_pages_and_is_said_with_its_shares_and_its_onset() -> None:
    report = run(monitoring(A, **BUDGET), drifting(10, 20, x=None))
    page = standing(report)["x", "page"]
    assert (page.statistic, page.onset_us) == (EVIDENCE, 10 * PANE)
    assert page.value >= 1.0
    assert page.words is not None
    assert page.words.startswith("null went from 0% to 100%")
    assert page.explanation is not None
    assert page.explanation.kind == "missing"
    assert ("w", "page") not in standing(report)


def test_what_it_looks_like_is_said_again_as_panes_arrive() -> None:
    monitor = monitoring(A, **BUDGET)
    seen = [
        event.words
        for i in range(30)
        for event in [
            standing(feed(monitor, *pane(i, {"w": "a"} if i >= 10 else None))).get(("w", "page"))
        ]
        if event is not None
    ]
    assert seen[0] != seen[-1] or seen[-1] == "the word 'a' went from 50.0% to 100%"
    assert seen[-1] in (
        "the word 'a' went from 50.0% to 100%",
        "the word 'b' went from 50.0% to 0%",
    )


def test_a_sensitive_column_shows_no_word() -> None:
    report = run(monitoring(A, **BUDGET, sensitive=frozenset("w")), drifting(10, 20, w="a"))
    page = standing(report)["w", "page"]
    said = f"{page.words} {page.explanation}"
    assert "'a'" not in said
    assert "'b'" not in said


def test_an_alarm_clears_once_the_evidence_is_gone_and_it_was_held() -> None:
    panes = [pane(i, {"x": None} if 10 <= i < 14 else None) for i in range(80)]
    report = run(monitoring(A, **BUDGET), panes)
    assert standing(report) == {}
    cleared = next(e for e in report.alarms if (e.column, e.severity) == ("x", "page"))
    assert cleared.cleared_us is not None
    assert cleared.cleared_us - cleared.raised_us >= 180
    assert only(report).evidence[1, 0] < 0.5


def test_panes_with_few_records_are_put_together() -> None:
    thin = [records[:10] for records in drifting(10, 40, x=None)]
    page = standing(run(monitoring(A, **BUDGET), thin))["x", "page"]
    assert 10 * PANE - 5 * PANE <= page.onset_us <= 10 * PANE


def test_a_threshold_stands_beside_the_evidence() -> None:
    with_bounds = {**BUDGET, "bounds": {"missing_ratio": Bound(0.001, 0.01)}}
    panes = drifting(10, 30)
    for records in panes[10:]:
        records[0] = records[0]._replace(x=None)
    report = run(monitoring(A, **with_bounds), panes)
    assert standing(report)["x", "info"].statistic == "missing_ratio"


# What is kept


def restarted(monitor: Monitor, store: MemoryStore) -> Monitor:
    """Another process, with what the store holds."""
    checkpoint = monitor.checkpoint()
    if checkpoint is not None:
        store.save(checkpoint)
        monitor.confirm(0)
    monitor.advance(0, READING)
    checkpoint = monitor.checkpoint()
    if checkpoint is not None:
        store.save(checkpoint)
    snapshot = store.load()
    after = monitor_of(**BUDGET)
    after.assign(placed({A: snapshot.partitions.get(A)}), snapshot)
    return after


@given(st.integers(0, 3), st.sets(st.integers(1, 29), max_size=6))
@settings(max_examples=25, deadline=None)
def test_a_log_read_by_many_processes_gives_the_evidence_of_one_to_the_bit(
    seed: int, restarts: set[int]
) -> None:
    panes = [pane(i, {"w": "a"} if i >= 22 else None, seed) for i in range(30)]
    one = monitoring(A, **BUDGET)
    many, store = monitoring(A, **BUDGET), MemoryStore()
    for i, records in enumerate(panes):
        if i in restarts:
            many = restarted(many, store)
        feed(one, *records)
        many.add(batch_of(records, next_offset=i + 1))
        checkpoint = many.checkpoint()
        assert checkpoint is not None
        store.save(checkpoint)
        many.confirm(0)
        many.advance(0, READING)
    assert many.streams[KEY].detector.to_bytes() == one.streams[KEY].detector.to_bytes()
    assert many.streams[KEY].evidence.tobytes() == one.streams[KEY].evidence.tobytes()


def test_more_columns_share_the_budget_and_the_evidence_goes_on() -> None:
    monitor = monitoring(A, **BUDGET)
    run(monitor, drifting(10, 14, w="a"))
    before = monitor.streams[KEY]
    other = monitor_of(**BUDGET)
    policy = other.streams[KEY].policy
    grown = monitor_of(**{**BUDGET, "alarms": replace(policy.alarms, watched=200)})
    grown.streams[KEY].restore_detector(before.detector_bytes())
    bank, wider = before.detector.bank, grown.streams[KEY].detector.bank
    assert bank is not None
    assert wider is not None
    assert wider.log_threshold == pytest.approx(bank.log_threshold + np.log(100))
    assert 0 < grown.streams[KEY].detector.evidence[0, 1] < before.detector.evidence[0, 1] + 1e-9


def test_the_pane_in_which_it_began_does_not_blur_what_changed() -> None:
    half = pane(10)[: PER_PANE // 2] + pane(10, {"x": None})[PER_PANE // 2 :]
    panes = [*drifting(10, 10), half, *(pane(i, {"x": None}) for i in range(11, 20))]
    page = standing(run(monitoring(A, **BUDGET), panes))["x", "page"]
    assert page.words == "null went from 0% to 100%"
