import time
from pathlib import Path
from statistics import median

import pytest

from benchmarks import guard
from benchmarks.guard import HEADROOM, USUAL, floor, turns
from benchmarks.throughput.jobs import Answer
from benchmarks.throughput.logs import prepare
from benchmarks.throughput.shapes import BASE
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.records import Batch, RawBatch

ROUNDS = 9
SLOWER = 1.8
"""Times as long for decoding, which makes the whole some 30% slower or more."""


@pytest.mark.depth
def test_decoding_that_became_slower_falls_below_the_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = turns(prepare(tmp_path, BASE, 5_000, 0.0).folder)
    decode = JsonDecoder.decode

    def slowly(self: JsonDecoder, raw: RawBatch) -> Batch:
        begin = time.process_time()
        batch = decode(self, raw)
        wasted = begin + SLOWER * (time.process_time() - begin)
        while time.process_time() < wasted:
            pass
        return batch

    def slowed() -> float:
        with monkeypatch.context() as patch:
            patch.setattr(JsonDecoder, "decode", slowly)
            return ours()

    assert median(ours() / ours() for _ in range(ROUNDS)) > HEADROOM
    assert median(ours() / slowed() for _ in range(ROUNDS)) < HEADROOM


def said(monkeypatch: pytest.MonkeyPatch, ratio: float) -> int:
    """What the guard ends with where every round found this ratio."""

    def found(*_: object) -> Answer:
        return {"ratios": [ratio] * 3}

    monkeypatch.setattr(guard, "measure", found)
    monkeypatch.setattr(guard, "prepare", lambda folder, *_: type("L", (), {"folder": folder}))
    return guard.main()


@pytest.mark.parametrize(("share", "code"), [(1.0, 0), (HEADROOM + 0.01, 0), (0.7, 1)])
def test_the_guard_fails_below_the_floor_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], share: float, code: int
) -> None:
    monkeypatch.setattr(guard, "ways", lambda: {"python": {}})
    assert said(monkeypatch, share * USUAL["python"]) == code
    assert ("too slow" in capsys.readouterr().out) == bool(code)


def test_a_floor_is_below_what_is_usual_and_above_what_30_percent_of_slowness_leaves() -> None:
    for way, usual in USUAL.items():
        assert 0.7 * usual < floor(way) < usual
