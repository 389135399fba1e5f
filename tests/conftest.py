"""What every test may ask for: a broker, a Prometheus, the program itself, a free port."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import settings

from tests.harness.broker import KafkaBroker, KafkaCluster
from tests.harness.ports import PortLease
from tests.harness.process import Driftwatch
from tests.harness.prometheus import Prometheus

# A busy machine is no error. On CI the same examples every time: a red run must mean a change.
settings.register_profile("local", deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

_NEED_A_SERVER = {"kafka", "own_kafka", "prometheus"}


_TESTS = Path(__file__).parent
_AT_LENGTH = (
    *("client", "comparison", "slices", "test_mlflow.py", "test_versions.py"),
    *("stats/test_versus.py", "baseline/test_memory.py", "baseline/test_segments.py"),
    *("baseline/test_build.py", "baseline/test_formats.py", "cli/test_replay.py"),
    "baseline/test_parted.py",
    *("baseline/test_calibrate.py", "baseline/test_words.py", "baseline/test_object_store.py"),
    *("cli/test_check.py", "cli/test_output.py", "test_daemon_joins.py", "decode/events"),
    *("derive/test_build_and_decode.py", "derive/test_tables.py", "conditions/test_duckdb.py"),
    *("cli/test_compare.py", "cli/test_parity.py", "cli/test_baseline_made.py"),
    *("cli/test_baseline_of_events.py", "contract/test_command.py"),
)
"""What tries many cases, or times, or programs: `make depth` runs it, beside what waits."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a real server, and what takes long."""
    for item in items:
        inside = item.path.is_relative_to(_TESTS) and item.path.relative_to(_TESTS).as_posix()
        if inside and inside.startswith(_AT_LENGTH):
            item.add_marker(pytest.mark.depth)
        if isinstance(item, pytest.Function) and _NEED_A_SERVER & set(item.fixturenames):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """The broker that tests share, each with topics of its own.

    ``DRIFTWATCH_TEST_KAFKA=host:port`` names one to use instead of starting one.
    """
    if address := os.environ.get("DRIFTWATCH_TEST_KAFKA"):
        yield KafkaCluster(address)
        return
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker for this test alone, to be stopped, killed and started again."""
    with KafkaBroker(_new_folder(tmp_path, "kafka")) as broker:
        yield broker


class StartPrometheus(Protocol):
    """Starts a Prometheus that scrapes these targets (``host:port``), with these rules."""

    def __call__(
        self, *targets: str, rules: str = "", alertmanagers: Sequence[str] = ()
    ) -> Prometheus: ...


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[StartPrometheus]:
    """Starts a Prometheus, as often as the test likes; all end with the test."""
    with ExitStack() as started:

        def start(*targets: str, rules: str = "", alertmanagers: Sequence[str] = ()) -> Prometheus:
            folder = _new_folder(tmp_path, "prometheus")
            return started.enter_context(Prometheus(folder, targets, rules, alertmanagers))

        yield start


class StartDriftwatch(Protocol):
    """Starts ``driftwatch`` with these arguments. See `Driftwatch` for the rest."""

    def __call__(
        self,
        *arguments: str | Path,
        stdin: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Driftwatch: ...


@pytest.fixture
def driftwatch(tmp_path: Path) -> Iterator[StartDriftwatch]:
    """Starts the real program, as often as the test likes; all are killed with the test."""
    with ExitStack() as started:

        def start(
            *arguments: str | Path,
            stdin: Path | None = None,
            env: Mapping[str, str] | None = None,
        ) -> Driftwatch:
            folder = _new_folder(tmp_path, "driftwatch")
            return started.enter_context(
                Driftwatch(*arguments, folder=folder, stdin=stdin, env=env)
            )

        yield start


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is the test's own while it runs."""
    with PortLease() as lease:
        yield lease.port


def _new_folder(parent: Path, name: str) -> Path:
    """``name-1``, ``name-2``, and so on, under `parent`."""
    folder = parent / f"{name}-{len(list(parent.glob(f'{name}-*'))) + 1}"
    folder.mkdir()
    return folder
