"""The compose file, read by the loader that Docker Compose itself is made of."""

from pathlib import Path

import yaml

from tests.chart.helm import run
from tests.harness.tools import ROOT

FOLDER = ROOT / "deploy" / "compose"


def test_the_compose_specification_takes_all_of_it() -> None:
    done = run("compose-spec", "compose.yaml", cwd=FOLDER)
    assert done.returncode == 0, done.stderr
    read = yaml.safe_load(done.stdout)["services"]
    written = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert read.keys() == written.keys()
    # What an anchor brings reaches each service.
    assert all(service["cap_drop"] == ["ALL"] for service in read.values())
    built = read["driftwatch"]["build"]
    assert Path(built["context"]) == ROOT
    assert read["rides"]["depends_on"]["kafka"]["condition"] == "service_healthy"


def test_a_mistake_in_it_would_be_found(tmp_path: Path) -> None:
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    (tmp_path / "compose.yaml").write_text(text.replace("mem_limit: 128m", "memlimit: 128m"))
    done = run("compose-spec", "compose.yaml", cwd=tmp_path)
    assert done.returncode != 0
    assert "memlimit" in done.stderr + done.stdout
