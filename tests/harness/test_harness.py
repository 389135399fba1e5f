"""The instruments of the tests, tested: a fault here would look like a fault of the program."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from tests.conftest import StartPrometheus
from tests.harness.broker import KafkaBroker, KafkaCluster
from tests.harness.ports import PortLease
from tests.harness.process import OwnedProcess
from tests.harness.tools import MissingToolError, program
from tests.harness.waiting import wait_until

RULES = """
groups:
  - name: test
    rules:
      - alert: Drift
        expr: example_drift > 0.5
        annotations: {summary: "{{ $labels.column }} drifts"}
"""


@pytest.fixture
def exposition() -> Iterator[str]:
    """A server of two fixed series; its address as a target."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(b'example_drift{column="a"} 0.75\nexample_drift{column="b"} 0.25\n')

        def log_message(self, *args: object) -> None:
            """Scrapes are no news."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def read(kafka: KafkaCluster, topic: str, partition: int, count: int) -> list[tuple[int, bytes]]:
    """Timestamps and values of the first records of a partition."""
    consumer = KafkaConsumer(bootstrap_servers=[kafka.bootstrap], auto_offset_reset="earliest")
    where = TopicPartition(topic, partition)
    found: list[tuple[int, bytes]] = []
    try:
        consumer.assign([where])

        def enough() -> bool:
            polled = consumer.poll(timeout_ms=200).get(where, [])
            found.extend((record.timestamp, record.value) for record in polled)
            return len(found) >= count

        wait_until(enough, what=f"{count} records are read", timeout=20)
    finally:
        consumer.close()
    return found


def test_what_is_produced_to_the_broker_can_be_consumed(kafka: KafkaCluster) -> None:
    topic = kafka.create_topic(partitions=2)
    written = kafka.produce(topic, [b"a", b"b"], partition=1, timestamps=[1_000, 2_000])
    assert written == [(1, 0), (1, 1)]
    assert kafka.end_offsets(topic) == {0: 0, 1: 2}
    assert read(kafka, topic, 1, 2) == [(1_000, b"a"), (2_000, b"b")]


@pytest.mark.parametrize("compression", ["gzip", "lz4", "snappy", "zstd"])
def test_every_compression_can_be_written_and_read(kafka: KafkaCluster, compression: str) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, [b"x" * 1000], compression=compression)
    assert [value for _, value in read(kafka, topic, 0, 1)] == [b"x" * 1000]


def test_a_killed_broker_comes_back_on_its_port_with_its_records(own_kafka: KafkaBroker) -> None:
    topic = own_kafka.create_topic()
    own_kafka.produce(topic, [b"before"])
    own_kafka.kill()
    assert not own_kafka.is_running
    own_kafka.start()
    own_kafka.produce(topic, [b"after"])
    assert [value for _, value in read(own_kafka, topic, 0, 2)] == [b"before", b"after"]


def test_prometheus_scrapes_its_target(prometheus: StartPrometheus, exposition: str) -> None:
    server = prometheus(exposition)
    (sample,) = server.wait_for('example_drift{column="a"}')
    assert sample.value == 0.75
    assert sample.labels["instance"] == exposition


def test_prometheus_fires_the_alerts_of_its_rules(
    prometheus: StartPrometheus, exposition: str
) -> None:
    server = prometheus(exposition, rules=RULES)
    alert = server.wait_for_alert("Drift")
    assert alert.labels["column"] == "a"
    assert alert.annotations["summary"] == "a drifts"


def test_prometheus_says_why_it_refuses_a_rule_file(prometheus: StartPrometheus) -> None:
    with pytest.raises(RuntimeError, match=r"rules\.yml"):
        prometheus(rules="groups: 1\n")


def test_a_child_does_not_outlive_a_test_run_that_is_killed(tmp_path: Path) -> None:
    run = tmp_path / "run.py"
    run.write_text(
        "import time\n"
        "from pathlib import Path\n"
        "from tests.harness.process import OwnedProcess\n"
        "child = OwnedProcess(['sleep', '60'], stdout=Path('child.log'))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with OwnedProcess(
        [sys.executable, run],
        stdout=tmp_path / "run.log",
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=tmp_path,
    ) as parent:
        parent.wait_until_said("\n")
        child = int(parent.stdout)
        assert is_alive(child)
        parent.kill()
        wait_until(lambda: not is_alive(child), what="the child is gone")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody waited for does not."""
    if Path("/proc/self/stat").exists():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
    else:
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    return bool(state) and not state.startswith("Z")


def test_a_process_that_ends_too_soon_is_reported_with_its_last_words(tmp_path: Path) -> None:
    process = OwnedProcess(["sh", "-c", "echo no disk; exit 3"], stdout=tmp_path / "log")
    with process, pytest.raises(RuntimeError, match="no disk"):
        process.wait_until_said("ready")
    assert process.wait() == 3


def test_a_process_that_is_killed_ends_by_that_signal(tmp_path: Path) -> None:
    with OwnedProcess(["sleep", "60"], stdout=tmp_path / "log") as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_two_leases_never_share_a_port() -> None:
    leases = [PortLease() for _ in range(50)]
    try:
        assert len({lease.port for lease in leases}) == 50
    finally:
        for lease in leases:
            lease.release()


def test_a_missing_program_says_how_to_get_it() -> None:
    with pytest.raises(MissingToolError, match="make tools"):
        program("no-such-program")


def test_waiting_ends_and_says_for_what() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"until pigs fly, and saw \[\]"):
        wait_until(list, what="pigs fly", timeout=0.2)
    assert time.monotonic() - started < 5
