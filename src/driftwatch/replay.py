"""An old log, read as the daemon would have read it: same loop, event time as the clock."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from driftwatch.assembly import make_decoder
from driftwatch.baseline.raw import sources_of
from driftwatch.baseline.read import open_data
from driftwatch.baseline.texts import Reading, reading_of
from driftwatch.baselines import Baselines
from driftwatch.config import Settings
from driftwatch.daemon import Decoder, Joiner, Loop, LoopPolicy, Parts
from driftwatch.decode.composer import Composed, RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.errors import UsageError
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.report import Report
from driftwatch.records import Batch, Half, RawBatch, StreamKey
from driftwatch.sources.files import FilesPolicy, FilesSource
from driftwatch.sources.port import Source
from driftwatch.sources.table import TableSource
from driftwatch.state.memory import MemoryStore
from driftwatch.state.stepped import SteppedLedger
from driftwatch.stats.detectable import Reach, reach

CHECKPOINT_EVERY_S = 1.0
ROWS_PER_PANE = 100
"""Where times are made up and nobody says how many records make up a pane."""
FIRST_MADE_UP_US = 946_684_800_000_000
"""Made-up times begin with the year 2000, so that nobody takes them for real ones."""


@dataclass(frozen=True, slots=True)
class OldLog:
    """A log to be replayed. decoder: its own, where it is not written as the settings say."""

    source: Source
    decoder: JsonDecoder | None = None


def open_log(places: Sequence[str], settings: Settings, baselines: Baselines) -> OldLog:
    """The log at some places: files or folders of JSON Lines, or tables (CSV, Parquet).

    A table has a column for each column of the baseline, and a row for each record of one model
    version. Raises UsageError, DataError or SourceError.
    """
    derived = [each for baseline in baselines.values() for each in baseline.derived]
    data = open_data(places, sources_of(derived))
    if data.files[0].format == "jsonl" and all(file.filesystem is None for file in data.files):
        policy = FilesPolicy(
            tuple(Path(file.path) for file in data.files),
            follow=False,
            max_value_bytes=settings.decode.limits.max_value_bytes,
        )
        peek = make_decoder(settings, baselines).event_time if settings.decode.tells_time else None
        return OldLog(FilesSource(policy, peek))
    if len(baselines) != 1:
        raise UsageError(
            "a table says of no row which model version answered; replay it with --baseline FILE"
        )
    route, baseline = next(iter(baselines.items()))
    decoder = JsonDecoder(
        RecordPolicy(
            timestamp=settings.decode.timestamp,
            timestamp_unit=settings.decode.timestamp_unit,
            const_model=route.model,
            const_version=route.version,
        ),
        baselines,
    )
    readings: dict[str, Reading] = {
        column.name: "number" if column.kind == "numeric" else reading_of(column.vocabulary)
        for column in baseline.columns
    }
    return OldLog(TableSource(data.chunks(), readings), decoder)


def spaced(decoder: Decoder, pane_us: int, rows_per_pane: int) -> Decoder:
    """A decoder that makes the times of records up, so many a pane."""
    return EvenlySpaced(decoder, FIRST_MADE_UP_US, pane_us / rows_per_pane)


def replay(
    source: Source,
    decoder: Decoder,
    monitor: Monitor,
    progress: Callable[[Report], None] | None = None,
) -> Report:
    """Read a source to its end and return the last report.

    `now` is the largest event time read so far. progress: called with each report on the way.
    """
    last: list[Report] = []
    for stream in monitor.streams.values():
        stream.trail.keep_all()  # the report shows the whole log, however long it is

    def publish(report: Report) -> None:
        last[:] = [report]
        if progress is not None:
            progress(report)

    loop = Loop(
        Parts(source, decoder, monitor, SteppedLedger(MemoryStore(), source)),
        LoopPolicy(CHECKPOINT_EVERY_S, 0.0, lambda: "earliest"),
        lambda: monitor.head_us or 0,
        publish,
    )
    while not source.exhausted:
        loop.turn()
    loop.checkpoint()
    if monitor.has_moved:  # what waited for its other half to the very end is given up just now
        loop.checkpoint()
    return last[0]


@dataclass(frozen=True, slots=True)
class Power:
    """What the alarms of a stream could have found in a log.

    rows_per_pane: the log's traffic. within: lengths of time as people wrote them.
    columns: by column, what a page would have taken, for each of these lengths.
    """

    rows_per_pane: float
    within: tuple[str, ...]
    columns: Mapping[str, tuple[Reach, ...]]


def power(monitor: Monitor) -> dict[StreamKey, Power]:
    """What each stream's alarms could have found within each of its windows, at its traffic.

    Streams that have seen nothing, or have thresholds only, are left out.
    """
    found = {}
    for key, stream in monitor.streams.items():
        bank = stream.detector.bank
        if bank is None or stream.first_seen_us is None or stream.closed_until_us is None:
            continue
        pane_us = stream.policy.pane_us
        panes = max(1, (stream.closed_until_us - stream.first_seen_us) // pane_us)
        rows = stream.records / panes
        windows = stream.policy.windows
        reached = [reach(bank, rows, window.length_us / pane_us) for window in windows]
        columns = zip(stream.columns, zip(*reached, strict=True), strict=True)
        found[key] = Power(
            rows,
            tuple(window.name for window in windows),
            {column.name: each for column, each in columns},
        )
    return found


def reach_words(found: Reach) -> str:
    """The smallest change that pages, in words.

    >>> reach_words(Reach("shift", 0.25, 60.0)), reach_words(Reach("share", 0.013, 60.0))
    ('a shift of 0.25 sd', 'a share that moves by 1.3 points')
    >>> reach_words(Reach("share", None, 60.0))
    'nothing'
    """
    if found.size is None:
        return "nothing"
    if found.kind == "shift":
        return f"a shift of {found.size:.2f} sd"
    return f"a share that moves by {100 * found.size:.2g} points"


class EvenlySpaced:
    """A decoder for records without times: gives them evenly spaced ones, so many a pane.

    first_us: the time of the first record. step_us: from one record to the next.
    """

    def __init__(self, decoder: Decoder, first_us: int, step_us: float) -> None:
        self._decoder = decoder
        self._first_us = first_us
        self._step_us = step_us
        self._seen = 0

    def decode(self, raw: RawBatch) -> Batch:
        """See `daemon.Decoder`."""
        rows = self._seen + np.arange(len(raw.values))
        self._seen += len(raw.values)
        times = self._first_us + (rows * self._step_us).astype(np.int64)
        return self._decoder.decode(dataclasses.replace(raw, broker_times_us=times))

    def join(self, pairs: Sequence[tuple[Half, Half]]) -> Composed:
        """See `daemon.Joiner`; only one of these has something to join."""
        assert isinstance(self._decoder, Joiner)
        return self._decoder.join(pairs)
