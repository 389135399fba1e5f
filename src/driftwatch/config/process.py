"""What the process itself needs: the `state`, `metrics` and `log` sections."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from driftwatch.config.durations import Duration, between
from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.values import FilePath, Name, Switch, Topic, Whole


class ChangelogSettings(Section):
    """A topic of the cluster that `source.kafka` reads, which takes `client: confluent` there."""

    topic: Topic = Field(
        description="The topic, compacted and with as many partitions as those of the log; made "
        "where it is missing. For each `group_id` another one.",
        examples=["driftwatch-state"],
    )
    replica: Name = Field(
        description="Name of this process in its group, the same after a restart and no other's. "
        "In a StatefulSet of Kubernetes: `${HOSTNAME}`.",
        examples=["driftwatch-0"],
    )


class StateSettings(Section):
    """Where the counts are kept between two runs: one of `path`, `kafka` and `memory`."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["path"]}, {"required": ["kafka"]}, {"required": ["memory"]}],
        }
    )

    path: FilePath | None = Field(
        default=None,
        description="Folder of the state; made where it is missing. One process at a time.",
        examples=["/var/lib/driftwatch"],
    )
    kafka: ChangelogSettings | None = Field(
        default=None,
        description="A topic, so that counts move between processes with their partitions. Only "
        "with a Kafka source and `client: confluent`.",
        examples=[{"topic": "driftwatch-state", "replica": "driftwatch-0"}],
    )
    memory: Switch = Field(
        default=False, description="Keep nothing: a restart begins with empty windows."
    )
    history: Annotated[Duration, between("1m", "3650d")] = Field(
        default=Duration.parse("7d"),
        description="How long counts are kept for the plots; at least the longest window.",
    )
    give_up_after: Annotated[Duration, between("10s", "1d")] = Field(
        default=Duration.parse("15m"),
        description="How long to go on where nothing can be saved, before the process ends.",
    )

    def _broken(self) -> Iterator[Broken]:
        given = [name for name in ("path", "kafka") if getattr(self, name) is not None]
        given += ["memory"] if self.memory else []
        if len(given) != 1:
            choice = "path: FOLDER, kafka: {topic: NAME, replica: NAME} and memory: true"
            text = f"expected one of {choice}, found {' and '.join(given) or 'none'}"
            yield Broken("one_state", (), text)


class MetricsSettings(Section):
    """What is exported."""

    max_series: Whole = Field(
        default=20_000,
        ge=1,
        le=10_000_000,
        description="Most series on /metrics. Beyond it, segments go first and alarms never.",
    )
    p_values: Switch = Field(
        default=False, description="Export `ks_p_value` and `psi_p_value`, which are no alarm."
    )
    counts: Switch = Field(
        default=False,
        description="Export the counts of each column, which Prometheus can add up over a fleet.",
    )


class LogSettings(Section):
    """What the process says about itself, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important entries that are written."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto` is `console` on a terminal and `json` elsewhere."
    )
