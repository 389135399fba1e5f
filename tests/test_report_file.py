"""Reports as files of HTML: whole in themselves, and right in what they say."""

import json
import logging
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.cli import main

FIRST_S = 1_767_225_600
HOUR = 3_600


def rides(count: int, step_s: float, celsius_from: int | None = None) -> list[dict[str, Any]]:
    chance = random.Random(7)
    found = []
    for i in range(count):
        fahrenheit = chance.gauss(60, 12)
        celsius = celsius_from is not None and i >= celsius_from
        found.append(
            {
                "time": FIRST_S + i * step_s,
                "temperature": round((fahrenheit - 32) / 1.8 if celsius else fahrenheit, 2),
                "<b>weather</b>": chance.choice(("clear", "rain", "<i>snow</i>")),
            }
        )
    return found


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("baseline") / "rides.baseline.json.gz"
    chunk = Chunk.from_records(rides(20_000, 1.0))
    build(lambda: iter([chunk]), BuildOptions("rides", "1", timestamp="time")).save(path)
    return path


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command sets logging up for its whole process, which is that of other tests as well."""
    before, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    yield
    structlog.configure(**before)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


class Runs:
    """Runs a command in this process, on data in a folder."""

    def __init__(self, folder: Path, baseline: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._baseline = baseline
        self._patch = patch

    def html(self, command: str, data: list[dict[str, Any]] | str, *arguments: str) -> str:
        """The report that it writes."""
        assert self.code(command, data, "--html", str(self.folder / "r.html"), *arguments) != 2
        return (self.folder / "r.html").read_text(encoding="utf-8")

    def code(self, command: str, data: list[dict[str, Any]] | str, *arguments: str) -> object:
        text = data if isinstance(data, str) else "".join(json.dumps(row) + "\n" for row in data)
        log = self.folder / "log.jsonl"
        log.write_text(text)
        given = ["driftwatch", command, "--baseline", str(self._baseline), *arguments, str(log)]
        self._patch.setattr("sys.argv", given)
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code


@pytest.fixture
def runs(tmp_path: Path, baseline: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(tmp_path, baseline, monkeypatch)


def assert_whole_in_itself(html: str) -> None:
    assert not re.search(r"<(script|link|img|iframe|object)\b", html)
    assert not re.search(r"(?:src|href)=\"(?!#)", html)
    assert "url(" not in html
    assert "@import" not in html


def test_a_replay_says_what_would_have_been_paged_and_since_when(runs: Runs) -> None:
    html = runs.html("replay", rides(8_000, 1.0, celsius_from=4_000))
    assert_whole_in_itself(html)
    assert "Yes: 1 column would have paged somebody: temperature." in html
    assert "since 2026-01-01 01:0" in html
    assert "looks like Fahrenheit turned into Celsius" in html
    assert html.count('class="line-page"') == 1
    assert "What silence is worth: rides 1" in html


def test_a_replay_in_which_nothing_happened_says_so(runs: Runs) -> None:
    html = runs.html("replay", rides(4_000, 1.0))
    assert "No: nothing in this log would have raised an alarm." in html
    assert 'class="line-' not in html


def test_a_replay_of_weeks_shows_them_from_their_first_day(runs: Runs) -> None:
    html = runs.html("replay", rides(8_000, 40 * 24 * HOUR / 8_000, celsius_from=2_000))
    assert "<dt>event time</dt><dd>2026-01-01 00:00:00 UTC to 2026-02-09" in html
    assert "since 2026-01-11" in html


def test_what_a_log_holds_is_text_and_no_markup(runs: Runs) -> None:
    html = runs.html("replay", rides(4_000, 1.0))
    assert "&lt;b&gt;weather&lt;/b&gt;" in html
    assert "&lt;i&gt;snow" in html
    assert not re.search(r"<b>|<i>", html)


def test_a_replay_that_could_count_nothing_says_that_it_can_not_tell(runs: Runs) -> None:
    html = runs.html("replay", "not a record\n" * 10)
    assert "Can&#39;t tell: no record could be counted." in html
    assert "<dt>refused: unparsable</dt><dd>10 records</dd>" in html


def test_a_check_shows_the_batch_beside_the_baseline(runs: Runs) -> None:
    html = runs.html("check", rides(4_000, 1.0, celsius_from=0))
    assert_whole_in_itself(html)
    assert "No: 1 of 2 columns has drifted." in html
    assert html.index('data-column="temperature"') < html.index('data-column="&lt;b&gt;weather')
    assert html.count("Distribution of ") == 2


def test_a_check_without_drift_says_yes(runs: Runs) -> None:
    assert "Yes: no column has drifted." in runs.html("check", rides(4_000, 1.0))


def test_a_check_that_can_not_tell_has_a_report_as_well(runs: Runs) -> None:
    assert "Can&#39;t tell: the data has 10 rows" in runs.html("check", rides(10, 1.0))
    assert "Can&#39;t tell: " in runs.html("check", "no JSON\n")


@pytest.mark.parametrize("command", ["replay", "check"])
def test_a_report_that_can_not_be_written_is_a_wrong_call(
    runs: Runs, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = runs.folder / "none" / "r.html"
    assert runs.code(command, rides(2_000, 1.0), "--html", str(nowhere)) == 2
    assert f"--html {nowhere}: can't be written: No such file" in capsys.readouterr().err
