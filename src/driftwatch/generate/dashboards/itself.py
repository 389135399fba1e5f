"""Driftwatch itself: does it run, does it keep up, what does it refuse, and what does it cost?"""

from driftwatch.generate.dashboards.by_process import BY, EACH, lines, links, number, ours, third
from driftwatch.generate.dashboards.colours import BASELINE, BLIND, GREEN, LIVE, ORANGE, RED, YELLOW
from driftwatch.generate.dashboards.drill import ITSELF_UID, STATUS_PAGE
from driftwatch.generate.dashboards.health import health
from driftwatch.generate.dashboards.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    Style,
    TimeSeries,
)
from driftwatch.generate.dashboards.policy import DashboardPolicy
from driftwatch.generate.dashboards.promql import max_by, per_second, series, sum_by
from driftwatch.generate.dashboards.variables import of_instance


def itself(policy: DashboardPolicy) -> Dashboard:
    """The dashboard of the processes."""
    at = policy.links.runbooks
    return Dashboard(
        uid=ITSELF_UID,
        title="Driftwatch itself",
        description="Whether Driftwatch runs and keeps up, what it refuses, and what it costs.",
        variables=(of_instance(),),
        rows=(
            Row("Does it run?", health(at)),
            Row("Does it keep up?", _reading(at)),
            Row("What does it refuse?", _refused(at)),
            Row("What does it cost?", _costs(at)),
            Row("What does it keep and serve?", (*_saved(at), *_served(at))),
        ),
        since=policy.since,
        refresh=policy.refresh,
        constants={STATUS_PAGE: policy.links.status_page},
    )


def _reading(runbooks: str) -> tuple[Panel, ...]:
    records = series("records_total", EACH, outcome="!=unevaluated")
    unevaluated = series("records_total", EACH, outcome="unevaluated")
    return (
        TimeSeries(
            title="Records by what became of them",
            description=(
                "Records a second, all processes together. Normal is nearly all counted. late: too "
                "late for the windows, see `lateness`; rejected: unreadable; unrouted: of a model "
                "or version that is not watched. The dashed line is counted, but came after the "
                "alarms had looked."
            ),
            unit="recps",
            queries=(
                Query(sum_by(("outcome",), per_second(records)), "{{outcome}}"),
                Query(f"sum({per_second(unevaluated)})", "unevaluated"),
            ),
            styles=(
                Style("counted", GREEN),
                Style("late", YELLOW),
                Style("rejected", RED),
                Style("unrouted", BLIND),
                Style("unevaluated", ORANGE, dashed=True, alone=True),
            ),
            stacked=True,
            about=(0, None),
            links=links(runbooks, "DriftwatchRejects"),
            width=12,
            height=8,
        ),
        lines(
            "Lag",
            "Records that wait to be read, by process. Normal is a level that falls back after "
            "each peak. A steady rise needs more partitions and members, or less work: what is "
            "read lies in the past meanwhile, and streams go blind (lagging).",
            series("consumer_lag_records", EACH),
            unit="short",
            to=links(runbooks, "DriftwatchLagging"),
        ),
    )


def _refused(runbooks: str) -> tuple[Panel, ...]:
    to = links(runbooks, "DriftwatchRejects")
    names = series("unknown_columns_total", EACH)
    return (
        third(
            "Rejected and unrouted, by reason",
            "Records a second that could not be used. Normal is none. A step up with a release is "
            "a new format; the log and the dead letters have examples.",
            sum_by(("reason",), per_second(series("records_rejected_total", EACH))),
            "{{reason}}",
            unit="recps",
            to=to,
            stacked=True,
        ),
        third(
            "Dead letters",
            "Dead letters a second by what became of them. dropped ones are nowhere: their folder "
            "or topic could not be written fast enough. removed ones made room for newer ones.",
            sum_by(("outcome",), per_second(series("dead_letters_total", EACH))),
            "{{outcome}}",
            unit="cps",
            to=to,
            styles=(Style("written", LIVE), Style("dropped", RED), Style("removed", BASELINE)),
        ),
        third(
            "Unknown columns",
            "Names of columns that came in records and stand in no baseline, since each process "
            "began. Rises when a client sends something new; nobody watches it until a baseline "
            "has it.",
            max_by(BY, names),
            "{{instance}}",
            unit="short",
            to=to,
        ),
    )


