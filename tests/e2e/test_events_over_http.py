"""Events that are posted to a real daemon: each that it acknowledged counts once, whatever happens.

The senders keep a tally of the answers they got; the daemon is killed with no chance to tidy up,
and what stands in its window afterwards is compared with that tally.
"""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch
from tests.harness.ports import PortLease
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.surfaces, pytest.mark.timeout(120)]

CONFIGURATION = """
source: {{http: {{spool: spool, max_spool_bytes: {room}}}}}
decode: {{timestamp: ts, model: {{const: m}}, limits: {{max_value_bytes: 64KiB}}}}
models: {{m: {{baselines: {{"1": m.baseline.json}}}}}}
pane: 1m
windows: [1h]
checkpoint_every: {checkpoint_every}
state: {{path: state}}
http: {{listen: "127.0.0.1:{port}"}}
"""
WINDOW = 'window_records{model="m",model_version="1",segment="all",window="1h"}'


class Home:
    """A folder with a configuration, and the daemon that runs in it."""

    def __init__(self, folder: Path, port: int, start: StartDriftwatch) -> None:
        self.port = port
        self.config = folder / "driftwatch.yaml"
        self._start = start
        self.configure()
        training = Chunk.from_records([{"x": i} for i in range(1_000)])
        built = build(lambda: iter([training]), BuildOptions("m", "1"))
        built.save(folder / "m.baseline.json")

    def configure(self, room: str = "64MiB", checkpoint_every: str = "200ms") -> None:
        values = {"room": room, "checkpoint_every": checkpoint_every, "port": self.port}
        self.config.write_text(CONFIGURATION.format(**values))

    def start(self) -> Driftwatch:
        process = self._start("run", "-c", self.config)
        process.wait_until_ready(self.port)
        return process

    def metric(self, series: str) -> float:
        page = http_get(f"http://127.0.0.1:{self.port}/metrics")[1]
        found = re.search(rf"^driftwatch_{re.escape(series)} (\S+)$", page, re.MULTILINE)
        assert found is not None, series
        return float(found[1])

    def wait_until_counted(self, expected: int) -> None:
        def there() -> bool:
            return self.metric("consumer_lag_records") == 0 and self.metric(WINDOW) >= expected

        wait_until(there, what=f"{expected} events are counted", timeout=20)
        time.sleep(0.5)  # one that is counted twice would be by now
        assert self.metric(WINDOW) == expected


class Sender:
    """Posts one event after the other while it may, each in a request of its own."""

    def __init__(self, port: int) -> None:
        self.accepted = 0
        self.unknown = 0
        self.may = threading.Event()
        self.rests = threading.Event()
        self._port = port
        self._ends = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def pause(self) -> None:
        self.may.clear()
        assert self.rests.wait(20)

    def end(self) -> None:
        self._ends = True
        self.may.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._ends:
            if not self.may.is_set():
                connection.close()  # or the next request would meet the end of this one
                self.rests.set()
                self.may.wait()
                self.rests.clear()
                continue
            try:
                connection.request("POST", "/v1/events", json.dumps({"ts": time.time(), "x": 1}))
                answer = connection.getresponse()
                answer.read()
                self.accepted += answer.status == 202
            except (OSError, http.client.HTTPException):
                self.unknown += 1
                connection.close()
                time.sleep(0.02)
        connection.close()


@pytest.fixture
def home(tmp_path: Path, driftwatch: StartDriftwatch) -> Iterator[Home]:
    with PortLease() as lease:
        yield Home(tmp_path, lease.port, driftwatch)


@pytest.fixture
def senders(home: Home) -> Iterator[list[Sender]]:
    found = [Sender(home.port) for _ in range(4)]
    yield found
    for sender in found:
        sender.end()


def test_each_event_that_was_acknowledged_counts_once_across_kills(
    home: Home, senders: list[Sender]
) -> None:
    for _ in range(4):
        daemon = home.start()
        for sender in senders:
            sender.may.set()
        time.sleep(0.7)
        for sender in senders:
            sender.pause()
        daemon.kill()  # most of it is in no checkpoint yet, and some of it in none at all
    home.start()
    assert sum(sender.accepted for sender in senders) > 100
    assert sum(sender.unknown for sender in senders) == 0
    home.wait_until_counted(sum(sender.accepted for sender in senders))


def test_what_is_not_acknowledged_when_it_is_killed_counts_once_or_never(
    home: Home, senders: list[Sender]
) -> None:
    daemon = home.start()
    for sender in senders:
        sender.may.set()
    for _ in range(3):
        time.sleep(0.5)
        daemon.kill()
        daemon = home.start()
    for sender in senders:
        sender.pause()
    accepted = sum(sender.accepted for sender in senders)
    # In each kill at most one event of a sender was on its way; the others met a closed port.
    wait_until(lambda: home.metric(WINDOW) >= accepted, what="they are counted", timeout=20)
    time.sleep(0.5)
    assert accepted <= home.metric(WINDOW) <= accepted + 3 * len(senders)


def test_a_full_spool_refuses_and_takes_again_once_it_is_counted(home: Home) -> None:
    home.configure(room="1MiB", checkpoint_every="2s")
    daemon = home.start()
    record = json.dumps({"ts": time.time(), "x": 1, "note": "x" * 40_000})
    statuses: list[int] = []
    connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=20)

    def post() -> int:
        connection.request("POST", "/v1/events", record)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        return answer.status

    wait_until(lambda: post() == 429, what="the spool is full", every=0)
    wait_until(lambda: post() == 202, what="it takes events again")
    connection.close()
    assert set(statuses) == {202, 429}

    def refused() -> bool:
        return home.metric('event_requests_total{outcome="full"}') == statuses.count(429)

    wait_until(refused, what="the refusals are told")
    home.wait_until_counted(statuses.count(202))
    assert daemon.terminate() == 0


def test_a_second_daemon_on_the_same_spool_is_refused(
    home: Home, driftwatch: StartDriftwatch
) -> None:
    home.start()
    other = home.config.with_name("other.yaml")
    text = home.config.read_text().replace("path: state", "path: other")
    other.write_text(text.replace(f":{home.port}", ":0"))
    second = driftwatch("run", "-c", other)
    assert second.wait() == 4
    assert "in use by another process" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_spool_that_was_lost_is_a_gap_and_new_events_count(home: Home) -> None:
    def post(count: int) -> None:
        body = "\n".join(json.dumps({"ts": time.time(), "x": i}) for i in range(count))
        connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=20)
        headers = {"content-type": "application/x-ndjson"}
        connection.request("POST", "/v1/events", body, headers)
        assert connection.getresponse().status == 202
        connection.close()

    daemon = home.start()
    post(50)
    home.wait_until_counted(50)
    assert daemon.terminate() == 0
    for path in (home.config.parent / "spool").glob("*.events"):
        path.unlink()
    daemon = home.start()
    post(7)
    home.wait_until_counted(57)
    assert "lost before they were read" in daemon.stderr
