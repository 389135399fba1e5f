"""What the chart renders: valid for Kubernetes, and what an operator counts on."""

import json
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from driftwatch.config import load
from tests.chart.helm import (
    CHART,
    NEWEST,
    OLDEST,
    VALUES,
    Object,
    Rendered,
    render,
    run,
    values_files,
)
from tests.harness.tools import program

FILES = values_files()
OF_OTHERS = ("monitoring.coreos.com/v1",)
"""Not in the schemas of Kubernetes itself: a test of their own looks at these."""
ENV = {"POD_NAME": "rel-driftwatch-0", "KAFKA_PASSWORD": "secret"}

each_file = pytest.mark.parametrize("values", FILES, ids=lambda path: path.stem)


@each_file
def test_the_linter_has_nothing_to_say(values: Path) -> None:
    done = run("helm", "lint", "--strict", CHART, "-f", values)
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


@each_file
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_would_take_all_of_it(values: Path, version: str, tmp_path: Path) -> None:
    known = [
        found
        for found in render(values, tmp_path, kubernetes=version).objects
        if found["apiVersion"] not in OF_OTHERS
    ]
    assert known
    for found in known:
        kubernetes_validate.validate(dict(found), version, strict=True)


def test_a_mistake_would_be_found(tmp_path: Path) -> None:
    wrong = render(VALUES / "minimal.yaml", tmp_path).one("StatefulSet")
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessprobe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, OLDEST, strict=True)


@each_file
def test_the_daemon_takes_the_configuration(values: Path, tmp_path: Path) -> None:
    config = tmp_path / "driftwatch.yaml"
    config.write_text(render(values, tmp_path).configuration, encoding="utf-8")
    assert load(config, ENV).http.listen.port == 8710


@each_file
def test_every_name_in_the_namespace_is_the_releases(values: Path, tmp_path: Path) -> None:
    for found in render(values, tmp_path).objects:
        assert found["metadata"]["namespace"] == "ml"
        assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == "rel"
        assert found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"


