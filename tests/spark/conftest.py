"""A Spark cluster of a master and two workers, each a process of its own, and what it was asked."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.harness.ports import PortLease
from tests.harness.process import OwnedProcess
from tests.harness.tools import ROOT, MissingToolError

_PROGRAMS = ROOT / ".tools" / "spark" / "bin"
_PACKAGES = "org.apache.spark.deploy"
_LOCAL = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}


@pytest.fixture(scope="session")
def spark_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the cluster's master."""
    if not (_PROGRAMS / "spark-class").is_file():
        raise MissingToolError("Spark (`make spark` installs it)")
    folder = tmp_path_factory.mktemp("spark")
    environment = {
        **_LOCAL,
        "PATH": f"{_PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "SPARK_LOCAL_DIRS": str(folder),
    }
    with ExitStack() as held:
        port = held.enter_context(PortLease()).port

        def start(name: str, *arguments: str) -> OwnedProcess:
            command = [str(_PROGRAMS / "spark-class"), f"{_PACKAGES}.{name}", "--host", "127.0.0.1"]
            log = folder / f"{len(list(folder.glob('*.log')))}.log"
            process = OwnedProcess(
                [*command, "--webui-port", "0", *arguments],
                stdout=log,
                env=environment,
                cwd=folder,
            )
            held.callback(process.terminate)
            return process

        master = start("master.Master", "--port", str(port))
        master.wait_until_said("I have been elected leader", timeout=60)
        address = f"spark://127.0.0.1:{port}"
        for _ in range(2):
            own = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder), address]
            worker = start("worker.Worker", *own)
            worker.wait_until_said("Successfully registered with master", timeout=60)
        yield address


def run_on_spark(master: str, program: Path, *arguments: str | Path, folder: Path) -> str:
    """Run a program that builds on this cluster, by default; it has to end well.

    Returns its output.
    """
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.local.dir": str(folder),
    }
    shown = " ".join(f"--conf {name}={value}" for name, value in settings.items())
    done = subprocess.run(
        [_PROGRAMS / "python", program, *arguments],
        env={
            **os.environ,
            **_LOCAL,
            "PYSPARK_PYTHON": str(_PROGRAMS / "python"),
            "PYSPARK_SUBMIT_ARGS": f"--master {master} {shown} pyspark-shell",
            "PYTHONPATH": str(ROOT / "src"),
        },
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=540,
    )
    assert done.returncode == 0, done.stderr[-8_000:]
    return done.stdout


@pytest.fixture(scope="session")
def answers(spark_master: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What `asked.py` found out with this cluster: by case, see there."""
    folder = tmp_path_factory.mktemp("asked")
    run_on_spark(spark_master, Path(__file__).with_name("asked.py"), folder, folder=folder)
    found: dict[str, Any] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return found
