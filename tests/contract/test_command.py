"""`driftwatch contract suggest` and `driftwatch contract check`."""

import json
from pathlib import Path

import pytest
import yaml

from driftwatch.baseline.artifact import Baseline
from driftwatch.cli import main
from tests.contract.orders import orders, orders_baseline


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return orders_baseline()


@pytest.fixture
def home(tmp_path: Path, baseline: Baseline, monkeypatch: pytest.MonkeyPatch) -> Path:
    baseline.save(tmp_path / "orders.json.gz")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["driftwatch", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def write(path: Path, country: str) -> None:
    data = orders(300, 3)
    for order in data[100:140]:
        order["country"] = country
    path.write_text("\n".join(map(json.dumps, data)))


def test_suggested_rules_can_be_given_back(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "contract", "suggest", "orders.json.gz") == 0
    text = capsys.readouterr().out
    assert yaml.safe_load(text)["country_known"] == "country IN ('DE', 'FR', 'PL')"
    (home / "rules.yaml").write_text(text)
    write(home / "live.jsonl", "DE")
    words = ("contract", "check", "orders.json.gz", "live.jsonl", "--contract", "rules.yaml")
    assert run(monkeypatch, *words) == 0
    assert "ok: no rule broken more often" in capsys.readouterr().out
    assert run(monkeypatch, "contract", "suggest", "orders.json.gz", "--json") == 0
    assert json.loads(capsys.readouterr().out) == yaml.safe_load(text)


def test_a_broken_rule_ends_with_one_and_names_records(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home / "live.jsonl", "XX")
    assert run(monkeypatch, "contract", "check", "orders.json.gz", "live.jsonl") == 1
    out = capsys.readouterr().out
    assert "broken: 1 of 6 rules" in out
    (line,) = [line for line in out.splitlines() if line.startswith("known_country")]
    assert "40 (13.3%)" in line
    assert "101, 102, 103, 104, 105" in line
    assert run(monkeypatch, "contract", "check", "orders.json.gz", "live.jsonl", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "broken"
    assert {rule["name"]: rule["failed"] for rule in found["rules"]}["known_country"] == 40


def test_a_baseline_without_rules_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    orders_baseline({}).save(home / "bare.json")
    write(home / "live.jsonl", "DE")
    assert run(monkeypatch, "contract", "check", "bare.json", "live.jsonl") == 2
    assert "`driftwatch contract suggest bare.json`" in capsys.readouterr().err


def test_a_rule_that_can_not_be_read_points_into_its_text(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home / "live.jsonl", "DE")
    (home / "rules.yaml").write_text("old: agee > 3\n")
    words = ("contract", "check", "orders.json.gz", "live.jsonl", "--contract", "rules.yaml")
    assert run(monkeypatch, *words) == 2
    assert "  agee > 3\n  ^^^^" in capsys.readouterr().err
