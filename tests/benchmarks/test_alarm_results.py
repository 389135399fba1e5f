import doctest
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from benchmarks.alarms import results, streams
from benchmarks.alarms.detectors import TUNING
from benchmarks.alarms.peers.protocol import Verdicts, Watched, run
from benchmarks.alarms.results import (
    Answers,
    at,
    first_alarm,
    interval,
    median,
    read_answers,
    stricter,
    summary,
)
from benchmarks.alarms.streams import Frame

INF = float("inf")


@pytest.mark.parametrize("module", [results, streams])
def test_the_examples_in_the_docstrings_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def verdicts(*scores: float, above: float = 0.5) -> Verdicts:
    array = np.array(scores, dtype=float)
    return Verdicts(array, array > above)


@pytest.mark.parametrize(("alarms", "panes"), [(0, 10), (3, 100), (100, 100), (499, 5_000)])
def test_the_interval_is_that_of_scipy(alarms: int, panes: int) -> None:
    expected = stats.binomtest(alarms, panes).proportion_ci(0.95, method="exact")
    assert interval(alarms, panes) == pytest.approx(tuple(expected))


def test_a_tuned_threshold_leaves_no_pane_of_the_null_suite_in_alarm() -> None:
    null = [verdicts(0.1, 0.9, np.nan), verdicts(0.3, 0.2, 0.4)]
    limit = stricter(null)
    assert limit == 0.9
    assert not any((v.score > limit).any() for v in null)


def test_no_detector_is_tuned_on_more_panes_than_another() -> None:
    long = np.zeros(TUNING.panes + 1)
    long[-1] = 7.0
    copies = [Verdicts(long, long > 1)] * TUNING.copies + [verdicts(9.0)]
    assert stricter(copies) == 0.0


def test_a_detector_that_said_nothing_is_never_above_its_threshold() -> None:
    assert stricter([verdicts(np.nan, np.nan)]) == INF


def test_a_delay_that_was_cut_off_counts_as_infinite() -> None:
    assert first_alarm(np.array([False] * 5)) == INF
    assert median([INF, INF, 2.0]) == INF
    assert median([INF, 1.0, 2.0]) == 2.0


def test_the_summary_counts_alarms_and_takes_the_median_of_the_delays() -> None:
    found = {
        ("null", "psi_10", "normal"): [verdicts(0.1, 0.6, 0.7, 0.2), verdicts(0.1, 0.1, 0.1, 0.6)],
        ("drift", "psi_10", "shift_10"): [
            verdicts(0.1, 0.6, 0.9),
            verdicts(0.6, 0.8, 0.1),
            verdicts(0.1, 0.1, 0.1),
        ],
    }
    figures = summary({5_000: {"rules": Answers({}, found)}})["5000"]["psi_10"]
    assert figures["null"]["normal"] == {"panes": 8, "alarms": 3}
    assert figures["default"] == {"shift_10": 400}
    assert figures["tuned"] == {"shift_10": 600}
    assert (figures["seeds"], figures["limit"], figures["tuned_on"]) == (3, 600, 8)


def test_a_detector_that_was_run_with_one_baseline_stands_for_both() -> None:
    found = {"figures": {"50000": {"psi_10": {"a": 1}}, "5000": {"cvm_online": {"a": 2}}}}
    assert at(found, "50000", "cvm_online") == {"a": 2}
    assert at(found, "50000", "psi_10") == {"a": 1}
    assert at(found, "50000", "nannyml") is None


def test_what_a_peer_writes_is_read_back(tmp_path: Path) -> None:
    job = '{"rows": 300, "suites": {"null": {"copies": 2, "panes": 3}}}'
    (tmp_path / "job.json").write_text(job)

    def watch(train: Frame, panes: Iterator[Frame]) -> Watched:
        scores = [pane["normal"].mean() for pane in panes]
        return {("mean", "normal"): verdicts(*scores, above=100.0)}

    run(watch, "numpy", [str(tmp_path / "job.json"), str(tmp_path / "answer.npz")])
    answers = read_answers(tmp_path / "answer.npz")
    assert answers.about["version"] == np.__version__
    assert "BSD" in answers.about["license"]
    first, second = answers.verdicts["null", "mean", "normal"]
    assert first.score.shape == (3,)
    assert not first.alarm.any()
    assert (first.score != second.score).all()
