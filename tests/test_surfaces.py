"""No surface shows a value that few records had, unless that was asked for."""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch
from tests.harness.process import http_get
from tests.harness.waiting import wait_until

ROWS = 3_000
CONFIGURATION = """
source: {{files: {{path: log, start: earliest}}}}
decode: {{timestamp: ts, model: model, model_version: version}}
models:
  rides:
    baselines: {{"1": rides.json}}
    columns:
      plan: {{sensitive: {sensitive}}}
      fare: {{sensitive: {sensitive}}}
pane: 2s
windows: [1m, 10m]
lateness: 2s
checkpoint_every: 200ms
show_values: {show_values}
state: {{memory: true}}
http: {{listen: "127.0.0.1:0"}}
log: {{level: debug}}
"""

# What only the records hold. A value that many of them have is no secret by itself.
OF_MANY = "Lyon"
OF_FEW = "secret-of-few"
LATE = "secret-late"  # of few as well
OF_THE_PLAN = "secret-plan"
NEVER = (
    "secret-time",
    "secret-model",
    "secret-version",
    "secret-text",
    "secret-broken",
    "98765.4",  # the largest live fare
)
# What the baseline holds of a column that may be sensitive.
VOCABULARY = ("vocab-gold", "vocab-silver")
ATOM = "17.125"


def write_baseline(folder: Path) -> None:
    rows = [
        {
            "city": "Paris" if i % 3 else "Rome",
            "plan": VOCABULARY[i % 2],
            "fare": float(ATOM) if i % 4 == 0 else float(i % 97),
        }
        for i in range(6_000)
    ]
    chunk = Chunk.from_records(rows)
    build(lambda: iter([chunk]), BuildOptions("rides", "1")).save(folder / "rides.json")


def write_log(folder: Path) -> None:
    """A log of 50 seconds until now, in which every column drifts and much can't be read."""
    begin = time.time() - 50
    lines = []
    for i in range(ROWS):
        record = {
            "ts": begin + 48 * i / ROWS,
            "model": "rides",
            "version": "1",
            "city": OF_MANY if i % 5 == 0 else OF_FEW if i % 150 == 1 and i < 2_850 else "Paris",
            "plan": OF_THE_PLAN if i % 3 == 0 else VOCABULARY[0],
            "fare": float(ATOM) if i % 2 else float(i % 7),
        }
        lines.append(json.dumps(record))
        if i % 30 == 0:
            lines += [
                json.dumps({**record, "ts": "secret-time"}),
                json.dumps({**record, "model": "secret-model"}),
                json.dumps({**record, "version": f"secret-version-{i // 300}"}),
                json.dumps({**record, "fare": "secret-text"}),
                '{"city": "secret-broken",',
            ]
        if i % 300 == 299:
            lines.append(json.dumps({**record, "ts": begin - 600, "city": LATE}))
    lines.append(json.dumps({**json.loads(lines[0]), "ts": begin + 48, "fare": 98765.4321}))
    (folder / "log").mkdir()
    (folder / "log" / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Shown:
    """All that a daemon shows."""

    everything: str
    status: str


def surfaces(start: StartDriftwatch, home: Path, sensitive: bool, show_values: bool) -> Shown:
    write_baseline(home)
    write_log(home)
    configuration = home / "driftwatch.yaml"
    said = {"sensitive": str(sensitive).lower(), "show_values": str(show_values).lower()}
    configuration.write_text(CONFIGURATION.format(**said), encoding="utf-8")
    process = start("run", "-c", configuration)
    process.wait_until_said("started")
    found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', process.stderr)
    assert found is not None
    port = int(found[1])

    def page(path: str) -> str:
        return http_get(f"http://127.0.0.1:{port}{path}")[1]

    def explained() -> bool:
        status = json.loads(page("/api/v1/status"))
        pages = {a["column"] for a in status.get("alarms", ()) if a["explanation"]}
        return pages == {"city", "plan", "fare"} and status["records"]["counted"] > ROWS

    wait_until(explained, what="every column is in alarm and explained", timeout=30)
    paths = ["/", "/metrics", "/api/v1/status", "/config", "/nowhere", "/api/v1/columns/nothing"]
    paths += [f"/api/v1/columns/{name}" for name in ("city", "plan", "fare")]
    pages = {path: page(path) for path in paths}
    assert process.terminate(timeout=10) == 0
    assert "what changed" in process.stderr or "alarm raised" in process.stderr
    return Shown("\n".join([*pages.values(), process.stderr]), pages["/api/v1/status"])


@pytest.mark.parametrize("sensitive", [False, True], ids=["plain", "sensitive"])
@pytest.mark.parametrize("show_values", [False, True], ids=["hidden", "shown"])
def test_what_only_few_records_had_is_nowhere_unless_it_is_asked_for(
    driftwatch: StartDriftwatch, tmp_path: Path, sensitive: bool, show_values: bool
) -> None:
    shown = surfaces(driftwatch, tmp_path, sensitive, show_values)
    assert OF_MANY in shown.status
    assert (OF_FEW in shown.everything) == show_values
    assert LATE not in shown.everything or show_values
    assert (OF_THE_PLAN in shown.everything) == (not sensitive)
    assert any(word in shown.everything for word in VOCABULARY) == (not sensitive)
    assert (ATOM in shown.everything) == (not sensitive)
    assert [word for word in NEVER if word in shown.everything] == []
