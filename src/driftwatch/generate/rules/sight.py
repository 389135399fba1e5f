"""The alert that Driftwatch can't see: as bad as drift, since silence then means nothing."""

from driftwatch.config import Duration
from driftwatch.export.values import BLIND
from driftwatch.generate.rules.addresses import of_stream
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.promql import STREAM, lately, over
from driftwatch.generate.rules.rule import Alert, AlertName, AlertSeverity, Recording
from driftwatch.generate.rules.words import NAMED_STREAM, THE_STREAM, joined, meaning

WINDOWS_UNDER_FILLED = 6
"""So many of the shortest windows a stream may have too few records: nights are quiet."""

_BLIND = "stream:driftwatch_blind:all_or_any"
_OF_RECORDS = "no_records|warming_up|under_filled"
"""Reasons that are true of a replica that reads no partition; they count where all have them."""


def sight_recordings() -> tuple[Recording, ...]:
    """Why a stream is blind, of all replicas together."""
    by = f"{STREAM}, reason"
    own = over("min", by, lately(f'driftwatch_blind{{reason=~"{_OF_RECORDS}"}}', "5m"))
    any_ = over("max", by, lately(f'driftwatch_blind{{reason!~"{_OF_RECORDS}"}}', "5m"))
    return (Recording(_BLIND, f"{own}\nor\n{any_}"),)


def sight_alerts(policy: RulesPolicy) -> tuple[Alert, ...]:
    """By reason; a stream that warms up will see by itself."""
    quiet = Duration(WINDOWS_UNDER_FILLED * policy.window.us)
    return (
        _blind(policy, 'reason!~"warming_up|under_filled"', "warning", "10m"),
        _blind(policy, 'reason="under_filled"', "info", str(quiet)),
    )


def _blind(policy: RulesPolicy, reasons: str, severity: AlertSeverity, after: str) -> Alert:
    name: AlertName = "DriftwatchBlind"
    links = of_stream(policy.links, name)
    return Alert(
        name,
        f"{_BLIND}{{{reasons}}} == 1",
        severity,
        f"Driftwatch is blind for {THE_STREAM}: {{{{ $labels.reason }}}}",
        joined(
            NAMED_STREAM,
            "The silence of {{ $stream }} can't be believed: ",
            f"{meaning('$labels.reason', BLIND)}.\n",
            "Drift that begins now is seen late or not at all. Alarms that stand stay as they "
            "are.\n",
            "Look first at the status page; it says since when, and how much:\n"
            f"{links['status_page_url']}\n",
        ),
        links,
        after=after,
        keep="5m",
    )