@each_file
def test_no_two_objects_have_one_name(values: Path, tmp_path: Path) -> None:
    found = [(item["kind"], item["metadata"]["name"]) for item in render(values, tmp_path).objects]
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    "name", ["minimal", "standalone", "standalone-group", "off", "sidecar-files"]
)
def test_the_container_may_do_nothing_that_it_need_not(name: str, tmp_path: Path) -> None:
    rendered = render(VALUES / f"{name}.yaml", tmp_path)
    context = rendered.daemon["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] == 10001
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    resources = rendered.daemon["resources"]
    assert resources["limits"]["memory"] == resources["requests"]["memory"]
    (spec,) = rendered.pod_specs
    if name != "sidecar-files":  # the pod of a model is the model's
        assert spec["automountServiceAccountToken"] is False
    for account in rendered.of("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


@each_file
def test_whatever_is_mounted_is_a_volume_of_the_pod(values: Path, tmp_path: Path) -> None:
    for found in render(values, tmp_path).objects:
        if found["kind"] not in ("StatefulSet", "Deployment"):
            continue
        spec = found["spec"]["template"]["spec"]
        there = [volume["name"] for volume in spec["volumes"]]
        there += [
            claim["metadata"]["name"] for claim in found["spec"].get("volumeClaimTemplates", ())
        ]
        assert len(there) == len(set(there))
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            mounted = [mount["name"] for mount in container.get("volumeMounts", ())]
            assert set(mounted) <= set(there)
            assert len(mounted) == len(set(mounted))


def standalone(name: str, folder: Path, *more: str) -> Rendered:
    return render(VALUES / f"{name}.yaml", folder, *more)


def test_health_decides_on_a_restart_and_readiness_on_traffic(tmp_path: Path) -> None:
    daemon = standalone("minimal", tmp_path).daemon
    assert daemon["livenessProbe"]["httpGet"]["path"] == "/-/healthy"
    assert daemon["startupProbe"]["httpGet"]["path"] == "/-/healthy"
    assert daemon["readinessProbe"]["httpGet"]["path"] == "/-/ready"
    assert daemon["args"] == ["run", "-c", "/etc/driftwatch/driftwatch.yaml"]
    assert "command" not in daemon


def test_probes_speak_tls_where_the_port_does(tmp_path: Path) -> None:
    daemon = standalone("off", tmp_path, "--set", "standalone.probes.enabled=true").daemon
    schemes = {daemon[f"{kind}Probe"]["httpGet"]["scheme"] for kind in ("startup", "liveness")}
    assert schemes == {"HTTPS"}


def test_there_are_no_probes_where_the_port_asks_for_certificates(tmp_path: Path) -> None:
    probes = ("--set", "standalone.probes.enabled=true")
    certificates = ("--set", "config.http.tls.client_cafile=/etc/tls/ca.crt")
    daemon = standalone("off", tmp_path, *probes, *certificates).daemon
    assert [key for key in daemon if key.endswith("Probe")] == []


def test_each_pod_is_a_static_member_of_the_group_under_its_own_name(tmp_path: Path) -> None:
    rendered = standalone("standalone-group", tmp_path)
    kafka = yaml.safe_load(rendered.configuration)["source"]["kafka"]
    assert kafka["group_instance_id"] == "${POD_NAME}"
    assert kafka["session_timeout"] == "5m"
    (name,) = [entry for entry in rendered.daemon["env"] if entry["name"] == "POD_NAME"]
    assert name["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"


def test_what_the_user_wrote_is_not_overwritten(tmp_path: Path) -> None:
    kafka = yaml.safe_load(standalone("off", tmp_path).configuration)["source"]["kafka"]
    assert (kafka["group_instance_id"], kafka["session_timeout"]) == ("fixed", "30s")


def test_a_large_number_stays_a_number(tmp_path: Path) -> None:
    written = yaml.safe_load(standalone("standalone", tmp_path).configuration)
    assert written["metrics"]["max_series"] == 1_000_000


def test_each_pod_keeps_a_volume_of_its_own(tmp_path: Path) -> None:
    found = standalone("standalone", tmp_path).one("StatefulSet")["spec"]
    (claim,) = found["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"
    assert claim["spec"]["storageClassName"] == "fast"
    assert found["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Retain"


@pytest.mark.parametrize("name", ["off", "standalone-changelog"])
def test_no_volume_is_claimed_where_nothing_is_kept_in_files(name: str, tmp_path: Path) -> None:
    found = standalone(name, tmp_path).one("StatefulSet")["spec"]
    assert "volumeClaimTemplates" not in found
    mounted = {
        mount["name"] for mount in found["template"]["spec"]["containers"][0]["volumeMounts"]
    }
    assert ("driftwatch-state" in mounted) == (name == "off")


def test_the_state_in_a_topic_knows_its_replica(tmp_path: Path) -> None:
    written = yaml.safe_load(standalone("standalone-changelog", tmp_path).configuration)
    assert written["state"] == {"kafka": {"topic": "driftwatch-state", "replica": "${POD_NAME}"}}


def test_a_new_configuration_makes_new_pods_and_the_same_one_does_not(tmp_path: Path) -> None:
    def checksum(*more: str) -> str:
        found = standalone("minimal", tmp_path, *more).one("StatefulSet")
        return str(found["spec"]["template"]["metadata"]["annotations"]["checksum/config"])

    assert checksum() == checksum("--set", "podMonitor.enabled=true")
    assert checksum() != checksum("--set", "config.pane=2m")


def test_one_pod_at_a_time_is_drained_and_a_single_one_holds_up_nobody(tmp_path: Path) -> None:
    budget = standalone("standalone-group", tmp_path).one("PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    assert standalone("minimal", tmp_path).of("PodDisruptionBudget") == []


def test_only_prometheus_reaches_the_port_and_the_pod_only_its_brokers(tmp_path: Path) -> None:
    policy = standalone("standalone-group", tmp_path).one("NetworkPolicy")["spec"]
    (rule,) = policy["ingress"]
    assert rule["ports"] == [{"port": "driftwatch"}]
    labels = rule["from"][0]["namespaceSelector"]["matchLabels"]
    assert labels == {"kubernetes.io/metadata.name": "monitoring"}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for egress in policy["egress"] for port in egress["ports"]] == [
        9093,
        53,
        53,
    ]


def test_what_is_off_is_not_there(tmp_path: Path) -> None:
    kinds = [found["kind"] for found in standalone("off", tmp_path).objects]
    assert sorted(kinds) == ["ConfigMap", "Service", "StatefulSet"]
    assert "livenessProbe" not in standalone("off", tmp_path).daemon


def test_baselines_in_the_values_are_files_of_the_container(tmp_path: Path) -> None:
    rendered = standalone("standalone", tmp_path)
    files = rendered.named("ConfigMap", "rel-driftwatch-baselines")
    assert files["binaryData"] == {"fraud-3.baseline.json.gz": "SGVsbG8="}
    (spec,) = rendered.pod_specs
    (volume,) = [found for found in spec["volumes"] if found["name"] == "driftwatch-baselines"]
    assert volume["configMap"] == {"name": "rel-driftwatch-baselines", "optional": False}


@each_file
def test_objects_of_the_operator_have_the_shape_that_it_wants(values: Path, tmp_path: Path) -> None:
    rendered = render(values, tmp_path)
    for monitor in rendered.of("PodMonitor"):
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        assert endpoint["port"] == "driftwatch"
        assert {"targetLabel": "job", "replacement": "driftwatch"} in endpoint["relabelings"]
        selected = monitor["spec"]["selector"]["matchLabels"].items()
        for made in [*rendered.of("StatefulSet"), *rendered.of("Deployment")]:
            assert selected <= made["spec"]["template"]["metadata"]["labels"].items()
    for rule in rendered.of("PrometheusRule"):
        checked_by_promtool(rule, tmp_path)


def checked_by_promtool(rule: Object, folder: Path) -> None:
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump(rule["spec"]), encoding="utf-8")
    command = [str(program("promtool")), "check", "rules", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_and_dashboards_lead_to_the_addresses_of_the_release(tmp_path: Path) -> None:
    rendered = standalone("standalone", tmp_path)
    for kind in ("PrometheusRule", "ConfigMap"):
        assert "localhost" not in json.dumps(rendered.of(kind))
    rules = json.dumps(rendered.one("PrometheusRule"))
    assert "https://docs.example.com/driftwatch/runbook/ModelDrift" in rules
    assert "https://grafana.example.com/" in rules


def test_each_dashboard_is_a_configmap_that_grafanas_sidecar_finds(tmp_path: Path) -> None:
    rendered = standalone("standalone", tmp_path)
    found: dict[str, Any] = {
        name: json.loads(text)
        for item in rendered.of("ConfigMap")
        if item["metadata"]["labels"].get("grafana_dashboard") == "1"
        for name, text in item["data"].items()
    }
    assert {name: board["uid"] for name, board in found.items()} == {
        f"{uid}.json": uid
        for uid in ("driftwatch-overview", "driftwatch-column", "driftwatch-itself")
    }
