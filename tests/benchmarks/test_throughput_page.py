import doctest
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks.throughput import figures, plots
from benchmarks.throughput.__main__ import problems_in
from benchmarks.throughput.document import document
from benchmarks.throughput.figures import peer_best, rate
from benchmarks.throughput.plots import growth_plot, peers_plot
from benchmarks.throughput.points import memory_points
from benchmarks.throughput.promises import promises
from benchmarks.throughput.rivals import RIVALS

Found = dict[str, Any]

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks"
PEERS = Path(__file__).parents[2] / "benchmarks" / "throughput" / "peers"


@pytest.fixture
def found() -> Found:
    """A run in which everybody but whylogs and Evidently takes 50,000 records a second."""
    ours = {
        "rates": [100_000.0, 120_000.0, 90_000.0],
        "microseconds": {"decode": 5.0, "count": 2.0, "advance": 1.0},
    }
    sizes = {str(size): {"rate": 50_000.0} for size in (200, 1_000, 10_000, 100_000)}
    slow = {"200": {"rate": 100.0}, "1000": {"rate": 2_000.0}, "100000": {"rate": 9_000.0}}
    peers = {
        name: {
            "versions": {name: "1.2"},
            "sizes": slow if name in ("whylogs", "evidently") else sizes,
        }
        for name in RIVALS
    }
    hours = {"hours": [{"record_us": 8.0, "report_ms": 5.0}] * 6}
    client = {"rates": [600_000.0]}
    return {
        "machine": "a machine",
        "memory": {point.name: {"python": ours} for point in memory_points()},
        "broker": {
            "confluent by itself, 20 columns": client,
            "driftwatch by confluent, 20 columns, python": {**ours, "peak_mib": 100.0},
        },
        "peers": peers,
        "growth": {"records": {}, "uptime": hours, "windows": {"1h": hours, "1d": hours}},
    }


def kept(found: Found, part: str) -> bool | None:
    (promise,) = [each for each in promises(found) if part in each.text]
    return promise.kept


def row(found: Found, begin: str) -> list[str]:
    line = next(line for line in document(found).splitlines() if line.startswith(f"| {begin}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("module", [figures, plots])
def test_the_examples_in_the_docstrings_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_the_page_is_what_its_figures_give() -> None:
    stored = json.loads((DOCS / "throughput.json").read_text())
    assert (DOCS / "throughput.md").read_text() == document(stored)
    assert (DOCS / "throughput-peers.svg").read_text() == peers_plot(stored)
    assert (DOCS / "throughput-growth.svg").read_text() == growth_plot(stored)


def test_a_rate_is_the_median_of_its_rounds() -> None:
    assert rate({"rates": [9.0, 1.0, 2.0]}) == 2.0


def test_a_promise_is_kept_by_the_ratio_to_a_peer(found: Found) -> None:
    assert kept(found, "30 times whylogs") is True  # 100,000 to 2,000
    found["peers"]["whylogs"]["sizes"]["1000"]["rate"] = 4_000.0
    assert kept(found, "30 times whylogs") is False


def test_a_peer_at_its_best_is_the_one_that_counts(found: Found) -> None:
    assert peer_best(found, "whylogs") == (100_000, 9_000.0)
    assert kept(found, "10 times whylogs at its best") is True
    found["peers"]["whylogs"]["sizes"]["100000"]["rate"] = 11_000.0
    assert kept(found, "10 times whylogs at its best") is False


def test_what_was_not_measured_is_neither_kept_nor_broken(found: Found) -> None:
    found["peers"]["whylogs"] = {"problem": "no wheel"}
    assert kept(found, "30 times whylogs") is None
    assert "| 30 times whylogs, in batches of 1,000 | not measured | n/a |" in document(found)


def test_the_share_of_a_client_decides_the_promise_of_it(found: Found) -> None:
    assert kept(found, "of confluent-kafka by itself") is False  # 100,000 of 600,000
    found["broker"]["confluent by itself, 20 columns"]["rates"] = [250_000.0]
    assert kept(found, "of confluent-kafka by itself") is True


def test_a_cost_that_grows_with_uptime_breaks_its_promise(found: Found) -> None:
    assert kept(found, "flat in uptime") is True
    late = {"record_us": 12.0, "report_ms": 5.0}
    found["growth"]["uptime"] = {"hours": [*found["growth"]["uptime"]["hours"], *[late] * 3]}
    assert kept(found, "flat in uptime") is False


def test_a_peer_that_is_faster_is_named(found: Found) -> None:
    assert "No peer was faster" in document(found)
    found["peers"]["duckdb"]["sizes"]["10000"]["rate"] = 150_000.0
    page = document(found)
    assert "- DuckDB is 1.5 times as fast as Driftwatch, in batches of 10,000." in page
    assert kept(found, "every peer, in batches of 10,000, a report") is False


def test_a_peer_that_fails_is_named_with_its_problem(found: Found) -> None:
    found["peers"]["river"] = {"problem": "Traceback\nImportError: no river"}
    assert "- river could not be measured: `ImportError: no river`" in document(found)
    assert list(problems_in(found)) == [("peers, river", "Traceback\nImportError: no river")]


def test_the_compiled_part_is_what_people_get_where_it_is(found: Found) -> None:
    found["memory"]["columns: 20"]["compiled"] = {
        "rates": [400_000.0],
        "microseconds": {"decode": 1.0, "count": 1.0, "advance": 0.5},
    }
    assert row(found, "columns | 20 |")[2:5] == ["400,000", "100,000", "2.50"]
    assert kept(found, "30 times whylogs") is True


def test_a_page_of_nothing_can_be_made() -> None:
    page = document({})
    assert "not measured" in page
    assert "$" not in page


@pytest.mark.parametrize("plot", [peers_plot, growth_plot])
def test_a_plot_is_valid(found: Found, plot: Callable[[Found], str]) -> None:
    for each in (found, {}):
        ET.fromstring(plot(each))


def test_every_peer_is_in_the_plot(found: Found) -> None:
    words = " ".join(ET.fromstring(peers_plot(found)).itertext())
    assert all(rival.title in words for rival in RIVALS.values())


def test_the_requirements_of_the_peers_are_pinned() -> None:
    for path in PEERS.glob("*.txt"):
        wanted = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert wanted
        assert all("==" in line for line in wanted), path.name
