"""The alert that a model has far fewer or far more records than in training."""

from driftwatch.export.values import DIRECTION
from driftwatch.generate.rules.addresses import of_stream
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.promql import STREAM, lately, over
from driftwatch.generate.rules.rule import Alert, AlertName, Recording
from driftwatch.generate.rules.words import (
    NAMED_STREAM,
    OF_STREAM,
    THE_STREAM,
    asked,
    joined,
    meaning,
)

_ALARM = "stream:driftwatch_volume_alarm:max"


def volume_recordings(policy: RulesPolicy) -> tuple[Recording, ...]:
    """Whether the volume is out of its bounds, of all replicas together."""
    if not policy.alarms:
        return ()
    by = f"{STREAM}, direction"
    return (Recording(_ALARM, over("max", by, lately("driftwatch_volume_alarm", "5m"))),)


def volume_alerts(policy: RulesPolicy) -> tuple[Alert, ...]:
    """By direction."""
    if not policy.alarms:
        return ()
    name: AlertName = "ModelVolume"
    links = of_stream(policy.links, name)
    ratio = f'driftwatch_volume_ratio{{%[1]s,window="{policy.window}"}}'
    return (
        Alert(
            name,
            f"{_ALARM} == 1",
            "warning",
            f"{meaning('$labels.direction', DIRECTION)} come for {THE_STREAM}",
            joined(
                NAMED_STREAM,
                OF_STREAM,
                f"{meaning('$labels.direction', DIRECTION)} come for {{{{ $stream }}}} and the "
                "other versions of its model.\n",
                asked(
                    f"max({ratio} == {ratio})",
                    "$of",
                    f'In the last {policy.window}: {{{{ . | first | value | printf "%.3g" }}}} '
                    "times as many as in these hours in training.",
                ),
                "Drift is looked for all the same. Look first at the status page:\n"
                f"{links['status_page_url']}\n",
            ),
            links,
            after="5m",
            keep="15m",
        ),
    )
