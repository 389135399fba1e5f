"""What the compose file puts together, without its containers: the same commands and files.

Only addresses are others, and the drift comes sooner.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import StartDriftwatch
from tests.harness.alertmanager import Alertmanager
from tests.harness.broker import KafkaCluster
from tests.harness.ports import PortLease
from tests.harness.process import OwnedProcess, http_get
from tests.harness.tools import ROOT, program
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.surfaces

FOLDER = ROOT / "deploy" / "compose"
SERVICES = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))["services"]


class Here:
    """A place for the services on this machine, and what stands for their addresses."""

    def __init__(self, folder: Path, kafka: KafkaCluster, opened: ExitStack) -> None:
        self.folder = folder
        self.ports = {name: opened.enter_context(PortLease()).port for name in ("dw", "prom")}
        self.topic = f"test-{uuid.uuid4().hex[:8]}"
        (folder / "rides").mkdir()
        self.instead = {
            "kafka:9092": kafka.bootstrap,
            "[rides]": f"[{self.topic}]",
            "--topic=rides": f"--topic={self.topic}",
            "--keep=/var/lib/driftwatch": f"--keep={folder / 'rides'}",
            "--drift-after=120": "--drift-after=15",
            "/baselines/": f"{folder / 'rides'}/",
            "/var/lib/driftwatch": str(folder / "state"),
            "group_id: driftwatch": f"group_id: {self.topic}",
            "driftwatch:8710": f"127.0.0.1:{self.ports['dw']}",
            "rules/": f"{ROOT / 'deploy' / 'prometheus'}/",
        }

    def text(self, text: str) -> str:
        for there, here in self.instead.items():
            text = text.replace(there, here)
        return text

    def file(self, name: str, more: str = "") -> Path:
        path = self.folder / name
        path.write_text(self.text((FOLDER / name).read_text(encoding="utf-8")) + more)
        return path


@pytest.fixture
def here(tmp_path: Path, kafka: KafkaCluster) -> Iterator[Here]:
    with ExitStack() as opened:
        yield Here(tmp_path, kafka, opened)


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    (tmp_path / "alertmanager").mkdir()
    config = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    own = yaml.safe_load(config.read_text(encoding="utf-8"))
    with Alertmanager(tmp_path / "alertmanager", own) as started:
        yield started


@pytest.fixture
def prometheus(here: Here, alertmanager: Alertmanager) -> Iterator[str]:
    """The address of a Prometheus with the compose file's own configuration."""
    here.instead["alertmanager:9093"] = alertmanager.address
    url = f"http://127.0.0.1:{here.ports['prom']}"
    command: list[str | Path] = [
        program("prometheus"),
        f"--config.file={here.file('prometheus.yml')}",
        f"--storage.tsdb.path={here.folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{here.ports['prom']}",
    ]
    with OwnedProcess(command, stdout=here.folder / "prometheus.log") as process:
        process.wait_until_http(f"{url}/-/ready")
        yield url


def test_the_drift_of_the_rides_reaches_prometheus_and_alertmanager(
    here: Here, driftwatch: StartDriftwatch, prometheus: str, alertmanager: Alertmanager
) -> None:
    rides = driftwatch(*map(here.text, SERVICES["rides"]["command"]))
    made = here.folder / "rides" / "driftwatch.yaml"
    wait_until(made.exists, what="the rides are healthy", timeout=30)
    listens = f'\nhttp: {{listen: "127.0.0.1:{here.ports["dw"]}"}}\n'
    daemon = driftwatch("run", "-c", here.file("driftwatch.yaml", listens))
    daemon.wait_until_ready(here.ports["dw"])

    asked = "driftwatch_drift_alarm%7Bcolumn%3D%22temperature%22%2Cseverity%3D%22page%22%7D%3D%3D1"

    def scraped() -> bool:
        _, body = http_get(f"{prometheus}/api/v1/query?query={asked}")
        return '"ride-time"' in body

    wait_until(scraped, what="Prometheus knows of the drift", timeout=90, every=1.0)

    def told() -> list[dict[str, Any]]:
        return [
            alert
            for alert in alertmanager.alerts()
            if (alert["labels"]["alertname"], alert["labels"].get("column"))
            == ("ModelDrift", "temperature")
        ]

    (alert,) = wait_until(told, what="Alertmanager is told", timeout=60, every=1.0)
    # The links lead to where the compose file opens these ports.
    published = {port.split(":")[1] for s in SERVICES.values() for port in s.get("ports", ())}
    texts = " ".join(alert["annotations"].values())
    ports = set(re.findall(r"http://localhost:(\d+)", texts))
    assert ports
    assert ports <= published
    assert rides.is_running
    assert daemon.terminate() == 0, daemon.stderr
