"""The page that the stories make: `pytest tests/stories --write-page` writes it anew.

Each story writes its own section, and its row of the table; what stands before the table is written
by hand.
"""

import re
import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tests.harness.tools import ROOT
from tests.stories.said import Alarm, Said, clock

DOCUMENT = ROOT / "docs" / "explanation" / "stories.md"
_TABLE = "<!-- table -->"
_BEGIN = re.compile(r"^(?=## )", re.MULTILINE)
_HEADING = re.compile(r"## (\d+b?)\. ")
_SAYS = "**Driftwatch says:** "
_WIDTH = 110
MOST_TOLD = 4
"""So many alarms of a segment are told at length."""


@dataclass(frozen=True)
class Section:
    """A story on the page.

    number: as in the table. title: what happens, in a sentence. happens: the same at length.
    says: in a few words what was said. shown: what was said, as it came out.
    """

    number: str
    title: str
    happens: str
    says: str
    shown: str

    def __str__(self) -> str:
        return "\n\n".join(
            (
                f"## {self.number}. {self.title}",
                self.happens,
                f"{_SAYS}{self.says}.",
                f"```text\n{self.shown}\n```",
            )
        )


def with_section(document: str, section: Section) -> str:
    """The document with this story told anew, and its row of the table."""
    head, _, rest = document.partition(_TABLE)
    _, *found = _BEGIN.split(rest)
    sections = {_number(text): text.strip() for text in found}
    sections[section.number] = str(section)
    told = [sections[number] for number in sorted(sections, key=_place)]
    return "\n\n".join((f"{head}{_TABLE}", _table(told), *told)) + "\n"


def _table(sections: Sequence[str]) -> str:
    return "\n".join(("| what happens | what Driftwatch says |", "| --- | --- |", *_rows(sections)))


def _rows(sections: Sequence[str]) -> Iterator[str]:
    for text in sections:
        title = text.partition("\n")[0].removeprefix("## ")
        (says,) = [line for line in text.splitlines() if line.startswith(_SAYS)]
        yield f"| [{title}](#{_anchor(title)}) | {says.removeprefix(_SAYS).removesuffix('.')} |"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _number(section: str) -> str:
    found = _HEADING.match(section)
    assert found is not None, section
    return found[1]


def _place(number: str) -> tuple[int, str]:
    return int(number.removesuffix("b")), number


def in_short(said: Said) -> str:
    """What was said of each segment: pages, else infos; blindness; and else that it was quiet."""
    return "; ".join(
        f"{f'`{segment}`: ' if len(said.segments) > 1 else ''}{_in_short(said, segment)}"
        for segment in said.segments
    )


def _in_short(said: Said, segment: str) -> str:
    paged = [c for c in said.columns(segment) if c in said.paged(segment)]
    informed = [c for c in said.columns(segment) if c in said.informed(segment) - set(paged)]
    parts = [f"blind, {reason}" for reason in said.blind(segment)]
    for severity, columns in (("page", paged), ("info", informed)):
        if columns:
            parts.append(f"{severity} on {_listed(columns)}")
    return "; ".join(parts) or "quiet"


def _listed(columns: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in columns]
    if len(quoted) > 4:
        return f"{quoted[0]} and {len(quoted) - 1} more columns"
    return " and ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part)


def as_said(said: Said, infos: bool = False, first: Collection[str] = ()) -> str:
    """An unusual volume, blindness and alarms in the program's words.

    infos: tell the `info` of a column as well that pages. first: columns of which to tell before
    others.
    """
    volume = said.document["streams"][0]["volume"]
    told = [f"volume ({volume['alarm']}): {volume['words']}"] if volume["alarm"] else []
    for segment in said.segments:
        told += _segment_lines(said, segment, infos, first)
    return "\n".join(told)


def _segment_lines(said: Said, segment: str, infos: bool, first: Collection[str]) -> Iterator[str]:
    where = "" if len(said.segments) == 1 else f" [{segment}]"
    for reason, words in said.blind(segment).items():
        yield f"blind{where} ({reason}): {words}"
    alarms = [
        alarm
        for alarm in said.of_segment(segment)
        if infos or alarm.severity == "page" or alarm.column not in said.paged(segment)
    ]
    alarms.sort(key=lambda alarm: alarm.column not in first)
    for alarm in alarms[:MOST_TOLD]:
        yield from _alarm_lines(alarm, where)
    if len(alarms) > MOST_TOLD:
        yield f"and {len(alarms) - MOST_TOLD} more{where}"
    quiet = len(said.columns(segment)) - len(said.informed(segment))
    yield f"quiet{where}: {quiet} of {len(said.columns(segment))} columns"


def _alarm_lines(alarm: Alarm, where: str) -> Iterator[str]:
    raised, since = clock(alarm.raised_s), clock(alarm.onset_s)
    yield f"{alarm.severity}{where} on {alarm.column}, {raised}, since {since}:"
    yield from _wrapped(alarm.sentence)
    for tie in alarm.ties:
        yield from _wrapped(f"or as well: {tie}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ")
