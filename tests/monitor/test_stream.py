"""One stream: what is open, what is closed, and what comes too late."""

from collections.abc import Mapping

import pytest

from driftwatch.monitor.stream import Stream
from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.records import StreamKey
from driftwatch.sketch.counts import Counts
from tests.monitor.scenes import BASELINE, KEY, LONG, PANE, SHORT, A, many, stream_policy
from tests.monitor.scenes import batch_of as batch


def new() -> Stream:
    return Stream(KEY, BASELINE, stream_policy())


def counts_of(stream: Stream, count: int) -> Counts:
    """The counts of so many records."""
    (rows,) = batch(many(count, 0)).rows
    counts = stream.counter.empty()
    stream.counter.count(rows.numeric, rows.missing, rows.cells, counts)
    return counts


def filled(starts: Mapping[int, int]) -> Stream:
    """A stream with so many records in the pane at each of these times."""
    stream = new()
    for start, count in starts.items():
        stream.add(start, counts_of(stream, count))
    return stream


def rows(stream: Stream, end: int, window: int = 0) -> int:
    return stream.windows(end)[window].counts.rows


def test_a_pane_closes_when_the_watermark_reaches_its_end() -> None:
    stream = filled({0: 3, 60: 4})
    stream.close_panes(119)
    assert stream.closed_until_us == 60
    stream.close_panes(120)
    assert stream.closed_until_us == 120


def test_panes_close_in_their_order_whatever_order_they_came_in() -> None:
    stream = filled({120: 60, 0: 60, 60: 60})
    noted = stream.close_panes(180)
    raised = [each.change.raised_us for each in noted]
    assert raised == sorted(raised)
    assert stream.closed_until_us == 180


def test_panes_without_records_close_too() -> None:
    stream = filled({0: 3})
    stream.close_panes(310)
    assert stream.closed_until_us == 300
    assert stream.add(240, counts_of(stream, 2)) == 2
    assert stream.add(300, counts_of(stream, 2)) == 0


def test_what_comes_for_an_open_pane_is_evaluated_with_it() -> None:
    stream = filled({0: 3})
    assert stream.add(0, counts_of(stream, 2)) == 0
    assert rows(stream, 60) == 5


def test_what_comes_after_its_pane_was_closed_is_in_the_windows_all_the_same() -> None:
    stream = filled({0: 3})
    stream.close_panes(60)
    assert stream.add(0, counts_of(stream, 2)) == 2
    assert rows(stream, 60) == 5


def test_a_window_holds_the_panes_that_reach_into_it() -> None:
    stream = filled(dict.fromkeys(range(0, 1200, PANE), 1))
    whole = [rows(stream, end) for end in (60, 600, 660, 1200, 1800)]
    stream.close_panes(1200)
    closed = [rows(stream, end) for end in (1200, 1800)]
    assert (whole, closed) == ([1, 10, 10, 10, 0], [10, 0])


def test_open_panes_after_the_end_of_a_window_are_not_in_it() -> None:
    assert rows(filled({0: 3, 600: 4}), 600) == 3


@pytest.mark.parametrize(
    ("end", "ratios"), [(60, [0.1, 60 / LONG]), (600, [1.0, 600 / LONG]), (9000, [1.0, 1.0])]
)
def test_a_window_is_as_full_as_the_records_reach_back(end: int, ratios: list[float]) -> None:
    windows = filled({0: 3}).windows(end)
    assert [window.fill_ratio for window in windows] == pytest.approx(ratios)


def test_a_stream_without_a_record_has_empty_windows() -> None:
    windows = new().windows(600)
    assert [(w.counts.rows, w.fill_ratio) for w in windows] == [(0, 0.0), (0, 0.0)]


def test_blocks_that_no_window_needs_are_let_go() -> None:
    stream = filled(dict.fromkeys(range(0, 3 * LONG, PANE), 1))
    stream.close_panes(3 * LONG)
    blocks = [len(window._blocks) for window in stream._windows]
    assert blocks == [SHORT // 60, LONG // 120]


def test_a_long_history_takes_no_more_memory_than_the_windows() -> None:
    stream = new()
    stream.closed_until_us = 3 * LONG
    asked: list[int] = []

    class Stored(dict[PaneKey, Counts]):
        def __getitem__(self, key: PaneKey) -> Counts:
            asked.append(key.start_us)
            return super().__getitem__(key)

    one = counts_of(stream, 1)
    stream.restore(
        Stored({PaneKey(KEY, A, start, PANE): one for start in range(0, 3 * LONG, PANE)})
    )
    assert asked == list(range(0, 3 * LONG, PANE))
    blocks = [len(window._blocks) for window in stream._windows]
    assert blocks == [SHORT // 60 + 1, LONG // 120 + 1]


def test_panes_of_other_streams_are_passed_over() -> None:
    stream = new()
    other = StreamKey("fraud", "2")
    panes = {
        PaneKey(key, A, 0, PANE): counts_of(stream, count) for key, count in ((KEY, 3), (other, 9))
    }
    stream.restore(panes)
    assert (stream.records, rows(stream, 60)) == (3, 3)


def test_what_was_rolled_up_was_closed_long_ago() -> None:
    stream = new()
    stream.restore({PaneKey(KEY, A, 0, 120): counts_of(stream, 3)})
    assert stream.closed_until_us == 120
    assert stream.add(60, counts_of(stream, 1)) == 1


def test_a_stream_keeps_its_first_sight_when_older_panes_are_gone() -> None:
    stream = filled({0: 1})
    stream.restore({PaneKey(KEY, A, 6000, PANE): counts_of(stream, 1)})
    assert stream.first_seen_us == 0


def test_the_fingerprint_is_that_of_the_layout_and_the_panes() -> None:
    assert new().fingerprint == new().fingerprint
    longer = stream_policy(pane_us=120)
    assert Stream(KEY, BASELINE, longer).fingerprint != new().fingerprint
