import copy
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.alarms.detectors import DETECTORS, PEERS
from benchmarks.alarms.document import document, tables
from benchmarks.alarms.plots import delays_plot, false_alarms_plot
from benchmarks.alarms.streams import DRIFTS, KINDS

Found = dict[str, Any]

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks"
ALARMS = Path(__file__).parents[2] / "benchmarks" / "alarms"


def figures(alarms: int, delay: int | None) -> Found:
    return {
        "null": {kind: {"panes": 1_000, "alarms": alarms} for kind in KINDS},
        "default": dict.fromkeys(DRIFTS, delay),
        "tuned": dict.fromkeys(DRIFTS, delay),
        "tuned_on": 1_000,
        "seeds": 5,
        "limit": 50_000,
    }


@pytest.fixture
def found() -> Found:
    size = {"copies": 1, "panes": 1_000}
    peer = {
        "package": "p",
        "version": "1",
        "license": "MIT",
        "milliseconds": {"5000": 1.0},
        "null": size,
        "drift": size,
    }
    detectors = {
        name: figures(0 if name.startswith("driftwatch") else 50, 600) for name in DETECTORS
    }
    return {
        "machine": "a machine",
        "cpu_minutes": 1.0,
        "peers": dict.fromkeys(PEERS, peer),
        "figures": {"50000": detectors, "5000": copy.deepcopy(detectors)},
    }


def test_the_document_is_what_its_figures_give() -> None:
    kept = json.loads((DOCS / "alarms.json").read_text())
    assert (DOCS / "alarms.md").read_text() == document(kept)
    assert (DOCS / "false-alarms.svg").read_text() == false_alarms_plot(kept)
    assert (DOCS / "delays.svg").read_text() == delays_plot(kept)


def test_a_rate_stands_with_its_interval(found: Found) -> None:
    assert "| PSI > 0.1 | 5% (" in tables(found)
    assert "| Driftwatch `page` | 0 (0 to 0.053%) | at most " in tables(found)


def test_a_delay_within_which_a_false_alarm_is_expected_stands_in_brackets(found: Found) -> None:
    found["figures"]["5000"]["psi_10"] = figures(500, 600)
    assert "| PSI > 0.1 | (600) |" in tables(found)


def test_a_peer_that_is_sooner_is_named_as_the_winner(found: Found) -> None:
    found["figures"]["50000"]["nannyml"]["tuned"]["tail"] = 200
    assert "- **2% tail**: NannyML, after 200 rows; Driftwatch: 600." in tables(found)


def test_a_drift_that_is_not_found_is_never_found(found: Found) -> None:
    found["figures"]["5000"]["psi_10"] = figures(0, None)
    assert "| PSI > 0.1 | never | never |" in tables(found)


def test_a_detector_that_takes_numbers_only_is_not_judged_on_words(found: Found) -> None:
    figures = found["figures"]["50000"]["adwin"]
    del figures["default"]["new_word"], figures["tuned"]["new_word"], figures["null"]["fifty"]
    line = next(row for row in tables(found).splitlines() if row.startswith("| River ADWIN, tuned"))
    assert line.split(" | ")[7] == "n/a"


@pytest.mark.parametrize("plot", [false_alarms_plot, delays_plot])
def test_a_plot_is_valid_and_names_every_tool(found: Found, plot: Callable[[Found], str]) -> None:
    root = ET.fromstring(plot(found))
    words = " ".join("".join(element.itertext()) for element in root.iter())
    for name in ("Driftwatch page", "PSI", "KS", "Evidently", "NannyML", "whylogs", "ADWIN"):
        assert name in words


def test_every_peer_with_an_environment_of_its_own_has_pinned_requirements() -> None:
    for name, peer in PEERS.items():
        if peer.venv:
            lines = (ALARMS / "peers" / f"{name}.txt").read_text().splitlines()
            wanted = [line for line in lines if not line.startswith("#")]
            assert wanted
            assert all("==" in line for line in wanted)
