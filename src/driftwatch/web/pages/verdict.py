"""The first line of every page: is something wrong, or can't we tell?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from driftwatch.monitor.alarms import SEVERITIES, Severity
from driftwatch.monitor.report import AlarmEvent, BlindReason, Report, StreamReport
from driftwatch.records import StreamKey
from driftwatch.web.pages.words import clock, column_address, count, listed, stream_name

State = Literal["ok", "drifting", "blind", "warming_up", "starting"]

_WARMING: frozenset[BlindReason] = frozenset(("warming_up",))


@dataclass(frozen=True, slots=True)
class Cause:
    """A line below the first one. href: where to look; None where this page says all."""

    severity: Literal["page", "info", "blind", "drift"]
    subject: str
    words: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How things stand. sentence: the answer; causes: what it rests on, the worst first."""

    state: State
    sentence: str
    causes: tuple[Cause, ...] = ()


STARTING = Verdict(
    "starting", "Too early to tell: nothing has been computed yet since Driftwatch started."
)


def verdict(report: Report | None) -> Verdict:
    """The answer that a report gives; None is that of a process that has made none yet."""
    if report is None:
        return STARTING
    watched = [stream for stream in report.streams if not stream.retired]
    blind = [stream for stream in watched if stream.blind.keys() - _WARMING]
    warming = [stream for stream in watched if "warming_up" in stream.blind]
    compared = tuple(_comparisons(report))
    volumes = tuple(volume_causes(watched))
    causes = (*_alarms(report, watched), *compared, *volumes, *_blindness(blind))
    beside = {*compared, *volumes}
    pages = [cause for cause in causes if cause.severity == "page" and cause not in beside]
    infos = [cause for cause in causes if cause.severity == "info" and cause not in beside]
    if not pages and beside:
        return Verdict("drifting", _beside(*compared, *volumes) + _and_blind(blind), causes)
    if pages or infos:
        return Verdict("drifting", _drifting(pages, infos, watched) + _and_blind(blind), causes)
    if blind:
        return Verdict("blind", _blind(blind), causes)
    if warming:
        return Verdict("warming_up", _warming_up(warming), causes)
    return Verdict("ok", _well(watched), causes)


def _alarms(report: Report, watched: Sequence[StreamReport]) -> Iterator[Cause]:
    """What stands, the pages first and of these the latest."""
    standing = [
        (stream, i, level)
        for stream in watched
        for i in range(len(stream.columns))
        for level in [stream.alarms.level(i)]
        if level != "ok"
    ]
    events = standing_events(report)

    def onset_us(found: tuple[StreamReport, int, Severity]) -> int:
        stream, i, severity = found
        return int(stream.alarms.onset_us[SEVERITIES.index(severity), i])

    for found in sorted(standing, key=lambda each: (each[2] != "page", -onset_us(each))):
        stream, i, severity = found
        name = stream.columns[i].name
        event = events.get((stream.key, name))
        words = alarm_sentence(event) if event is not None else ""
        since = f"since {clock(onset_us(found))}"
        yield Cause(
            severity,
            name,
            f"{since}: {words}" if words else since,
            column_address(stream.key, name),
        )


def standing_events(report: Report) -> dict[tuple[StreamKey, str], AlarmEvent]:
    """The alarms that stand, by stream and column; of a column that pages, that."""
    found: dict[tuple[StreamKey, str], AlarmEvent] = {}
    for event in report.alarms:
        place = (event.stream, event.column)
        if event.cleared_us is None and (place not in found or event.severity == "page"):
            found[place] = event
    return found


def alarm_sentence(event: AlarmEvent) -> str:
    """What moved, and what it looks like, as far as either is known."""
    looks = None if event.explanation is None else event.explanation.words
    return ": ".join(part for part in (event.words, looks) if part)


def _comparisons(report: Report) -> Iterator[Cause]:
    """Versions that differ from each other."""
    for comparison in report.comparisons:
        if comparison.differing and not comparison.retired:
            key = comparison.key
            subject = f"{key.model} {key.model_version} against {comparison.against}"
            severity: Severity = "page" if comparison.pages else "info"
            yield Cause(severity, subject, comparison.sentence, "/#comparisons")


def volume_causes(watched: Sequence[StreamReport]) -> Iterator[Cause]:
    """Models with far fewer or far more records than in training."""
    for stream in watched:
        if stream.volume is not None and stream.volume.alarm is not None:
            yield Cause("info", stream_name(stream.key), stream.volume.words or "")


def _beside(*causes: Cause) -> str:
    """What is wrong where no column pages: versions that differ, an unusual volume."""
    first = causes[0]
    return f"{'Yes' if first.severity == 'page' else 'Perhaps'}: {first.subject}: {first.words}."


def _blindness(blind: Sequence[StreamReport]) -> Iterator[Cause]:
    for stream in blind:
        for reason, words in stream.blind.items():
            if reason not in _WARMING:
                yield Cause("blind", stream_name(stream.key), f"{words} ({reason})")


def _drifting(
    pages: Sequence[Cause], infos: Sequence[Cause], watched: Sequence[StreamReport]
) -> str:
    found = pages or infos
    names = listed([cause.subject for cause in found])
    models = listed(sorted({s.key.model for s in watched if s.alarms.active.any()}))
    what = count(len(found), "column")
    if pages:
        verb = "does" if len(found) == 1 else "do"
        return f"Yes: {what} of {models} {verb} not look like the training data any more: {names}."
    verb = "moves" if len(found) == 1 else "move"
    return f"Perhaps: {what} of {models} {verb} a little, too little to page anybody: {names}."


def _and_blind(blind: Sequence[StreamReport]) -> str:
    if not blind:
        return ""
    names = listed([stream_name(stream.key) for stream in blind])
    return f" And what is silent can't be believed: Driftwatch is blind to {names}."


def _blind(blind: Sequence[StreamReport]) -> str:
    first = next(words for r, words in blind[0].blind.items() if r not in _WARMING)
    names = listed([stream_name(stream.key) for stream in blind])
    return f"Can't tell: Driftwatch is blind to {names}: {first}."


def _warming_up(warming: Sequence[StreamReport]) -> str:
    names = listed([stream_name(stream.key) for stream in warming])
    why = warming[0].blind["warming_up"]
    return f"Too early to be sure: nothing found so far in {names}, and {why}."


def _well(watched: Sequence[StreamReport]) -> str:
    if not watched:
        return "Nothing is watched: every version of every model is retired."
    columns = sum(len(stream.columns) for stream in watched)
    names = listed([stream_name(stream.key) for stream in watched])
    every = "the one column" if columns == 1 else f"all {columns:,} columns"
    return f"No: {every} of {names} look{'s' if columns == 1 else ''} like the training data."
