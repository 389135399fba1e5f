"""A real MLServer that serves a scikit-learn model, asked through a real broker."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.harness.broker import KafkaBroker
from tests.harness.ports import PortLease
from tests.harness.process import OwnedProcess
from tests.harness.tools import ROOT, MissingToolError

_PROGRAMS = ROOT / ".tools" / "mlserver" / "bin"


class ModelServer:
    """A server that has its model. url: where it answers over HTTP; folder: has training.csv."""

    def __init__(self, folder: Path, url: str, process: OwnedProcess) -> None:
        self.folder = folder
        self.url = url
        self._process = process

    @property
    def said(self) -> str:
        """All that it has said so far."""
        return self._process.stdout


@pytest.fixture
def mlserver(tmp_path: Path, own_kafka: KafkaBroker) -> Iterator[ModelServer]:
    """Serves `fraud`, version 3; takes requests from mlserver-input, answers to mlserver-output."""
    if not (_PROGRAMS / "mlserver").is_file():
        raise MissingToolError("MLServer (`make servers` builds it)")
    folder = tmp_path / "model"
    folder.mkdir()
    for topic in ("mlserver-input", "mlserver-output"):
        own_kafka.create_topic(topic)
    with ExitStack() as held:
        ports = [held.enter_context(PortLease()).port for _ in range(3)]
        arguments = [str(folder), *map(str, ports), own_kafka.bootstrap]
        subprocess.run(
            [_PROGRAMS / "python", Path(__file__).with_name("fraud_model.py"), *arguments],
            check=True,
        )
        process = held.enter_context(
            OwnedProcess([_PROGRAMS / "mlserver", "start", folder], stdout=tmp_path / "server.log")
        )
        url = f"http://127.0.0.1:{ports[0]}"
        process.wait_until_http(f"{url}/v2/models/fraud/ready", timeout=60)
        process.wait_until_said("Reading messages from consumer", timeout=30)
        yield ModelServer(folder, url, process)
