"""Peers as processes, each with a virtual environment of its own in .tools/peers."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from benchmarks.alarms.detectors import PEERS, Peer

ROOT = Path(__file__).parents[2]
VENVS = ROOT / ".tools" / "peers"
REQUIREMENTS = Path(__file__).parent / "peers"
PYTHON = (3, 11)
QUIET = {
    # None of them is to tell anybody that it was run.
    "DO_NOT_TRACK": "1",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "WHYLOGS_NO_ANALYTICS": "True",
    # Two processes on two cores, so one thread each.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class PeerError(Exception):
    """A peer could not be set up or run; says which, and what it said."""


@dataclass(frozen=True, slots=True)
class Job:
    """One peer and one size of the baseline."""

    peer: str
    rows: int

    @property
    def name(self) -> str:
        """For files and for people."""
        return f"{self.peer}-{self.rows}"


class Processes:
    """Runs jobs, at most `at_once` of them at a time; their answers are files in `folder`."""

    def __init__(self, folder: Path, at_once: int) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(at_once)
        self._locks = {name: Lock() for name in PEERS}
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    def run(self, jobs: list[tuple[Job, Peer]]) -> dict[Job, Path]:
        """Where each job's answer is.

        Raises PeerError for the first that failed, after it has ended the others.
        """
        with self._pool as pool:
            futures = {pool.submit(self._one, job, peer): job for job, peer in jobs}
            try:
                return {futures[done]: done.result() for done in as_completed(futures)}
            finally:
                self._end()

    def _end(self) -> None:
        """End what still runs; after a failure only."""
        self._ended = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in tuple(self._running):
            process.terminate()

    def _one(self, job: Job, peer: Peer) -> Path:
        answer = self._folder / f"{job.name}.npz"
        if answer.exists():
            return answer
        with self._locks[job.peer]:
            python = self._venv(job.peer) if peer.venv else sys.executable
        asked = self._folder / f"{job.name}.json"
        suites = {"null": asdict(peer.null), "drift": asdict(peer.drift)}
        asked.write_text(json.dumps({"rows": job.rows, "suites": suites}))
        part = self._folder / f"{job.name}.part.npz"
        self._call(job.name, [str(python), "-m", peer.module, str(asked), str(part)])
        part.rename(answer)
        print(f"  {job.name} is done", file=sys.stderr, flush=True)
        return answer

    def _venv(self, name: str) -> Path:
        """The Python of a peer's environment, made anew if its requirements are not those there."""
        home, wanted = VENVS / name, REQUIREMENTS / f"{name}.txt"
        python, stamp = home / "bin" / "python", home / "requirements.txt"
        if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
            return python
        print(f"  {name} is installed", file=sys.stderr, flush=True)
        shutil.rmtree(home, ignore_errors=True)
        self._call(name, [base_python(), "-m", "venv", str(home)])
        install = ["-m", "pip", "--disable-pip-version-check", "--quiet", "install", "-r"]
        self._call(name, [str(python), *install, str(wanted)])
        stamp.write_bytes(wanted.read_bytes())
        return python

    def _call(self, name: str, command: list[str]) -> None:
        if self._ended:
            raise PeerError(f"{name} was not run")
        with subprocess.Popen(
            command,
            env={**os.environ, **QUIET, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            self._running.add(process)
            said = process.communicate()[0]
            self._running.discard(process)
        if process.returncode:
            raise PeerError(f"{name} failed:\n{said[-3000:]}")


def base_python() -> str:
    """A Python of the version that all peers' requirements are for."""
    if sys.version_info[:2] == PYTHON:
        return sys.executable
    found = shutil.which("python{}.{}".format(*PYTHON))
    if found is None:
        raise PeerError("the peers are pinned for Python 3.11, and there is no python3.11 on PATH")
    return found
