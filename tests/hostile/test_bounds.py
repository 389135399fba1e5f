"""What is remembered by names that come from the data has a bound, whoever makes up the names."""

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from driftwatch.decode.json_records import MAX_UNKNOWN_COLUMNS
from driftwatch.monitor.monitor import MAX_PENDING_CELLS
from driftwatch.records import SECOND_US
from driftwatch.sketch.top_words import MAX_SHOWN
from driftwatch.sketch.vocabulary import MAX_TEXT_BYTES
from tests.hostile.attack import WITH_BROKER, WITHOUT, Target
from tests.hostile.formats import FORMATS, TIME

NAMES, NAME_BYTES = 300, 50_000
MOST_KEPT_BYTES = 5 << 20
"""Of the 15 MB of names that are sent; a decoder that knows 200 of them by name takes some MB."""

OURS = [tracemalloc.Filter(True, f"*/{where}/*") for where in ("driftwatch", "hostile", "json")]
"""Where names are made; what threads of other tests do meanwhile is theirs."""

(PLAIN, *_) = (example for example in FORMATS["json"].examples if b"probs" not in example)
"""A record that the fast path reads: what it hands on has been cut by nobody."""


def record(old: bytes, new: bytes) -> bytes:
    assert PLAIN.count(old) == 1
    return PLAIN.replace(old, new)


def long_name(number: int) -> bytes:
    return b'"' + b"%d" % number + b"x" * NAME_BYTES + b'"'


def sent(target: Target, values: Iterator[bytes]) -> None:
    """Count records one batch after the other, and save them."""
    for value in values:
        target.count(WITH_BROKER, [value, PLAIN], np.full(2, TIME * SECOND_US))
    target.checkpoint(TIME * SECOND_US)


@pytest.mark.parametrize(
    "strange",
    [
        lambda i: record(b'"fraud"', long_name(i)),
        lambda i: record(b'"version":"1"', b'"version":' + long_name(i)),
        lambda i: record(b'"DE"', long_name(i)),
        lambda i: record(b'"amount"', long_name(i)),
        lambda i: record(b'"amount"', long_name(i) + b':1,"amount"'),
        lambda i: record(b'"1f-2e"', long_name(i)),
        lambda i: record(b"%d" % TIME, long_name(i)),
    ],
    ids=["models", "versions", "words", "columns", "more columns", "ignored", "times"],
)
def test_names_that_a_writer_makes_up_are_not_kept(strange: Callable[[int], bytes]) -> None:
    target = Target("json")
    sent(target, (record(b'"DE"', b'"%d"' % i) for i in range(50)))  # what is loaded when needed
    tracemalloc.start()
    try:
        sent(target, map(strange, range(NAMES)))
        gc.collect()  # a decoder that was built anew leaves the one before to the collector
        found = tracemalloc.take_snapshot().filter_traces(OURS)
    finally:
        tracemalloc.stop()
    assert sum(each.size for each in found.statistics("filename")) < MOST_KEPT_BYTES


def test_unknown_columns_are_named_up_to_a_limit_and_cut() -> None:
    target = Target("json")
    sent(target, (record(b'"amount"', long_name(i) + b':1,"amount"') for i in range(NAMES)))
    report = target.checkpoint(TIME * SECOND_US)
    assert len(report.unknown_columns) == MAX_UNKNOWN_COLUMNS
    assert {len(name) for name in report.unknown_columns} == {MAX_TEXT_BYTES}


def test_of_a_record_with_100_000_columns_the_known_ones_are_counted() -> None:
    many = json.dumps({f"k{i}": i for i in range(100_000)})[1:-1].encode()
    target = Target("json")
    assert len(many) > 1 << 20
    target.count(
        WITH_BROKER, [record(b'"amount"', many + b',"amount"')], np.array([TIME * SECOND_US])
    )
    assert target.checkpoint(TIME * SECOND_US).reasons["too_large"] == 1
    fewer = many[: many.index(b'"k60000"')]
    target.count(
        WITH_BROKER, [record(b'"amount"', fewer + b'"amount"')], np.array([TIME * SECOND_US])
    )
    assert target.checkpoint(TIME * SECOND_US).outcomes["counted"] == 1


def test_new_words_are_shown_up_to_a_limit() -> None:
    target = Target("json")
    sent(target, (record(b'"DE"', b'"w%d"' % i) for i in range(500)))
    (stream, *_) = target.checkpoint(TIME * SECOND_US).streams
    assert all(len(words) <= MAX_SHOWN for words in stream.new_values.values())
    column = [c.name for c in stream.columns].index("country")
    new = target.monitor.streams[stream.key].layout.columns[column].cell("new")
    assert stream.windows[0].counts.rows == 1_000
    assert stream.windows[0].counts.cells[_start(target, stream.key, column) + new] == 500


def _start(target: Target, key: object, column: int) -> int:
    return int(target.monitor.streams[key].layout.starts[column])  # type: ignore[index]


def test_records_from_all_of_time_do_not_wait_to_be_saved_in_more_memory_than_is_allowed() -> None:
    target = Target("json")
    size = max(stream.layout.size for stream in target.monitor.streams.values())
    for start in range(0, 20_000, 500):
        times = range(start, start + 500)
        values = [record(b"%d" % TIME, b"%d" % (60 * minute + 1)) for minute in times]
        target.count(WITHOUT, values, np.arange(500))
        assert target.monitor._pending.cells <= MAX_PENDING_CELLS + 500 * size
