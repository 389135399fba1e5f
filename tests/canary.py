"""A canary beside the stable version of a model, read as the daemon reads a log."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.times import column_times
from driftwatch.baselines import make_baselines
from driftwatch.config import Settings, parse
from driftwatch.derive.derivation import NamedCondition
from driftwatch.monitor.report import Report
from driftwatch.replay import open_log, replay
from driftwatch.timestamps import parse_times

CONDITIONS = (
    NamedCondition(name="high_score", role="rate", text="score >= 0.7"),
    NamedCondition(name="paid", role="contract", text="amount > 0"),
)
TIMES = column_times("ts", lambda values: parse_times(values, "s"))
START_S = 1_700_000_040 // 60 * 60
STABLE, CANARY = "7", "8"
MORE = 0.15
"""By so much more of its scores pass 0.7: 25% where the stable version has 10%."""
Record = Mapping[str, Any]


def drawn(rng: np.random.Generator, rows: int, more: float = 0.0) -> dict[str, Any]:
    """Columns of a model. more: share of scores above 0.7 on top of the usual tenth."""
    high = rng.random(rows) < 0.1 + more
    score = np.where(high, rng.uniform(0.7, 1.0, rows), rng.uniform(0.0, 0.7, rows))
    return {
        "amount": rng.lognormal(3, 1, rows).round(3).tolist(),
        "country": rng.choice(["DE", "FR", "IT"], rows, p=[0.6, 0.3, 0.1]).tolist(),
        "score": score.round(4).tolist(),
    }


def records(
    rng: np.random.Generator, version: str, rows: int, minutes: int, more: float, first: int = 0
) -> list[Record]:
    """Records evenly over some minutes; requests are numbered from `first`."""
    columns = drawn(rng, rows, more)
    return [
        {
            "ts": START_S + 60.0 * minutes * i / rows,
            "v": version,
            "id": f"r{first + i}",
            "features": {name: columns[name][i] for name in ("amount", "country")},
            "score": columns["score"][i],
        }
        for i in range(rows)
    ]


@cache
def trained() -> Mapping[str, Baseline]:
    """The baselines of both versions, which were trained on alike data of two weeks."""
    found = {}
    for number, version in enumerate((STABLE, CANARY)):
        rng = np.random.default_rng(100 + number)
        times = (START_S - 86_400.0 * 14 + np.sort(rng.uniform(0, 86_400 * 14, 8_000))).tolist()
        columns = {**drawn(rng, 8_000), "ts": times}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        chunk = Chunk.from_records(rows)
        options = BuildOptions(
            "fraud", version, predictions=("score",), timestamp="ts", conditions=CONDITIONS
        )
        found[version] = build(lambda chunk=chunk: iter([chunk]), options, times_of=TIMES)  # type: ignore[misc]
    return found


def write_files(folder: Path, log: Sequence[Record], **model: Any) -> Settings:
    """Baselines of both versions and a log of these records; more settings of the model."""
    for version, baseline in trained().items():
        baseline.save(folder / f"{version}.json")
    (folder / "log").mkdir()
    lines = (json.dumps(record) + "\n" for record in sorted(log, key=lambda r: r["ts"]))
    (folder / "log" / "a.jsonl").write_text("".join(lines))
    settings = {
        "source": {"files": {"path": str(folder / "log")}},
        "decode": {
            "timestamp": "ts",
            "model": {"const": "fraud"},
            "model_version": "v",
            "features": "features",
            "predictions": {"score": "score"},
            "correlation": "id",
        },
        "models": {
            "fraud": {
                "baselines": {v: str(folder / f"{v}.json") for v in (STABLE, CANARY)},
                "compare": [{"version": CANARY, "against": STABLE, "shadow": True}],
                **model,
            }
        },
        "windows": ["10m", "1h"],
        "state": {"memory": True},
    }
    return parse(settings, folder / "driftwatch.yaml")


def reported(folder: Path, log: Sequence[Record], **model: Any) -> Report:
    """What is reported at the end of a log."""
    settings = write_files(folder, log, **model)
    baselines = make_baselines(settings)
    source = open_log([str(folder / "log")], settings, baselines).source
    decoder = make_decoder(settings, baselines)
    return replay(source, decoder, make_monitor(settings, baselines, 0))


def traffic(more: float, seed: int = 1) -> list[Record]:
    """An hour and a half of both versions, a sixth of it the canary's, which shadows the stable."""
    rng = np.random.default_rng(seed)
    stable = records(rng, STABLE, 4_500, 90, 0.0)
    return [*stable, *records(rng, CANARY, 900, 90, more, first=3_600)]


@cache
def canary_report(more: float = MORE) -> Report:
    """Of a canary that crosses 0.7 more often; with a volume that is far from the usual."""
    with TemporaryDirectory() as folder:
        return reported(Path(folder), traffic(more), volume={"low": 0.5, "high": 2.0})
