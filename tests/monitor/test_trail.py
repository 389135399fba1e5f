"""The trail: what plots are made of, over a time that may grow without end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.monitor.trail import FINENESS, SLOTS, Trail
from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.stats.bars import Bars, make_bars

PANE = 60_000_000
EVER = 1 << 60


def bars() -> Bars:
    layout = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, np.uint64))
    return make_bars(Layout((layout,)), np.zeros(7, dtype=np.int64))


def trail(history_us: int = EVER) -> Trail:
    return Trail(bars(), PANE, history_us)


ONE = np.array([1, 0, 0, 0, 0, 0, 0])


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=60))
def test_slots_stay_few_and_lose_no_record(panes: list[int]) -> None:
    found = trail()
    for pane in panes:
        found.add(pane * PANE, 1, ONE)
    report = found.report()
    assert len(report.slots) <= SLOTS
    assert sum(slot.rows for slot in report.slots) == len(panes)
    assert sum(int(s.bars[0]) for s in report.slots if s.bars is not None) == len(panes)
    assert all(slot.start_us % report.slot_us == 0 for slot in report.slots)


def test_a_slot_is_a_pane_as_long_as_there_is_room() -> None:
    found = trail()
    for pane in range(SLOTS):
        found.add(pane * PANE, 1, ONE)
    assert found.report().slot_us == PANE
    found.add(SLOTS * PANE, 1, ONE)
    assert found.report().slot_us == 2 * PANE


def test_what_is_older_than_the_history_goes() -> None:
    found = trail(history_us=10 * PANE)
    for pane in range(50):
        found.add(pane * PANE, 1, ONE)
    assert [slot.start_us // PANE for slot in found.report().slots] == list(range(40, 50))


def test_a_slot_keeps_its_largest_evidence() -> None:
    found = trail()
    for pane, value in ((0, 0.2), (1, 0.7), (2, np.nan)):
        found.note(pane * PANE, np.array([[value], [0.1]]))
    found.add(SLOTS * 2 * PANE, 1, ONE)  # now slots are four panes long
    first = found.report().slots[0]
    assert first.evidence is not None
    assert first.evidence.ravel() == pytest.approx([0.7, 0.1])


def test_a_report_does_not_change_afterwards() -> None:
    found = trail()
    found.add(0, 1, ONE)
    before = found.report()
    found.add(0, 5, 5 * ONE)
    assert before.slots[0].rows == 1
    assert before.slots[0].bars is not None
    assert before.slots[0].bars[0] == 1


def test_evidence_survives_a_restart_and_counts_are_read_again() -> None:
    found = trail()
    values = np.array([[0.0, 0.31, np.nan], [1.7, 0.5, 0.004]])
    found.add(0, 1, ONE)
    found.note(0, values)
    again = trail()
    again.restore(found.to_bytes())
    (slot,) = again.report().slots
    assert (slot.rows, slot.bars) == (0, None)
    assert slot.evidence is not None
    np.testing.assert_allclose(slot.evidence, np.minimum(values, 1.0), atol=0.5 / FINENESS + 1e-6)
    again.add(0, 1, ONE)
    assert again.report().slots[0].rows == 1


def test_nothing_at_all_can_be_stored() -> None:
    again = trail()
    again.restore(trail().to_bytes())
    assert again.report().slots == ()


def test_damaged_evidence_is_an_error() -> None:
    found = trail()
    found.note(0, np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"damaged|reshape|buffer"):
        trail().restore(found.to_bytes()[:-4] + b"abcd")
