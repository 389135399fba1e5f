"""Real daemons in the states that a status page has to tell apart, each with a log that is written.

`ok` and `drifting` read a log that goes on, `silent` one that has ended, `unparsed` one that nobody
can read any more, and `warming_up` one that has just begun.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tests.browser.world import (
    EVERYTHING,
    LABEL,
    MODEL,
    NOTHING,
    PREDICTION,
    VERSION,
    Drift,
    records,
    write_training_data,
)
from tests.harness.ports import PortLease
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until

State = Literal["ok", "drifting", "silent", "unparsed", "warming_up"]

PER_SECOND = 60
TICK_SECONDS = 0.25
BACKLOG_SECONDS = 150
FEW_PER_SECOND = 20
"""Of the backlog where a share of the recent records is to be unreadable soon."""
DRIFT_SECONDS = 75
"""How long ago the drift began, in the logs that have one."""

_CONFIGURATION = """\
source: {{files: {{path: log, start: earliest}}}}
decode:
  timestamp: ts
  model: model
  model_version: version
  features: features
  predictions: {{{prediction}: prediction.{prediction}}}
  labels: {{{label}: label.{label}}}
models:
  {model}:
    baselines: {{"{version}": {baseline}}}
    columns:
      email_domain: {{sensitive: true}}
      surge: {{thresholds: {{psi: {{info: 0.2, page: 0.5}}}}}}
pane: {pane}
windows: {windows}
lateness: 2s
idle_after: 5s
checkpoint_every: 1s
alarms: {{hold: 30s}}
state: {{path: state}}
http: {{listen: "127.0.0.1:{port}", limits: {{cpu_ratio: 1.0}}}}
"""
_WINDOWS = {"warming_up": "[1h, 1d]"}
_PANES = {"silent": "1s"}
"""Silence is too long after five panes."""


@dataclass(frozen=True)
class Daemon:
    """One that runs, and where it is seen."""

    process: Driftwatch
    url: str

    def status(self) -> dict[str, Any]:
        """What it says of itself as JSON; nothing before it has something to say."""
        code, body = http_get(f"{self.url}/api/v1/status")
        found: dict[str, Any] = json.loads(body) if code == 200 else {}
        return found

    def wait_until(self, look: Callable[[dict[str, Any]], bool], what: str) -> None:
        """Wait until its status looks as it should."""
        wait_until(
            lambda: (status := self.status()).get("streams") and look(status),
            what=f"a daemon {what}",
            timeout=60,
            every=0.3,
        )


def build_baseline(folder: Path) -> Path:
    """What the program makes of the training data."""
    training, output = folder / "training.csv", folder / "rides-7.baseline.json.gz"
    write_training_data(training)
    named = ("--model", MODEL, "--model-version", VERSION)
    roles = ("--prediction", PREDICTION, "--label", LABEL)
    command = ("baseline", "build", training, "-o", output, *named, *roles)
    with Driftwatch(*command, folder=folder) as program:
        assert program.wait(60) == 0, program.stderr
    return output


def configuration(state: State, baseline: Path, port: int) -> str:
    """The text of a daemon's configuration."""
    return _CONFIGURATION.format(
        model=MODEL,
        version=VERSION,
        prediction=PREDICTION,
        label=LABEL,
        baseline=json.dumps(str(baseline)),
        windows=_WINDOWS.get(state, "[1m, 10m]"),
        pane=_PANES.get(state, "2s"),
        port=port,
    )


@contextmanager
def daemon(state: State, folder: Path, baseline: Path) -> Iterator[Daemon]:
    """A daemon in this state, until the block ends."""
    (folder / "log").mkdir(parents=True)
    path = folder / "log" / "rides.jsonl"
    write_backlog(path, state)
    with PortLease() as lease:
        settings = folder / "driftwatch.yaml"
        settings.write_text(configuration(state, baseline, lease.port), encoding="utf-8")
        with (
            _writer(path, state),
            Driftwatch("run", "-c", settings, folder=folder) as process,
        ):
            process.wait_until_ready(lease.port)
            running = Daemon(process, f"http://127.0.0.1:{lease.port}")
            running.wait_until(_REACHED[state], f"is {state}")
            yield running


def write_backlog(path: Path, state: State) -> None:
    """What the log holds before the daemon starts."""
    rng, now = np.random.default_rng(2), time.time()
    seconds = 0 if state == "warming_up" else BACKLOG_SECONDS
    per_second = FEW_PER_SECOND if state == "unparsed" else PER_SECOND
    times = now - np.sort(rng.random(seconds * per_second) * seconds)[::-1]
    drift_at = now - DRIFT_SECONDS if state == "drifting" else now
    with path.open("w", encoding="utf-8") as file:
        file.writelines(records(rng, times[times < drift_at].tolist()))
        file.writelines(records(rng, times[times >= drift_at].tolist(), EVERYTHING))


@contextmanager
def _writer(path: Path, state: State) -> Iterator[None]:
    """Goes on with the log until the block ends."""
    ended = threading.Event()
    drift = EVERYTHING if state == "drifting" else NOTHING
    thread = threading.Thread(target=_write, args=(path, state, drift, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _write(path: Path, state: State, drift: Drift, ended: threading.Event) -> None:
    rng, last = np.random.default_rng(3), time.time()
    while state != "silent" and not ended.wait(TICK_SECONDS):
        now = time.time()
        times = last + np.sort(rng.random(round((now - last) * PER_SECOND))) * (now - last)
        last = now
        lines = records(rng, times.tolist(), drift)
        with path.open("a", encoding="utf-8") as file:
            if state == "unparsed":
                file.writelines(re.sub(r"^\{", "v2 {", line) for line in lines)
            else:
                file.writelines(lines)


def _blind(status: dict[str, Any]) -> set[str]:
    return {reason for stream in status["streams"] for reason in stream["blind"]}


def _paged(status: dict[str, Any]) -> set[str]:
    return {
        alarm["column"]
        for alarm in status["alarms"]
        if alarm["severity"] == "page" and alarm["explanation"]
    }


_REACHED: dict[State, Callable[[dict[str, Any]], bool]] = {
    "ok": lambda status: not _blind(status),
    "drifting": lambda status: (
        not _blind(status)
        and {"temperature", "rating", "weather", "promo", "email_domain"} <= _paged(status)
    ),
    "silent": lambda status: "no_records" in _blind(status),
    "unparsed": lambda status: "unparsed" in _blind(status),
    "warming_up": lambda status: "warming_up" in _blind(status),
}
