"""A sidecar takes no model out of service: not at its start, not by a probe, not by a limit."""

import re
import shutil
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.chart.helm import CHART, OLDEST, VALUES, Rendered, render
from tests.harness.tools import ROOT

EXAMPLES = ROOT / "deploy" / "examples"


@pytest.fixture
def rendered(tmp_path: Path) -> Rendered:
    return render(VALUES / "sidecar-files.yaml", tmp_path)


def test_it_is_a_native_sidecar(rendered: Rendered) -> None:
    (spec,) = rendered.pod_specs
    (sidecar,) = [found for found in spec["initContainers"] if found["name"] == "driftwatch"]
    assert sidecar["restartPolicy"] == "Always"
    assert [found["name"] for found in spec["containers"]] == ["model"]


def test_no_probe_of_it_can_hold_up_the_model_or_make_its_pod_unready(rendered: Rendered) -> None:
    assert [key for key in rendered.daemon if key.endswith("Probe") or key == "lifecycle"] == []


def test_its_first_process_stays_when_the_daemon_ends(rendered: Rendered) -> None:
    assert rendered.daemon["command"] == ["driftwatch-sidecar"]
    limit = {entry["name"]: entry for entry in rendered.daemon["env"]}["DRIFTWATCH_MEMORY_LIMIT"]
    assert limit["valueFrom"]["resourceFieldRef"]["resource"] == "limits.memory"


def test_a_pod_that_is_guaranteed_stays_so(rendered: Rendered) -> None:
    resources = rendered.daemon["resources"]
    assert resources["requests"] == resources["limits"]
    assert {"cpu", "memory"} == resources["limits"].keys()


def test_no_limit_on_a_volume_can_evict_the_pod(rendered: Rendered) -> None:
    (spec,) = rendered.pod_specs
    for volume in spec["volumes"]:
        if volume["name"].startswith("driftwatch-") and "emptyDir" in volume:
            assert volume["emptyDir"] == {}
    assert "ephemeral-storage" not in rendered.daemon["resources"]["limits"]


def test_nothing_that_is_missing_keeps_the_pod_from_starting(tmp_path: Path) -> None:
    values = yaml.safe_load((VALUES / "sidecar-files.yaml").read_text(encoding="utf-8"))
    kafka = yaml.safe_load((VALUES / "sidecar-kafka.yaml").read_text(encoding="utf-8"))
    values |= {"env": kafka["env"], "envFrom": kafka["envFrom"]}
    values["extraVolumes"] = [{"name": "ca", "secret": {"secretName": "ca"}}]
    rendered = render(values, tmp_path)
    (spec,) = rendered.pod_specs
    for volume in spec["volumes"]:
        for kind in ("configMap", "secret"):
            assert volume.get(kind, {"optional": True})["optional"] is True
    for entry in rendered.daemon["env"]:
        reference = entry.get("valueFrom", {}).get("secretKeyRef")
        assert reference is None or reference["optional"] is True
    for entry in rendered.daemon["envFrom"]:
        assert entry["secretRef"]["optional"] is True


@pytest.mark.parametrize(
    "baselines", [{"claim": "baselines"}, {"volume": {"csi": {"driver": "x"}}}]
)
def test_a_volume_that_may_not_mount_is_refused(
    baselines: dict[str, object], tmp_path: Path
) -> None:
    values = yaml.safe_load((VALUES / "sidecar-files.yaml").read_text(encoding="utf-8"))
    with pytest.raises(AssertionError, match="would keep the model from starting"):
        render(values | {"baselines": baselines}, tmp_path)


def test_the_models_own_ports_stay_open(rendered: Rendered) -> None:
    assert rendered.of("NetworkPolicy") == []
    assert rendered.of("PodDisruptionBudget") == []


def test_a_new_configuration_restarts_no_model(tmp_path: Path) -> None:
    def template(*more: str) -> object:
        found = render(VALUES / "sidecar-files.yaml", tmp_path, *more).one("Deployment")
        return found["spec"]["template"]

    assert template() == template("--set", "config.pane=2m")


def test_members_that_come_and_go_are_not_static(tmp_path: Path) -> None:
    written = render(VALUES / "sidecar-kafka.yaml", tmp_path).configuration
    assert "group_instance_id" not in written


def test_a_port_with_tls_is_not_asked_for_its_health(tmp_path: Path) -> None:
    def port(*more: str) -> str:
        daemon = render(VALUES / "sidecar-files.yaml", tmp_path, *more).daemon
        return str({e["name"]: e for e in daemon["env"]}["DRIFTWATCH_SIDECAR_PORT"]["value"])

    tls = "config.http.tls"
    assert port() == "8710"
    assert port("--set", f"{tls}.certfile=/tls/tls.crt,{tls}.keyfile=/tls/tls.key") == "0"


def test_without_a_deployment_only_what_surrounds_it_is_there(tmp_path: Path) -> None:
    rendered = render(VALUES / "sidecar-kafka.yaml", tmp_path)
    kinds = {found["kind"] for found in rendered.objects}
    assert kinds == {"ConfigMap", "PodMonitor", "PrometheusRule"}


