"""What is reported of a stream: how it stands at one moment, and why it may be blind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from driftwatch.monitor.alarms import SEVERITIES, AlarmState
from driftwatch.monitor.blindness import BlindPolicy, StreamFacts, Surroundings, blind_reasons
from driftwatch.monitor.report import Pictures, StreamReport
from driftwatch.monitor.stream import Stream
from driftwatch.monitor.totals import Totals
from driftwatch.records import WHOLE, FloatArray, StreamKey


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of the process, and of all streams alike.

    end_us: where windows end. taken_over_us: for each partition that another member read before,
        the event time up to which it did; None where that is not known.
    """

    blind: BlindPolicy
    around: Surroundings
    totals: Totals
    end_us: int
    watermark_us: int | None
    taken_over_us: tuple[int | None, ...]
    retired: frozenset[StreamKey]


def stream_report(stream: Stream, standing: Standing) -> StreamReport:
    """How a stream stands. Its share of its model's traffic is left to `with_shares`."""
    key, around, totals = stream.key, standing.around, standing.totals
    windows = stream.windows(standing.end_us)
    longest, shortest = windows[-1].length_us, windows[0].length_us
    gaps = [words for at, words in totals.gaps.values() if around.now_us - at < longest]
    begin_us = standing.end_us - shortest
    facts = StreamFacts(
        # Few records are in a segment, and sometimes none: that it hears nothing is no sign.
        last_record_us=totals.last_record_us.get(key.whole),
        unrouted=around.recent.get(f"unrouted:{key.model}", 0),
        window_rows=windows[0].counts.rows,
        window_fill=windows[0].fill_ratio,
        elsewhere=sum(us is None or us > begin_us for us in standing.taken_over_us),
        gap=gaps[-1] if gaps else None,
        strangers=totals.strangers_of(key.model),
    )
    retired = key in standing.retired
    return StreamReport(
        key,
        stream.columns,
        stream.records,
        standing.watermark_us,
        stream.first_seen_us,
        {} if retired else blind_reasons(standing.blind, around, facts),
        windows,
        stream.baseline,
        stream.alarms,
        stream.evidence,
        stream.detector.min_detectable_shift,
        raised(stream, totals),
        None,
        stream.named_values(),
        retired,
        _pictures(stream),
        stream.policy.conditions,
    )


def _pictures(stream: Stream) -> Pictures:
    return Pictures(
        stream.layout,
        stream.trail.bars,
        stream.reference.counts,
        stream.counted,
        stream.policy.sensitive,
        stream.detector.policy.tolerance,
        stream.trail.report(),
    )


def raised(stream: Stream, totals: Totals) -> FloatArray:
    """(severities, C) how often each alarm was raised."""
    known = totals.alarms.raised
    return np.array(
        [
            [known.get((stream.key, c.name, severity), 0) for c in stream.columns]
            for severity in SEVERITIES
        ],
        dtype=np.float64,
    )


def with_shares(reports: Sequence[StreamReport]) -> list[StreamReport]:
    """The same reports, each with its share of the records in the shortest window.

    That of a version in its model's records, that of a segment in its version's.
    """
    rows = {report.key: report.windows[0].counts.rows for report in reports}
    of_model: dict[str, int] = {}
    for key, count in rows.items():
        if key.segment == WHOLE:
            of_model[key.model] = of_model.get(key.model, 0) + count

    def share(key: StreamKey) -> float | None:
        among = of_model[key.model] if key.segment == WHOLE else rows[key.whole]
        return rows[key] / among if among else None

    return [replace(report, traffic_share=share(report.key)) for report in reports]


def without_baseline(model: str) -> StreamReport:
    """What is reported of a model that is configured and can't be watched yet."""
    words = f"model {model} has no baseline; `driftwatch baseline build` makes one"
    return StreamReport(
        key=StreamKey(model, ""),
        columns=(),
        records=0,
        watermark_us=None,
        first_seen_us=None,
        blind={"no_baseline": words},
        windows=(),
        baseline={},
        alarms=AlarmState.quiet(0),
        evidence=np.zeros((len(SEVERITIES), 0)),
        min_detectable_shift=np.empty(0),
        alarms_total=np.zeros((len(SEVERITIES), 0)),
        traffic_share=None,
    )
