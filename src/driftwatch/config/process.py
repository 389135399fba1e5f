"""What the process itself needs: the `state`, `metrics`, `http` and `log` sections."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from driftwatch.config.addresses import Address
from driftwatch.config.durations import Duration, between
from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.values import FilePath, Switch, Whole


class StateSettings(Section):
    """Where the counts are kept between two runs."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["path"]}, {"required": ["memory"]}],
        }
    )

    path: FilePath | None = Field(
        default=None,
        description="Folder of the state; made where it is missing. One process at a time.",
        examples=["/var/lib/driftwatch"],
    )
    memory: Switch = Field(
        default=False, description="Keep nothing: a restart begins with empty windows."
    )
    history: Annotated[Duration, between("1m", "3650d")] = Field(
        default=Duration.parse("7d"),
        description="How long counts are kept for the plots; at least the longest window.",
    )

    def _broken(self) -> Iterator[Broken]:
        if self.memory == (self.path is not None):
            given = "both" if self.memory else "neither"
            text = f"expected either path: FOLDER or memory: true, found {given}"
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


class HttpSettings(Section):
    """The one port."""

    listen: Address = Field(
        default=Address("0.0.0.0", 8710),
        description="Host and port; `[::1]:8710` for IPv6, port 0 for any free one.",
    )


class LogSettings(Section):
    """What the process says about itself, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important entries that are written."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto` is `console` on a terminal and `json` elsewhere."
    )
