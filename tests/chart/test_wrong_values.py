"""Wrong values are refused before anything reaches a cluster, in words that name the key."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.helm import VALUES, template


def minimal() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((VALUES / "minimal.yaml").read_text(encoding="utf-8"))
    return found


def with_key(path: str, value: object) -> dict[str, Any]:
    values = minimal()
    here = values
    *above, last = path.split("/")
    for key in above:
        here = here.setdefault(key, {})
    here[last] = value
    return values


FILES = {"files": {"path": "/log"}}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("mode", "daemonset", "/mode"),
        ("replicas", 3, "replicas"),
        ("standalone/replica", 3, "replica"),
        ("standalone/replicas", "three", "/standalone/replicas"),
        (
            "standalone/terminationGracePeriodSeconds",
            1,
            "/standalone/terminationGracePeriodSeconds",
        ),
        ("standalone/persistence/size", "big", "/standalone/persistence/size"),
        ("port", 80, "/port"),
        ("image/digest", "latest", "/image/digest"),
        ("config/source", {"stdin": {}}, "stdin"),
        ("config/source", {}, "/config/source"),
        ("config/source", {"kafka": {"topics": ["x"]}}, "bootstrap_servers"),
        ("config/models", {}, "/config/models"),
        ("config/alarms", {"false_alarm": "1 per 30d"}, "false_alarm"),
        ("config/panes", "1m", "panes"),
        ("config/state", {"folder": "/state"}, "folder"),
        ("config/source/kafka/client", "librdkafka", "/config/source/kafka/client"),
        ("config/models/fraud/baseline", "x", "baseline"),
        ("baselines/files", {"a.json.gz": "no base64!"}, "/baselines/files"),
        ("env", [{"value": "x"}], "/env/0"),
        ("sidecar/readinessProbe", {}, "readinessProbe"),
        ("sidecar/networkPolicy", {"enabled": True}, "networkPolicy"),
        ("links/runbooks", "docs.example.com", "/links/runbooks"),
        ("config/http", {"listen": "0.0.0.0:9000"}, "config.http.listen: the port of"),
        ("prometheusRule/fleet", True, "need config.metrics.counts: true"),
        ("baselines/claim", "x", "baselines.configMap and baselines.claim: give one of them"),
        ("baselines", {"configMap": ""}, "baselines: give one of baselines.files"),
        ("config/source", FILES, "standalone.log.volume: give the volume"),
    ],
)
def test_a_wrong_value_is_named(path: str, value: object, words: str, tmp_path: Path) -> None:
    done = template(with_key(path, value), tmp_path, "--kube-version", "1.29.0")
    assert done.returncode != 0
    assert words in done.stderr.replace("'", ""), done.stderr


def test_a_log_in_files_has_one_reader(tmp_path: Path) -> None:
    values = with_key("config/source", FILES)
    values["standalone"] = {"replicas": 2, "log": {"volume": {"emptyDir": {}}}}
    done = template(values, tmp_path, "--kube-version", "1.29.0")
    assert "several would each count every record" in done.stderr


def test_a_sidecar_needs_the_volume_of_its_log(tmp_path: Path) -> None:
    values = with_key("config/source", FILES) | {"mode": "sidecar"}
    done = template(values, tmp_path, "--kube-version", "1.29.0")
    assert "sidecar.log.volumeName: name the volume" in done.stderr


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    done = template({}, tmp_path, "--kube-version", "1.29.0")
    assert "/config" in done.stderr


def test_a_cluster_without_native_sidecars_is_refused(tmp_path: Path) -> None:
    done = template(minimal(), tmp_path, "--kube-version", "1.28.0")
    assert "requires kubeVersion: >=1.29.0-0" in done.stderr
