from typing import Any

import numpy as np
import pytest

from driftwatch.baseline import order as order_module
from driftwatch.baseline.order import RowOrder, order_by_time, order_of_rows

DAY_US = 24 * 3_600 * 10**6
Array = np.ndarray[Any, np.dtype[Any]]


def check(order: RowOrder | None, times: Array) -> None:
    """What the marks tell of each row is what the order has of it."""
    assert order is not None
    rows = np.arange(len(times))
    assert order.marks.slots(times, rows).tolist() == order.slot.tolist()
    assert order.marks.kept(times, rows).tolist() == (order.position >= 0).tolist()


@pytest.mark.parametrize("most", [100, 10_000])
@pytest.mark.parametrize("step_us", [1, DAY_US // 24, DAY_US, 100 * DAY_US])
def test_marks_tell_the_place_of_a_row_by_its_time(
    monkeypatch: pytest.MonkeyPatch, most: int, step_us: int
) -> None:
    monkeypatch.setattr(order_module, "KEPT_ROWS", most)
    monkeypatch.setattr(order_module, "STRATUM_ROWS", 20)
    rng = np.random.default_rng(2)
    times = rng.integers(0, 60 * DAY_US, 3_000) // step_us * step_us
    times[rng.random(3_000) < 0.1] = -1
    check(order_by_time(times.copy, 60_000_000, 2, 40), times)


@pytest.mark.parametrize("rows", [1, 2, 100, 101, 2_000])
def test_marks_tell_the_place_of_a_row_by_its_number(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(order_module, "KEPT_ROWS", 100)
    check(order_of_rows(rows, 10, 2), np.zeros(rows, dtype=np.int64))
