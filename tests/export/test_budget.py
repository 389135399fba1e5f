"""What goes first where there are more series than are wanted, and what never goes."""

from collections.abc import Iterator
from functools import cache

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftwatch.export.exposition import render
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.metric import PREFIX
from driftwatch.export.series import ExportPolicy
from driftwatch.export.table import METRICS
from driftwatch.records import StreamKey
from tests.export.reports import NOW_US, report, stream

NEW, OLD = StreamKey("fraud", "3", "new"), StreamKey("fraud", "3", "old")
SEGMENTS = report(
    stream(raised={("page", 0): NOW_US}), stream(NEW), stream(OLD, raised={("info", 1): NOW_US})
)

# In the order in which they go: (segment, what).
PARTS = [
    *(("old", "1d"), ("new", "1d"), ("old", "1h"), ("new", "1h")),
    *(("old", "baseline"), ("new", "baseline"), ("old", "itself"), ("new", "itself")),
    *(("all", "1d"), ("all", "1h"), ("all", "baseline")),
]
OF_STREAM = {m.full_name for m in METRICS if m.per == "stream"} - {f"{PREFIX}blind"}
STAYS = {m.full_name for m in METRICS if m.per in ("column and severity", "process")} | {
    f"{PREFIX}blind"
}


@cache
def page(max_series: int, dropped_before: int = 0) -> list[tuple[str, dict[str, str], float]]:
    """Name, labels and value of every series."""
    policy = ExportPolicy(max_series)
    text = render(SEGMENTS, ProcessFacts(), policy, dropped_before).text(False, b"").decode()
    families = text_string_to_metric_families(text)
    return [(s.name, s.labels, s.value) for family in families for s in family.samples]


def parts(max_series: int) -> set[tuple[str, str]]:
    """Which parts are there, each as in `PARTS`."""
    return {part for name, labels, _ in page(max_series) for part in part_of(name, labels)}


def part_of(name: str, labels: dict[str, str]) -> Iterator[tuple[str, str]]:
    if name in STAYS:
        return
    if name in OF_STREAM:
        yield labels["segment"], "itself"
    else:
        yield labels["segment"], labels.get("window", "baseline")


def test_nothing_goes_where_all_fits() -> None:
    assert parts(10_000) == {*PARTS, ("all", "itself")}


@pytest.mark.parametrize("count", range(1, len(PARTS) + 1))
def test_parts_go_in_their_order_and_whole(count: int) -> None:
    limit = next(n for n in range(300, 0, -1) if len(parts(n)) == len(PARTS) + 1 - count)
    assert parts(limit) == {*PARTS[count:], ("all", "itself")}
    for part in PARTS[count:]:
        assert size(limit, part) == size(10_000, part)


def size(max_series: int, part: tuple[str, str]) -> int:
    return sum(part in part_of(name, labels) for name, labels, _ in page(max_series))


def test_what_a_whole_stream_says_of_itself_stays() -> None:
    assert parts(1) == {("all", "itself")}


@pytest.mark.parametrize("limit", [1, 100, 150, 200])
def test_alarms_blindness_and_the_process_always_stay(limit: int) -> None:
    def kept(max_series: int) -> set[tuple[str, frozenset[tuple[str, str]]]]:
        found = page(max_series)
        return {(name, frozenset(labels.items())) for name, labels, _ in found if name in STAYS}

    assert kept(limit) == kept(10_000)


@pytest.mark.parametrize("limit", range(127, 247, 7))
def test_there_are_no_more_series_than_allowed(limit: int) -> None:
    assert len(page(limit)) <= limit


def test_what_was_dropped_is_counted_up() -> None:
    whole, cut = page(10_000), page(200, dropped_before=1000)
    values = {name: value for name, _, value in cut}
    assert values[f"{PREFIX}series_dropped_total"] == 1000 + len(whole) - len(cut)
    assert values[f"{PREFIX}series"] == len(cut)


def test_an_alarm_that_is_raised_makes_no_series_come_or_go() -> None:
    quiet = report(stream(), stream(NEW), stream(OLD))
    for limit in range(100, 300, 3):
        policy = ExportPolicy(limit)
        before, after = (render(r, ProcessFacts(), policy).dropped for r in (quiet, SEGMENTS))
        assert before == after
