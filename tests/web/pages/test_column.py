"""The page of a column: its plots, its words, and the tables behind them."""

from dataclasses import replace

import numpy as np

from driftwatch.monitor.report import StreamReport
from driftwatch.monitor.trail import Slot, TrailReport
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.web.pages.column import ColumnPage, Governing, column_page
from driftwatch.web.pages.render import render
from tests.export.reports import (
    AMOUNT,
    COUNTRY,
    NOW_US,
    alarm_event,
    pictures,
    report,
    stream,
    window,
)

BOTH = (AMOUNT, COUNTRY)
MINUTE_US = 60_000_000
# Of 100 numbers 90 are in [1, 2) and 10 null; of 100 words 20 are DE, 20 FR, 60 new.
CELLS = np.array([0, 0, 90, 0, 10, 0, 0, 0, 0, 0, 20, 20, 0, 60, 0, 0, 0])


def drifting() -> StreamReport:
    """A stream that was like its baseline for three minutes, and is not any more."""
    made = pictures(BOTH)
    live = Counts(100, CELLS, Moments.empty(1))
    before, after = (
        made.bars.summed(cells).astype(np.int32) for cells in (made.baseline.cells, CELLS)
    )
    slots = [Slot(NOW_US - (5 - i) * MINUTE_US, 42, before, np.zeros((2, 2))) for i in range(3)] + [
        Slot(NOW_US - MINUTE_US, 100, after, np.full((2, 2), 1.2))
    ]
    trail = TrailReport(MINUTE_US, tuple(slots))
    return replace(
        stream(raised={("page", 0): NOW_US - MINUTE_US}),
        windows=(replace(window(BOTH), counts=live), window(BOTH, "1d")),
        pictures=replace(made, trail=trail),
    )


def page(column: int = 0, **changes: object) -> ColumnPage:
    found = report(replace(drifting(), **changes), alarms=(alarm_event(),))  # type: ignore[arg-type]
    rules = [Governing("alarms.tolerance", "0.03", "little")]
    return column_page(found, found.streams[0], column, rules)


def test_the_bars_that_moved_are_marked_with_their_direction() -> None:
    shown = page().distribution
    assert shown is not None
    by_label = {each.bar.label: each for each in shown.bars}
    assert by_label["0 to 1"].moved == "fewer"
    assert by_label["1 to 2"].moved == "more"
    assert by_label["1 to 2"].live == 0.9
    assert by_label["0 to 1"].baseline == 30 / 42


def test_ways_of_being_nothing_that_nobody_saw_take_no_room() -> None:
    shown = page().distribution
    assert shown is not None
    assert [each.bar.label for each in shown.bars] == ["0 to 1", "1 to 2", "null"]


def test_the_map_has_the_baseline_beside_each_slot() -> None:
    shown = page().history
    assert shown is not None
    assert len(shown.slots) == 4
    assert shown.slots[0][3:] != shown.slots[-1][3:]
    assert sum(map(bool, shown.heat.strip)) == 3
    assert shown.lines["page"].startswith("M")
    assert [band.severity for band in shown.bands] == ["page"]


def test_without_any_pane_there_is_no_plot_over_time() -> None:
    assert page(pictures=pictures(BOTH)).history is None


def test_a_window_can_be_chosen() -> None:
    found = report(drifting())
    shown = column_page(found, found.streams[0], 0, (), "1d")
    assert shown.window.name == "1d"
    assert [name for name, href in shown.windows if href is None] == ["1d"]


def test_every_number_of_a_plot_stands_in_a_table() -> None:
    text = render("column.html", page=page())
    assert '<tr><th scope="row" class="any">1 to 2</th><td class="n">90</td>' in text
    assert text.count("<details>") == 2


def test_of_a_sensitive_column_no_value_is_shown() -> None:
    made = pictures(BOTH, sensitive=frozenset(("amount", "country")))
    for column in (0, 1):
        text = render("column.html", page=page(column, pictures=made))
        assert "sensitive: none of its values is shown" in text
        assert not any(value in text for value in (">1 to 2", ">DE<", ">FR<"))


def test_what_decides_is_said() -> None:
    assert "<code>alarms.tolerance</code>" in render("column.html", page=page())


def test_the_words_of_an_alarm_are_those_of_the_log() -> None:
    text = render("column.html", page=page())
    assert "population stability index at 0.40 (page from 0.25)" in text
