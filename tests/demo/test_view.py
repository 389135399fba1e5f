"""What of a report the demo shows, in lines and on a screen."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from driftwatch.demo.lines import Lines, standing
from driftwatch.demo.screen import drawing
from driftwatch.demo.story import Story
from driftwatch.demo.view import View, Viewer
from driftwatch.monitor.report import Report
from tests.demo.quick import make_files, report_of, write_log

STORY = Story(20.0, 30.0)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """After 60 s of a log in which both changes have happened."""
    files = make_files(tmp_path_factory.mktemp("demo"))
    write_log(files.log / "log.jsonl", STORY, seed=1, seconds=60)
    return report_of(files, files.log / "log.jsonl")


@pytest.fixture
def view(report: Report) -> View:
    return Viewer(STORY).see(report, 60.0)


def told(*views: View) -> list[str]:
    lines: list[str] = []
    teller = Lines(lines.append)
    for view in views:
        teller.show(view)
    teller.close()
    return lines


def test_a_row_says_what_a_person_asks_first(view: View) -> None:
    row = next(row for row in view.rows if row.name == "temperature")
    assert (row.role, row.level, row.missing) == ("feature", "page", 0.0)
    assert row.psi is not None
    assert row.psi > 0.25
    assert row.mean is not None
    assert row.trained_mean is not None
    assert row.mean < 35 < 50 < row.trained_mean


def test_a_category_has_no_mean(view: View) -> None:
    row = next(row for row in view.rows if row.name == "weather")
    assert (row.level, row.mean, row.trained_mean) == ("page", None, None)
    assert row.odd is not None
    assert row.odd > 0.01


def test_the_words_name_the_means_and_the_new_value(view: View) -> None:
    said = "\n".join(told(view))
    assert "PAGE   temperature: " in said
    assert ", in training 55." in said
    assert "looks like Fahrenheit turned into Celsius" in said
    assert "PAGE   weather: words never seen in training went from 0% to " in said
    assert "'hail'" in said


def test_what_was_told_once_is_not_told_again(report: Report) -> None:
    viewer = Viewer(STORY)
    first = viewer.see(report, 31.0)
    second = viewer.see(report, 32.0)
    assert [event.what for event in second.fresh] == [
        event.what for event in first.fresh if event.what in ("info", "page", "looks")
    ]  # these are fresh in the report itself, which is the same one here
    assert len(second.events) == len(first.events) + len(second.fresh)


def test_how_things_stand_is_told_every_now_and_then(view: View) -> None:
    (line,) = [line for line in told(view) if "records, " in line]
    assert line == f"01:00         {standing(view)}"
    assert "temperature in page PSI" in line
    assert "weather in page" in line


def test_the_screen_has_a_row_a_column_and_the_latest_events(view: View) -> None:
    text = StringIO()
    Console(file=text, width=80, highlight=False).print(drawing(view))
    lines = text.getvalue().splitlines()
    assert len(lines) <= 40
    assert all(len(line) <= 80 for line in lines)
    for row in view.rows:
        assert any(line.startswith(row.name) for line in lines)
    assert "PAGE" in text.getvalue()
    assert "minutes (prediction)" in text.getvalue()


def test_a_low_terminal_has_room_for_the_latest_event(view: View) -> None:
    text = StringIO()
    Console(file=text, width=80, highlight=False).print(drawing(view, height=18))
    lines = text.getvalue().splitlines()
    assert len(lines) <= 18
    assert view.events[-1].words.split()[0] in lines[-2]


def test_before_anything_was_read_nothing_is_claimed(tmp_path: Path) -> None:
    files = make_files(tmp_path)
    (files.log / "log.jsonl").touch()
    view = Viewer(STORY).see(report_of(files, files.log / "log.jsonl"), 0.2)
    assert view.behind_s is None
    assert all(row.psi is None and row.mean is None for row in view.rows)
    text = StringIO()
    Console(file=text, width=80).print(drawing(view))
    assert "nan" not in text.getvalue()
