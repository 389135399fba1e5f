"""What a configuration says of conditions, and what its baselines were built with."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog.testing
import yaml

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.baselines import make_baselines
from driftwatch.config import Settings, load
from driftwatch.derive.derivation import NamedCondition
from driftwatch.errors import ConfigError
from driftwatch.records import ModelVersion, Partition, RawBatch, StreamKey

ROUTE = ModelVersion("fraud", "3")
ROWS = [{"amount": float(i), "country": ("DE", "FR")[i % 2]} for i in range(400)]
CONDITIONS = (
    NamedCondition(name="german", role="segment", text="country = 'DE'"),
    NamedCondition(name="large", role="rate", text="amount > 300"),
    NamedCondition(name="positive", role="contract", text="amount >= 4"),
)


@pytest.fixture(scope="module")
def built() -> Baseline:
    options = BuildOptions(*ROUTE, conditions=CONDITIONS)
    return build(lambda: iter([Chunk.from_records(ROWS)]), options)


@pytest.fixture
def folder(tmp_path: Path, built: Baseline) -> Path:
    built.save(tmp_path / "fraud.json")
    return tmp_path


def settings_of(folder: Path, **model: Any) -> Settings:
    config = folder / "driftwatch.yaml"
    document: Mapping[str, Any] = {
        "source": {"files": {"path": "log"}},
        "decode": {"timestamp": "ts", "model": {"const": "fraud"}},
        "models": {"fraud": {"baselines": "fraud.json", **model}},
        "state": {"memory": True},
    }
    config.write_text(yaml.safe_dump(document))
    return load(config, {})


def refused(folder: Path, **model: Any) -> str:
    with pytest.raises(ConfigError) as error:
        make_baselines(settings_of(folder, **model))
    return str(error.value)


def test_every_segment_is_a_stream_and_shares_the_budget(folder: Path) -> None:
    settings = settings_of(folder)
    monitor = make_monitor(settings, make_baselines(settings), 0)

    assert set(monitor.streams) == {StreamKey(*ROUTE), StreamKey(*ROUTE, "german")}
    policies = [stream.detector.policy for stream in monitor.streams.values()]
    assert [policy.watched for policy in policies] == [10, 10]  # five columns, twice


def test_texts_that_agree_are_taken_however_they_are_spaced(folder: Path) -> None:
    settings = settings_of(folder, segments={"german": "country  =\n'DE'"})
    found = make_baselines(settings)[ROUTE].conditions
    assert [(c.column, c.text) for c in found] == [(c.column, c.text) for c in CONDITIONS]


@pytest.mark.parametrize(
    ("key", "name", "option"), [("segments", "german", "--segment"), ("rates", "large", "--rate")]
)
def test_another_text_than_the_baselines_is_refused(
    folder: Path, key: str, name: str, option: str
) -> None:
    said = refused(folder, **{key: {name: "amount < 7"}})
    assert f"models.fraud.{key}.{name}: 'amount < 7'" in said
    assert f"{option} {name}='amount < 7'" in said
    assert "was built with" in said


def test_a_segment_that_no_baseline_has_is_refused_with_what_to_do(folder: Path) -> None:
    said = refused(folder, segments={"french": "country = 'FR'"})
    assert "fraud.json knows none of this name" in said
    assert "build the baseline again with --segment french=" in said


def test_a_rule_of_the_configuration_stands_instead_and_the_log_says_so(folder: Path) -> None:
    settings = settings_of(folder, contract={"positive": "amount >= 0"})
    with structlog.testing.capture_logs() as logs:
        (baseline,) = make_baselines(settings).values()

    assert [c.text for c in baseline.conditions if c.role == "contract"] == ["amount >= 0"]
    (said,) = logs
    assert (said["rule"], said["configured"], said["built"]) == (
        "positive",
        "amount >= 0",
        "amount >= 4",
    )


def test_a_rule_that_training_was_not_asked_is_taken_to_have_held(folder: Path) -> None:
    settings = settings_of(folder, contract={"known": "country IS NOT NULL"})
    baselines = make_baselines(settings)

    for segment in ("all", "german"):
        part = baselines[ROUTE].of(segment)
        (column,) = (c for c in part.columns if c.name == "contract.known")
        assert column.kind == "categorical"
        assert (column.vocabulary, column.counts) == (("true",), (part.rows,))
    make_monitor(settings, baselines, 0)


def test_a_condition_on_a_column_that_is_not_monitored_is_refused(folder: Path) -> None:
    said = refused(folder, columns={"country": {"monitor": False}})
    assert "models.fraud" in said
    assert "country = 'DE'" in said
    assert "^" in said


def test_a_rule_on_a_column_that_is_not_there_points_into_its_text(folder: Path) -> None:
    said = refused(folder, contract={"aged": "amount > 3 AND amuont < 9"})
    lines = said.splitlines()
    caret = next(i for i, line in enumerate(lines) if line.strip().startswith("^"))
    assert lines[caret - 1][lines[caret].index("^") :].startswith("amuont")
    assert "amount" in said.replace("amuont", "")


START = """
import sys
from pathlib import Path
from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import load
for config in sys.argv[1:]:
    settings = load(Path(config), {})
    baselines = make_baselines(settings)
    make_monitor(settings, baselines, 0)
    make_decoder(settings, baselines)
    print(config, "sqlglot" in sys.modules)
