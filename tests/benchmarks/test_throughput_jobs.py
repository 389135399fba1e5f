"""A measurement as a process: what it answers, and what becomes of one that fails or hangs."""

import os
import time
from pathlib import Path

import pytest

from benchmarks.throughput import jobs
from benchmarks.throughput.jobs import JobError, measure

ECHO = "tests.benchmarks.measured"


def test_a_job_is_answered() -> None:
    assert measure(ECHO, {"say": 3}) == {"said": 3, "threads": "1"}


def test_a_job_that_fails_says_what_it_said() -> None:
    with pytest.raises(JobError, match="no such record"):
        measure(ECHO, {"fail": "no such record"})


def test_a_job_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TIMEOUT_S", 1.0)
    with pytest.raises(JobError, match="took longer than 1 s"):
        measure(ECHO, {"hang": str(tmp_path / "child")})
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10.0
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(child)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"
