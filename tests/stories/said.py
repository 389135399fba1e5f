"""What the program said of a story: on the page that people look at, and in its JSON."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

_TAG = re.compile(r"<(style|script|svg).*?</\1>|<[^>]*>", re.DOTALL)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Alarm:
    """An alarm as the JSON has it. Times are seconds since the epoch.

    moved: which event has the most evidence, from what share to what. looks: what the change looks
    like, of which `kind`; empty where nothing was found. ties: what it may be as well.
    """

    version: str
    segment: str
    column: str
    role: str
    severity: str
    raised_s: float
    onset_s: float
    cleared: bool
    moved: str
    kind: str
    looks: str
    ties: tuple[str, ...]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """An alarm of the document."""
        looks = found["explanation"] or {"kind": "none", "words": "", "ties": ()}
        return cls(
            found["model_version"],
            found["segment"],
            found["column"],
            found["role"],
            found["severity"],
            _seconds(found["raised_at"]),
            _seconds(found["onset"]),
            found["cleared_at"] is not None,
            found["words"],
            looks["kind"],
            looks["words"],
            tuple(tie["words"] for tie in looks["ties"]),
        )

    @property
    def sentence(self) -> str:
        """What moved, and what it looks like: as the page has it."""
        return ": ".join(part for part in (self.moved, self.looks) if part)

    @property
    def minutes_unseen(self) -> float:
        """From the onset that it names to the alarm."""
        return (self.raised_s - self.onset_s) / 60.0


@dataclass(frozen=True)
class Said:
    """All that was said at the end of a log.

    document: the JSON. page: the status page, or the report of a replay, as it is read.
    """

    document: Mapping[str, Any]
    page: str

    @classmethod
    def of(cls, document: Mapping[str, Any], page: str) -> Self:
        """From the JSON and the HTML; what the one says of an alarm the other says as well."""
        said = cls(document, visible(page))
        for alarm in said.alarms:
            if not alarm.cleared and (alarm.severity == "page" or not said.paged(alarm.segment)):
                assert alarm.sentence in said.page, alarm
        for stream in document["streams"]:
            for words in stream["blind"].values():
                assert words in said.page, words
        return said

    @cached_property
    def alarms(self) -> tuple[Alarm, ...]:
        """All of them, in the order in which they were raised."""
        return tuple(Alarm.of(found) for found in self.document["alarms"])

    @property
    def segments(self) -> tuple[str, ...]:
        """The streams of the model's version, the whole first."""
        return tuple(dict.fromkeys(stream["segment"] for stream in self.document["streams"]))

    def stream(self, segment: str = "all", version: str | None = None) -> Mapping[str, Any]:
        """A stream of the document; version: None where there is one."""
        (found,) = [
            stream
            for stream in self.document["streams"]
            if stream["segment"] == segment and version in (None, stream["model_version"])
        ]
        return dict(found)

    def columns(self, segment: str = "all") -> tuple[str, ...]:
        """The columns that a stream watches."""
        return tuple(column["name"] for column in self.stream(segment)["columns"])

    def window(self, column: str, segment: str = "all") -> Mapping[str, Any]:
        """The gauges of a column over the shortest window."""
        (found,) = [c for c in self.stream(segment)["columns"] if c["name"] == column]
        return dict(found["windows"][0])

    def blind(self, segment: str = "all") -> Mapping[str, str]:
        """Reasons why silence can't be believed, each with its words."""
        return dict(self.stream(segment)["blind"])

    @property
    def volume(self) -> Mapping[str, Any]:
        """How many records came, beside the same hours in training."""
        return dict(self.stream()["volume"])

    def paged(self, segment: str = "all") -> set[str]:
        """The columns that somebody was paged for."""
        return {a.column for a in self.of_segment(segment) if a.severity == "page"}

    def informed(self, segment: str = "all") -> set[str]:
        """The columns with an alarm of whatever severity."""
        return {a.column for a in self.of_segment(segment)}

    def page_on(self, column: str, segment: str = "all") -> Alarm:
        """The one page of a column."""
        (found,) = [
            a for a in self.of_segment(segment) if (a.column, a.severity) == (column, "page")
        ]
        return found

    def of_segment(self, segment: str) -> tuple[Alarm, ...]:
        """The alarms of a stream."""
        return tuple(alarm for alarm in self.alarms if alarm.segment == segment)


def visible(page: str) -> str:
    """What a person reads of some HTML, on one line."""
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", page)))


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def clock(time_s: float) -> str:
    """A time as documents have it.

    >>> clock(1_772_438_400.0)
    'Mon 2 Mar, 08:00'
    """
    return datetime.fromtimestamp(time_s, UTC).strftime("%a %-d %b, %H:%M")