"""


def test_only_a_condition_that_no_baseline_has_takes_the_parser(folder: Path) -> None:
    contracts: dict[str, dict[str, str]] = {
        "none.yaml": {},
        "as-built.yaml": {"positive": "amount >= 4"},
        "more.yaml": {"small": "amount < 999"},
    }
    for name, contract in contracts.items():
        settings_of(folder, contract=contract)
        (folder / "driftwatch.yaml").rename(folder / name)
    command = [sys.executable, "-c", START, *contracts]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    said = [line.split() for line in done.stdout.splitlines() if line.startswith(tuple(contracts))]
    assert said == [["none.yaml", "False"], ["as-built.yaml", "False"], ["more.yaml", "True"]]


def germans(folder: Path) -> list[bool]:
    """Which of two records, of DE and of FR, the daemon takes for the segment `german`."""
    settings = settings_of(folder)
    decoder = make_decoder(settings, make_baselines(settings))
    records = [{"ts": 1_700_000_000, "amount": 9.0, "country": word} for word in ("DE", "FR")]
    values = [json.dumps(record).encode() for record in records]
    batch = decoder.decode(RawBatch(Partition("log", 0), values, np.arange(2), 2))
    (rows,) = batch.rows
    found: list[bool] = rows.masks["german"].tolist()
    return found


@pytest.mark.parametrize("part", ["text", "tree"])
def test_the_text_is_what_is_asked_where_somebody_edited_it_or_its_tree(
    folder: Path, part: str
) -> None:
    assert germans(folder) == [True, False]
    document = json.loads((folder / "fraud.json").read_text())
    (german, *_) = document["conditions"]
    if part == "text":
        german["text"] = "country = 'FR'"
    else:
        german["read"]["tree"]["right"]["value"] = "FR"
    del document["checksum"]
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    document["checksum"] = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    (folder / "fraud.json").write_text(json.dumps(document, ensure_ascii=False))

    assert germans(folder) == ([False, True] if part == "text" else [True, False])


def test_a_baseline_without_trees_is_read_as_ever(folder: Path, built: Baseline) -> None:
    texts = tuple(each.model_copy(update={"read": None}) for each in built.conditions)
    built.model_copy(update={"conditions": texts}).save(folder / "fraud.json")
    assert germans(folder) == [True, False]


def test_a_tree_does_not_change_what_the_counts_mean(built: Baseline) -> None:
    texts = tuple(each.model_copy(update={"read": None}) for each in built.conditions)
    assert built.conditions != texts
    assert built.model_copy(update={"conditions": texts}).meaning("german") == built.meaning(
        "german"
    )