def _costs(runbooks: str) -> tuple[Panel, ...]:
    return (
        third(
            "Time by step of the loop",
            "Seconds a second that the loop spends in each step, the mean of the processes. Poll "
            "is mostly waiting, so a loop with time to spare is mostly poll; where poll vanishes, "
            "the process can't keep up.",
            f"avg by (step) ({per_second(series('loop_seconds_total', EACH))})",
            "{{step}}",
            unit="percentunit",
            to=links(runbooks, "DriftwatchLagging"),
            stacked=True,
            styles=(Style("poll", BASELINE),),
        ),
        third(
            "CPU",
            "Share of one core that each process uses. At 100% a process reads as fast as it can: "
            "normal while it catches up, and a reason for more members otherwise.",
            max_by(BY, ours("process_cpu_seconds_total", rate=True)),
            "{{instance}}",
            unit="percentunit",
            to=links(runbooks, "DriftwatchLagging"),
        ),
        third(
            "Memory",
            "Resident memory of each process. It depends on columns, windows and partitions, and "
            "not on time: a line that climbs for days is a fault.",
            max_by(BY, ours("process_resident_memory_bytes")),
            "{{instance}}",
            unit="bytes",
            to=links(runbooks, "DriftwatchDown"),
        ),
    )


def _saved(runbooks: str) -> tuple[Panel, ...]:
    stale = links(runbooks, "DriftwatchCheckpointStale")
    return (
        lines(
            "Age of the checkpoint",
            "How long ago each process saved its state. Normal is a saw blade up to "
            "`checkpoint_every`. A line that climbs means that nothing is saved: a full disk, or a "
            "broker that is away. What is not saved is read again after a restart.",
            f"time() - {series('checkpoint_timestamp_seconds', EACH)}",
            unit="s",
            to=stale,
        ),
        lines(
            "State saved",
            "Bytes of state that each process saves a second. Normal is steady; it goes with the "
            "number of columns, not with the number of records.",
            per_second(series("checkpoint_bytes_total", EACH)),
            unit="Bps",
            to=stale,
        ),
    )


def _served(runbooks: str) -> tuple[Panel, ...]:
    return (
        third(
            "Series",
            "Series that each process serves on /metrics. `metrics.max_series` is the limit; "
            "beyond it counts, segments and long windows go first, and alarms never.",
            max_by(BY, series("series", EACH)),
            "{{instance}}",
            unit="short",
            to=links(runbooks),
        ),
        third(
            "Series left out",
            "Series that a report had to leave out because of `metrics.max_series`, a second. "
            "Normal is none: raise the limit, or watch fewer columns.",
            max_by(BY, per_second(series("series_dropped_total", EACH))),
            "{{instance}}",
            unit="cps",
            to=links(runbooks),
        ),
        third(
            "Columns watched",
            "How many columns share the budget of false alarms. It changes with baselines and "
            "segments; the more there are, the stronger the evidence for an alarm has to be.",
            max_by(BY, series("watched_columns", EACH)),
            "{{instance}}",
            unit="short",
            to=links(runbooks),
            width=4,
        ),
        number(
            "Budget of one column",
            "The time in which one column may raise one false alarm of each severity, of all "
            "processes the shortest. It is `alarms.false_alarms` times the columns that share it.",
            f"min({series('column_false_alarm_interval_seconds', EACH)})",
            unit="s",
            nothing="only thresholds raise alarms",
            width=4,
            height=8,
            to=links(runbooks),
        ),
    )
