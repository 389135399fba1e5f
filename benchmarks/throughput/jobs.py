"""A measurement is a process of its own: a module that reads a job and writes an answer."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.throughput.one_core import MEASURED, ONE_THREAD, on_core

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 240.0
SHOWN = 3_000
"""Characters of what a failed process said."""

Job = dict[str, Any]
Answer = dict[str, Any]


class JobError(Exception):
    """A measurement failed; says which, and what it said."""


def measure(
    module: str, job: Job, env: Mapping[str, str] | None = None, python: str = sys.executable
) -> Answer:
    """What a module answers. Raises JobError."""
    with tempfile.TemporaryDirectory(prefix="driftwatch-job-") as folder:
        asked, answered = Path(folder) / "job.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(job))
        variables = {**os.environ, "PYTHONPATH": str(ROOT), **ONE_THREAD, **(env or {})}
        with on_core(MEASURED):
            process = subprocess.Popen(
                [python, "-m", module, str(asked), str(answered)],
                env=variables,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        try:
            said = process.communicate(timeout=TIMEOUT_S)[0]
        except subprocess.TimeoutExpired:
            raise JobError(f"{module} took longer than {TIMEOUT_S:.0f} s") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # with the daemon that it may have started
                process.communicate()
        if process.returncode or not answered.exists():
            raise JobError(f"{module} ended with {process.returncode}:\n{said[-SHOWN:]}")
        return dict(json.loads(answered.read_text()))


def answer(work: Callable[[Job], Answer]) -> None:
    """Be such a module: do the job that the command line names."""
    asked, answered = map(Path, sys.argv[1:3])
    answered.write_text(json.dumps(work(json.loads(asked.read_text()))))
