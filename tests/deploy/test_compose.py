"""The compose file and what it mounts, as far as no engine is needed."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import driftwatch
from driftwatch.config import load
from tests.harness.tools import ROOT, program

FOLDER = ROOT / "deploy" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def mounts(service: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Source, target and mode of each volume."""
    for volume in service.get("volumes", ()):
        if isinstance(volume, dict):
            yield volume["source"], volume["target"], "ro" if volume["read_only"] else "rw"
        else:
            source, target, *mode = volume.split(":")
            yield source, target, mode[0] if mode else "rw"


@each_service
def test_all_that_is_mounted_is_there(service: dict[str, Any]) -> None:
    for source, _, mode in mounts(service):
        if source.startswith("."):
            assert (FOLDER / source).exists(), source
            assert mode == "ro"
        else:
            assert source in COMPOSE["volumes"]


def test_no_volume_is_left_over() -> None:
    used = {source for service in SERVICES.values() for source, _, _ in mounts(service)}
    assert COMPOSE["volumes"].keys() <= used


@each_service
def test_no_container_may_do_more_than_it_needs(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service.get("read_only", False) == (service is not SERVICES["kafka"])


@each_service
def test_no_port_is_open_to_other_machines(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


@each_service
def test_every_image_has_its_version(service: dict[str, Any]) -> None:
    _, _, version = service["image"].partition(":")
    assert version not in ("", "latest")
    if "build" in service:
        assert version == driftwatch.__version__
        assert (FOLDER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


@each_service
def test_whoever_is_waited_for_says_when_it_is_there(service: dict[str, Any]) -> None:
    for name, how in service.get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        # Driftwatch's own image brings its check.
        assert name == "driftwatch" or "healthcheck" in SERVICES[name]


def test_the_daemon_takes_its_configuration() -> None:
    settings = load(FOLDER / "driftwatch.yaml", {})
    assert settings.source.kafka is not None
    assert settings.http.listen.port == 8710
    assert f"--topic={settings.source.kafka.topics[0]}" in SERVICES["rides"]["command"]
    brokers = ",".join(map(str, settings.source.kafka.bootstrap_servers))
    assert f"--kafka={brokers}" in SERVICES["rides"]["command"]


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    """Laid out as in the container."""
    (tmp_path / "rules").symlink_to(ROOT / "deploy" / "prometheus")
    config = tmp_path / "prometheus.yml"
    config.write_text((FOLDER / "prometheus.yml").read_text(encoding="utf-8"), encoding="utf-8")
    checked("promtool", "check", "config", config)


def test_alertmanager_takes_its_configuration() -> None:
    checked("amtool", "check-config", ROOT / "deploy" / "alertmanager" / "alertmanager.yml")


def checked(tool: str, *arguments: str | Path) -> None:
    command = [str(program(tool)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    provisioning = FOLDER / "grafana" / "provisioning"
    sources = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())
    boards = yaml.safe_load((provisioning / "dashboards" / "driftwatch.yaml").read_text())
    assert sources["datasources"][0]["url"] == "http://prometheus:9090"
    folder = boards["providers"][0]["options"]["path"]
    mounted = {target: source for source, target, _ in mounts(SERVICES["grafana"])}
    there = {path.name for path in (FOLDER / mounted[folder]).glob("*.json")}
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(home).parent == Path(folder)
    assert Path(home).name in there