def test_the_notes_show_the_container_for_a_pod_of_ones_own(tmp_path: Path) -> None:
    chart = tmp_path / "driftwatch"
    shutil.copytree(CHART, chart)
    # Helm shows notes to those who have a cluster.
    (chart / "templates" / "shown.yaml").write_text(NOTES)
    notes = render(VALUES / "sidecar-kafka.yaml", tmp_path, chart=chart).named("ConfigMap", "notes")
    shown = re.search(
        r"^    metadata:\n(?:      .*\n)+    spec:\n(?:      .*\n)+",
        notes["data"]["notes"],
        re.MULTILINE,
    )
    assert shown is not None, notes
    pod = yaml.safe_load(shown[0])
    pod["spec"]["containers"] = [{"name": "model", "image": "example.com/model:1"}]
    pod |= {"apiVersion": "v1", "kind": "Pod"}
    pod["metadata"]["name"] = "model"
    kubernetes_validate.validate(pod, OLDEST, strict=True)
    assert pod["metadata"]["labels"] == {"driftwatch-sidecar": "rel-driftwatch"}


NOTES = """
apiVersion: v1
kind: ConfigMap
metadata: {name: notes}
data:
  notes: |
    {{- include "driftwatch.notes" . | nindent 4 }}
"""


def test_a_chart_of_ones_own_can_include_it(tmp_path: Path) -> None:
    """As templates/_sidecar.tpl says."""
    parent = tmp_path / "parent"
    (parent / "templates").mkdir(parents=True)
    (parent / "Chart.yaml").write_text(
        "apiVersion: v2\nname: fraud\nversion: 1.0.0\n"
        "dependencies: [{name: driftwatch, version: 0.1.0}]\n"
    )
    shutil.copytree(CHART, parent / "charts" / "driftwatch")
    (parent / "templates" / "deployment.yaml").write_text(PARENT)
    own = yaml.safe_load((VALUES / "sidecar-files.yaml").read_text(encoding="utf-8"))
    own["sidecar"]["deployment"] = {"enabled": False}
    rendered = render({"driftwatch": own}, tmp_path, chart=parent)
    deployment = rendered.one("Deployment")
    kubernetes_validate.validate(deployment, OLDEST, strict=True)
    by_chart = render(VALUES / "sidecar-files.yaml", tmp_path)
    assert rendered.daemon == by_chart.daemon
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    selected = rendered.one("PodMonitor")["spec"]["selector"]["matchLabels"]
    assert selected.items() <= labels.items()


PARENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: fraud}
spec:
  selector: {matchLabels: {app: fraud}}
  template:
    metadata:
      labels:
        app: fraud
        {{- include "driftwatch.sidecar.labels" .Subcharts.driftwatch | nindent 8 }}
    spec:
      initContainers:
        {{- include "driftwatch.sidecar" .Subcharts.driftwatch | nindent 8 }}
      containers:
        - {name: model, image: "example.com/fraud-model:3"}
      volumes:
        - {name: log, emptyDir: {}}
        {{- include "driftwatch.sidecar.volumes" .Subcharts.driftwatch | nindent 8 }}
"""


@pytest.mark.parametrize(
    ("name", "values"),
    [("deployment", "values"), ("kserve", "values"), ("kserve-logger", "values-http")],
)
def test_an_example_has_the_container_that_the_chart_renders(
    name: str, values: str, tmp_path: Path
) -> None:
    documents = list(yaml.safe_load_all((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")))
    ours = render(EXAMPLES / f"{values}.yaml", tmp_path)
    (made,) = [found for found in documents if found["kind"] in ("Deployment", "InferenceService")]
    if made["kind"] == "Deployment":
        kubernetes_validate.validate(made, OLDEST, strict=True)
        labels = made["spec"]["template"]["metadata"]["labels"]
        pod = made["spec"]["template"]["spec"]
    else:  # its schema is KServe's: a predictor is the spec of a pod
        labels = made["spec"]["predictor"].pop("labels")
        pod = made["spec"]["predictor"]
        spec = {key: value for key, value in pod.items() if key not in ("minReplicas", "logger")}
        whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}
        kubernetes_validate.validate(whole, OLDEST, strict=True)
    by_chart = render(
        EXAMPLES / f"{values}.yaml",
        tmp_path,
        *("--set", "sidecar.deployment.enabled=true"),
        *("--set-json", 'sidecar.deployment.podSpec={"containers": [{"name": "model"}]}'),
    )
    (sidecar,) = [found for found in pod["initContainers"] if found["name"] == "driftwatch"]
    assert sidecar == by_chart.daemon
    (spec,) = by_chart.pod_specs
    assert [found for found in pod["volumes"] if found["name"] != "log"] == spec["volumes"]
    assert ours.one("PodMonitor")["spec"]["selector"]["matchLabels"].items() <= labels.items()
