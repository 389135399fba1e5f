"""Other versions, other runtimes, and answers that are no answers of the model."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from tests.conftest import StartDriftwatch
from tests.stories.conftest import Story
from tests.stories.log import START_S, Chapter, Record
from tests.stories.stage import PATIENCE_S, Stage, as_drawn, build_baseline
from tests.stories.town import MODEL, draw, rows

CHANGE_S = START_S + 3_600.0
GOLDEN = 2_000


def write_rows(path: Path, found: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in found), encoding="utf-8")
    return path


def test_a_canary_is_held_against_the_version_beside_it(
    driftwatch: StartDriftwatch, tmp_path: Path, story: Story
) -> None:
    """17. A canary behaves otherwise.

    Version 8 answers a quarter of the trips, beside version 7. It says 0.7 or more twice as often.
    It did so in its own training: against its own baseline it is quiet, as version 7 is against
    its own. `compare: [{version: "8", against: "7"}]`, with the rate `likely: accept >= 0.7`, sees
    them side by side.
    """

    def bolder(row: Record, _: Generator) -> Record:
        odds = row["accept"] / (1.0 - row["accept"]) * np.exp(0.35)
        return {**row, "accept": round(odds / (1.0 + odds), 6)}

    def canary(record: Record, rng: Generator) -> Record:
        return {**bolder(record, rng), "version": "8"} if rng.random() < 0.25 else record

    baselines = {}
    for version, trained in (("7", as_drawn), ("8", bolder)):
        folder = tmp_path / f"version-{version}"
        folder.mkdir()
        baselines[version] = build_baseline(
            folder, "--rate", "likely=accept >= 0.7", trained=trained, version=version
        )
    stage = Stage(tmp_path, baselines["7"], driftwatch)
    model = {
        "baselines": {version: str(file) for version, file in baselines.items()},
        "compare": [{"version": "8", "against": "7"}],
    }
    said = stage.replay(Chapter(120, logged=canary), models={MODEL: model})
    (comparison,) = said.document["comparisons"]
    (rate,) = comparison["windows"][0]["rates"]
    assert rate["condition"] == "likely"
    assert 1.9 < rate["ratio"] < 2.2
    assert rate["low"] < rate["ratio"] < rate["high"]
    assert abs(rate["against_share"] - 0.17) < 0.02
    differing = {c["name"] for c in comparison["columns"] if c["state"] == "page"}
    assert differing == {"accept", "rate.likely"}
    assert "but the features are alike" in comparison["sentence"]
    assert comparison["sentence"] in said.page
    assert rate["words"] in said.page
    assert {(a.version, a.segment) for a in said.alarms} == {("8", "against 7")}
    story.told_as(
        "the predictions of version 8 differ from those of version 7",
        f"{comparison['sentence']}\n{rate['words']}",
    )


def test_another_runtime_is_held_against_golden_inputs(
    driftwatch: StartDriftwatch, tmp_path: Path, story: Story
) -> None:
    """18. The model moves to another runtime.

    2,000 golden trips with the answers of the old one are asked again. For 2% of them `accept`
    differs in the third digit. `driftwatch parity golden.jsonl log.jsonl --key trip` says so, and
    its exit code is 1.
    """
    trips = rows(draw(np.random.default_rng(1), GOLDEN))
    golden = [{"trip": f"trip-{i:04}", **row} for i, row in enumerate(trips)]
    chance = np.random.default_rng(2)
    differing = {row["trip"] for row in golden if chance.random() < 0.02}
    ported = [
        {**row, "accept": round(row["accept"] * (1.004 if row["trip"] in differing else 1.0), 6)}
        for row in golden
    ]
    arguments = (
        *("parity", write_rows(tmp_path / "golden.jsonl", golden)),
        *(write_rows(tmp_path / "log.jsonl", ported), "--key", "trip"),
        *("--prediction", "accept,offer"),
    )
    process = driftwatch(*arguments, "--inputs", "3")
    assert process.wait(PATIENCE_S) == 1, process.stderr
    told = driftwatch(*arguments, "--inputs", str(GOLDEN), "--json")
    assert told.wait(PATIENCE_S) == 1, told.stderr
    found = json.loads(told.stdout)
    assert {each["input"] for each in found["differences"]} == differing
    assert {each["column"] for each in found["differences"]} == {"accept"}
    assert found["inputs"]["differing"] == len(differing)
    (accept,) = (column for column in found["columns"] if column["name"] == "accept")
    assert 0.003 < accept["largest"] < 0.004
    lines = [line.rstrip() for line in process.stdout.splitlines()]
    story.told_as(f"parity: {lines[0]}", "\n".join(lines))


def test_a_fallback_that_answers_is_seen_in_the_serving_column(
    driftwatch: StartDriftwatch, tmp_path: Path, story: Story
) -> None:
    """19. A fallback answers for the model.

    The server logs a `status` with each answer: `model`, or `fallback` where the model took too
    long and a table of averages answered. That was 1% ever; from 09:00 on it is 15%. Its answers
    look much like the model's. `status` is a column of role `serving`.
    """

    def answered(rng: Generator, share: float) -> str:
        return "fallback" if rng.random() < share else "model"

    def served(minutes: float, share: float) -> Chapter:
        def logged(record: Record, rng: Generator) -> Record:
            return {**record, "meta": {"status": answered(rng, share)}}

        return Chapter(minutes, logged=logged)

    baseline = build_baseline(
        tmp_path,
        "--serving",
        "status",
        trained=lambda row, rng: {**row, "status": answered(rng, 0.01)},
    )
    stage = Stage(tmp_path, baseline, driftwatch)
    decode = {**stage.decode, "serving": {"status": "meta.status"}}
    said = stage.replay(served(60, 0.01), served(60, 0.15), decode=decode)
    page = said.page_on("status")
    assert page.role == "serving"
    assert abs(page.onset_s - CHANGE_S) <= 60
    assert page.moved.startswith("the word 'fallback' went from 1.0% to 1")
    assert said.informed() == {"status"}
    story.told(said)
