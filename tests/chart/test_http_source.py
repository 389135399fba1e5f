"""The HTTP source: a sidecar that events are posted to has a place for them that is its own."""

from pathlib import Path

import pytest
import yaml

from driftwatch.config import load
from tests.chart.helm import VALUES, Rendered, render, template

HTTP = VALUES / "sidecar-http.yaml"


@pytest.fixture
def rendered(tmp_path: Path) -> Rendered:
    return render(HTTP, tmp_path)


def test_events_wait_on_the_volume_of_the_state(rendered: Rendered, tmp_path: Path) -> None:
    config = tmp_path / "driftwatch.yaml"
    config.write_text(rendered.configuration, encoding="utf-8")
    source = load(config, {}).source.http
    assert source is not None
    assert source.spool == Path("/var/lib/driftwatch/spool")
    mounts = {mount["name"]: mount for mount in rendered.daemon["volumeMounts"]}
    assert mounts["driftwatch-state"]["mountPath"] == "/var/lib/driftwatch"
    assert "readOnly" not in mounts["driftwatch-state"]


def test_the_spool_may_be_elsewhere(tmp_path: Path) -> None:
    rendered = render(HTTP, tmp_path, "--set", "config.source.http.spool=/spool")
    assert yaml.safe_load(rendered.configuration)["source"] == {"http": {"spool": "/spool"}}


def test_it_takes_no_log_of_the_pod(rendered: Rendered) -> None:
    mounts = {mount["name"] for mount in rendered.daemon["volumeMounts"]}
    names = ("config", "baselines", "state", "tmp")
    assert mounts == {f"driftwatch-{name}" for name in names}


def test_events_come_by_the_one_port_and_the_models_own_stay_open(rendered: Rendered) -> None:
    assert [port["containerPort"] for port in rendered.daemon["ports"]] == [8710]
    assert rendered.of("NetworkPolicy") == []


def test_alone_it_takes_events_by_its_service_through_the_policy(tmp_path: Path) -> None:
    more = ("--set", "mode=standalone", "--set", "sidecar.deployment.enabled=false")
    rendered = render(HTTP, tmp_path, *more)
    (port,) = rendered.named("Service", "rel-driftwatch")["spec"]["ports"]
    (allowed,) = rendered.one("NetworkPolicy")["spec"]["ingress"]
    assert [entry["port"] for entry in allowed["ports"]] == [port["targetPort"]]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--set", "config.state.memory=true"), "config.source.http: events wait in a folder"),
        (
            ("--set", "mode=standalone", "--set", "standalone.replicas=2"),
            "each pod would see some of the events",
        ),
    ],
)
def test_what_would_lose_events_is_refused(
    more: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = template(HTTP, tmp_path, *more)
    assert done.returncode != 0
    assert words in done.stderr
