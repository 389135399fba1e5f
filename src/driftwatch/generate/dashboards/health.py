"""The first row about Driftwatch itself: does it run, with which configuration, and is it alive?"""

from driftwatch.generate.dashboards.by_process import EACH, links, number, ours
from driftwatch.generate.dashboards.colours import GREEN, LIVE, RED, Meaning, Step
from driftwatch.generate.dashboards.panels import Panel, Query, Words
from driftwatch.generate.dashboards.promql import series

_RELOAD = (
    Meaning(1, "accepted", GREEN),
    Meaning(0, "refused: the old one runs on", RED),
)


def health(runbooks: str) -> tuple[Panel, ...]:
    """The panels, from left to right."""
    return (*_which(runbooks), *_alive(runbooks))


def _which(runbooks: str) -> tuple[Panel, ...]:
    info = series("build_info", EACH)
    return (
        number(
            "Processes",
            "How many processes of Driftwatch are scraped. Normal: as many as you run.",
            f"count({info})",
            nothing="none is scraped",
            width=3,
            to=links(runbooks, "DriftwatchDown"),
        ),
        Words(
            title="Versions",
            description="What runs. Several at a time are normal only while you roll out.",
            unit="none",
            queries=(
                Query(
                    f"count by (version, python_version) ({info})",
                    "{{version}}, Python {{python_version}}",
                    now=True,
                ),
            ),
            names=True,
            steps=(Step(None, LIVE),),
            links=links(runbooks),
            width=5,
            height=4,
        ),
        Words(
            title="Configuration when last read",
            description=(
                "Whether the configuration was accepted when it was last read. A refused one "
                "changes nothing: the old one runs on, and the log names file, line and key."
            ),
            unit="none",
            queries=(Query(f"min({series('config_last_reload_successful', EACH)})", now=True),),
            meanings=_RELOAD,
            links=links(runbooks, "DriftwatchReloadFailed"),
            width=5,
            height=4,
        ),
    )


def _alive(runbooks: str) -> tuple[Panel, ...]:
    return (
        number(
            "Last record",
            "When a record was last counted, by any process. Normal: moments ago.",
            f"1000 * max({series('last_record_timestamp_seconds', EACH)})",
            unit="dateTimeFromNow",
            to=links(runbooks, "DriftwatchBlind"),
        ),
        number(
            "Oldest checkpoint",
            "When the process that saved longest ago saved. Normal: within `checkpoint_every`.",
            f"1000 * min({series('checkpoint_timestamp_seconds', EACH)})",
            unit="dateTimeFromNow",
            nothing="nothing saved yet",
            to=links(runbooks, "DriftwatchCheckpointStale"),
        ),
        number(
            "Running since",
            "When the process that started last started. Not long ago, again and again, is a crash "
            "loop: its log says why.",
            f"1000 * max({ours('process_start_time_seconds')})",
            unit="dateTimeFromNow",
            width=3,
            to=links(runbooks, "DriftwatchDown"),
        ),
    )
