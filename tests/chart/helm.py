"""Helm as the chart's tests call it, and what it renders."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.harness.tools import ROOT

CHART = ROOT / "deploy" / "helm" / "driftwatch"
VALUES = ROOT / "tests" / "chart" / "values"
RELEASE = "rel"
OLDEST, NEWEST = "1.29", "1.37"
"""Of Kubernetes: the chart says the first, `kubernetes-validate` brings the last."""

_PROGRAMS = ROOT / ".tools" / "helm" / "bin"

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The objects of a release."""

    objects: tuple[Object, ...]

    def of(self, kind: str) -> list[Object]:
        """All of a kind."""
        return [found for found in self.objects if found["kind"] == kind]

    def one(self, kind: str) -> Any:
        """The only one of its kind."""
        (found,) = self.of(kind)
        return found

    def named(self, kind: str, name: str) -> Any:
        """The one of this name."""
        (found,) = [item for item in self.of(kind) if item["metadata"]["name"] == name]
        return found

    @property
    def configuration(self) -> str:
        """driftwatch.yaml."""
        (found,) = [
            item["data"]["driftwatch.yaml"]
            for item in self.of("ConfigMap")
            if "driftwatch.yaml" in item.get("data", {})
        ]
        return str(found)

    @property
    def pod_specs(self) -> Iterator[Any]:
        """Of everything that makes pods."""
        for item in self.objects:
            if item["kind"] in ("StatefulSet", "Deployment"):
                yield item["spec"]["template"]["spec"]

    @property
    def daemon(self) -> Any:
        """The container of the only pod template that is the daemon's."""
        (spec,) = self.pod_specs
        containers = [*spec.get("initContainers", ()), *spec["containers"]]
        (found,) = [item for item in containers if item["name"] == "driftwatch"]
        return found


def run(program: str, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program that `make chart` builds."""
    if not (_PROGRAMS / program).is_file():
        raise RuntimeError(
            f"{program} is missing: run `tools/helm.sh`, or the tests by `make chart`"
        )
    command = [str(_PROGRAMS / program), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def values_files() -> Sequence[Path]:
    """The values that the chart is tried with."""
    return sorted(VALUES.glob("*.yaml"))


def template(
    values: Path | Mapping[str, Any], folder: Path, *more: str, chart: Path = CHART
) -> subprocess.CompletedProcess[str]:
    """`helm template` with these values. folder: for values that are no file yet."""
    if not isinstance(values, Path):
        path = folder / "values.yaml"
        path.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
        values = path
    # `--set` and the like win over the file.
    return run("helm", "template", RELEASE, chart, "--namespace", "ml", "-f", values, *more)


def render(
    values: Path | Mapping[str, Any],
    folder: Path,
    *more: str,
    kubernetes: str = OLDEST,
    chart: Path = CHART,
) -> Rendered:
    """The objects of a release with these values."""
    done = template(values, folder, "--kube-version", f"{kubernetes}.0", *more, chart=chart)
    assert done.returncode == 0, done.stderr
    return Rendered(tuple(found for found in yaml.safe_load_all(done.stdout) if found))
