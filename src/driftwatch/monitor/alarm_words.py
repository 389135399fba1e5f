"""An alarm in words, the same on every surface."""

from datetime import UTC, datetime

from driftwatch.monitor.alarms import EVIDENCE
from driftwatch.monitor.report import AlarmEvent
from driftwatch.records import SECOND_US

LATEST_S = 253_402_300_799
"""The last second of the year 9999."""

_WORDS = {
    "missing_ratio": "missing values",
    "out_of_range_ratio": "values outside the training range",
    "new_category_ratio": "values never seen in training",
    "psi": "population stability index",
    "psi_debiased": "population stability index (noise taken off)",
    "ks_statistic": "Kolmogorov-Smirnov distance",
    "wasserstein_normalized": "Wasserstein distance in standard deviations",
    "jensen_shannon": "Jensen-Shannon distance",
}


def alarm_words(event: AlarmEvent) -> str:
    """An alarm in a sentence for the person on call.

    What moved, from where to where, and what it looks like. Thresholds on ratios are said as
    percentages, beside what they were in the training data.
    """
    looks = ""
    if event.explanation is not None:
        looks = f": {event.explanation.words}"
    if event.statistic == EVIDENCE:
        return f"{event.column}: {event.words or 'drift'}{looks}"
    name = _WORDS.get(event.statistic, event.statistic)
    if event.baseline is not None:
        return (
            f"{event.column}: {name} at {event.value:.1%} "
            f"({event.baseline:.1%} in training, {event.severity} from "
            f"{event.baseline + event.bound:.1%}){looks}"
        )
    passed = f"{event.severity} from {event.bound:g}"
    return f"{event.column}: {name} at {event.value:.2f} ({passed}){looks}"


def when(time_us: int) -> str:
    """A time for people and machines: RFC 3339 in UTC."""
    # A pane of the last minute of the year 9999 ends in a year that has no name here.
    moment = datetime.fromtimestamp(min(time_us // SECOND_US, LATEST_S), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
