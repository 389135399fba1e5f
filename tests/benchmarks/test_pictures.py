"""The pictures that explain the alarm are those that the code draws, and so are their figures."""

from itertools import repeat
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pictures import recovery, share, sizes
from benchmarks.pictures.__main__ import FOLDER, PICTURES
from benchmarks.pictures.column import INFO, PAGE, column

PAGE_OF_PICTURES = (FOLDER / "how-the-alarm-works.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_one_that_the_code_draws(name: str) -> None:
    drawn = (FOLDER / name).read_text(encoding="utf-8")
    assert drawn == PICTURES[name](), "python -m benchmarks.pictures"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_stands_on_the_page(name: str) -> None:
    assert f"]({name})" in PAGE_OF_PICTURES


def test_the_delays_are_those_that_the_page_names() -> None:
    assert _minutes(0.25, sizes.ROWS, PAGE) == 6
    assert _minutes(0.1, sizes.ROWS, PAGE) == 87
    assert "a quarter of a standard deviation pages after 6 minutes" in PAGE_OF_PICTURES
    assert "One of a tenth takes 87 minutes" in PAGE_OF_PICTURES
    assert [_minutes(0.25, recovery.ROWS, severity) for severity in (INFO, PAGE)] == [10, 15]
    assert "`info` alarms after 10\nminutes, `page` after 15" in PAGE_OF_PICTURES


def test_the_price_of_sharing_is_the_one_that_the_page_names() -> None:
    alone, many = (
        np.median([share.minutes(columns, seed) for seed in range(share.SEEDS)])
        for columns in (share.COLUMNS[0], share.COLUMNS[-1])
    )
    assert (alone, many) == (10, 17)
    assert (
        "A thousand columns wait 17 minutes where one alone would wait for 10." in PAGE_OF_PICTURES
    )


def test_a_day_without_a_change_has_as_many_false_alarms_as_the_page_says() -> None:
    picture = Path(FOLDER / "every-minute.svg").read_text(encoding="utf-8")
    assert "80 of 1,440 are below 0.05" in picture
    assert "80 false alarms, in a single column" in PAGE_OF_PICTURES


def _minutes(shift: float, rows: int, severity: int, seed: int = 4) -> int:
    """From the minute at which a column moves until its alarm, as the pictures have it."""
    rng = np.random.default_rng(seed)
    one = column(rng)
    begin = sizes.BEGIN
    panes = (rng.normal(shift if m >= begin else 0.0, 1.0, rows) for m, _ in enumerate(repeat(0)))
    found = enumerate(one.evidence(panes, sizes.COLUMNS), 1)
    return next(minute for minute, evidence in found if evidence[severity] >= 1) - begin
