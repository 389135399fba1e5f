"""How many records come, beside the same hours of the week in training.

Counted over all versions of a model: a canary takes records from another version, and none from the
model. Whether the ratio is worth an alarm only whoever runs the model can say, since training data
are often a sample of the traffic; so there is none without `models.NAME.volume`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from driftwatch.baseline.volume import Volume
from driftwatch.monitor.report import StreamReport, VolumeReport, WindowReport
from driftwatch.records import SECOND_US, WHOLE, StreamKey

FEWEST = 50.0
"""Where fewer records are usual in a window, a ratio of them says too little for an alarm."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class VolumePolicy:
    """volume: of the training data. window: which one is judged.

    low, high: the alarm is raised below and above these multiples of the usual number of records;
    None where there is none.
    """

    volume: Volume
    window: int
    low: float | None = None
    high: float | None = None


def with_volumes(
    reports: Sequence[StreamReport], policies: Mapping[StreamKey, VolumePolicy]
) -> list[StreamReport]:
    """The same reports, those of whole streams whose baseline knows its times with their volume."""
    rows: dict[tuple[str, int], int] = {}
    for report in reports:
        if report.key.segment == WHOLE:
            for i, window in enumerate(report.windows):
                place = (report.key.model, i)
                rows[place] = rows.get(place, 0) + window.counts.rows

    def of(report: StreamReport) -> VolumeReport | None:
        policy = policies.get(report.key)
        if policy is None or report.retired:
            return None
        counts = [rows[report.key.model, i] for i in range(len(report.windows))]
        return _volume(policy, report.windows, counts)

    return [replace(report, volume=of(report)) for report in reports]


def _volume(
    policy: VolumePolicy, windows: Sequence[WindowReport], rows: Sequence[int]
) -> VolumeReport:
    usual = [policy.volume.expected(w.end_us - w.length_us, w.end_us) for w in windows]
    ratios = tuple(
        # What lies before the first record is not known, and is not taken for silence.
        n / expected if expected > 0 and window.fill_ratio >= 1.0 else float("nan")
        for n, expected, window in zip(rows, usual, windows, strict=True)
    )
    ratio, expected, window = ratios[policy.window], usual[policy.window], windows[policy.window]
    alarm: Literal["low", "high"] | None = None
    if expected >= FEWEST and policy.low is not None and ratio < policy.low:
        alarm = "low"
    elif expected >= FEWEST and policy.high is not None and ratio > policy.high:
        alarm = "high"
    return VolumeReport(ratios, alarm, volume_words(ratio, window.end_us - window.length_us))


def volume_words(ratio: float, start_us: int) -> str | None:
    """How many records came in a window that began then; None where that is not known.

    >>> volume_words(2.04, 1_700_000_000_000_000)
    '2.04 times the records of a usual Tuesday 22:00 (UTC)'
    >>> volume_words(0.04, 1_700_000_000_000_000)
    '4.0% of the records of a usual Tuesday 22:00 (UTC)'
    """
    if ratio != ratio:
        return None
    moment = datetime.fromtimestamp(start_us // SECOND_US, UTC)
    usual = f"the records of a usual {_DAYS[moment.weekday()]} {moment:%H}:00 (UTC)"
    return f"{ratio:.3g} times {usual}" if ratio >= 1.0 else f"{ratio:.1%} of {usual}"
