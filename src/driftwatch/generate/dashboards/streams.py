"""What the overview says of streams: the state of each over time, and its traffic."""

from driftwatch.generate.dashboards.drill import to_drifting_page, to_itself, to_stream_page
from driftwatch.generate.dashboards.panels import Panel, Query, Timeline, TimeSeries
from driftwatch.generate.dashboards.promql import STREAM, avg_by, max_by, series, sum_by, verdict
from driftwatch.generate.dashboards.states import NO, STATES, STREAM_NAME, YES
from driftwatch.generate.dashboards.variables import SEVERAL

_WHOLE = {**SEVERAL, "segment": "all"}
_VERSION = ("model", "model_version")
_VERSION_NAME = "{{model}} {{model_version}}"


def states() -> tuple[Panel, ...]:
    """In which state every stream was, and why it was blind."""
    return (
        Timeline(
            title="State of every model version",
            description=(
                "What each stream said at the time: ok, info, page, blind, warming up. Normal is "
                "green throughout. Where a bar ends, its version is no longer watched or nothing "
                "was scraped. Click a bar to see the stream on the status page."
            ),
            unit="none",
            queries=(Query(verdict(SEVERAL, SEVERAL, STREAM), STREAM_NAME),),
            meanings=STATES,
            links=(to_stream_page(), to_itself()),
            width=12,
            height=9,
        ),
        Timeline(
            title="Blindness by reason",
            description=(
                "Why the silence of at least one stream could not be believed. Normal is green, "
                "but for warming_up after a start. A reason that stays needs somebody: the runbook "
                "of DriftwatchBlind goes through them."
            ),
            unit="none",
            queries=(Query(max_by(("reason",), series("blind", SEVERAL)), "{{reason}}"),),
            meanings=(NO, YES),
            links=(to_drifting_page(), to_itself()),
            width=12,
            height=9,
        ),
    )


def traffic() -> tuple[Panel, ...]:
    """How many records the versions of a model get."""
    records = TimeSeries(
        title="Records in the window",
        description=(
            "Records of each model version in the chosen window, one on the other. The course of "
            "the day is normal; a step is a release, an outage or a new source. Few records make a "
            "stream blind (under_filled) before they make it wrong."
        ),
        unit="short",
        queries=(
            Query(
                sum_by(_VERSION, series("window_records", _WHOLE, window="$window")), _VERSION_NAME
            ),
        ),
        stacked=True,
        about=(0, None),
        links=(to_stream_page(by=_VERSION), to_itself()),
        width=12,
        height=8,
    )
    share = TimeSeries(
        title="Share of the traffic",
        description=(
            "Which share of its model's records each version answers, in the shortest window. A "
            "canary grows as planned; a version that loses its share all at once was withdrawn, or "
            "is no longer logged."
        ),
        unit="percentunit",
        queries=(Query(avg_by(_VERSION, series("traffic_share_ratio", _WHOLE)), _VERSION_NAME),),
        least=0,
        most=1,
        links=(to_stream_page(by=_VERSION), to_itself()),
        width=12,
        height=8,
    )
    return records, share
