"""What the rules of one installation depend on."""

from dataclasses import dataclass, field

from driftwatch.config import Duration, Settings
from driftwatch.generate.links import LOCAL, Links, links_of

LAGGING_AFTER_S = 300.0
"""From here on a process calls itself blind for its lag, unless lateness is long."""
STALE_AFTER_S = 300.0
STALE_CHECKPOINTS = 12
"""So many checkpoints have to have failed, and at least so long."""


@dataclass(frozen=True, slots=True)
class RulesPolicy:
    """The defaults are those of a configuration that says nothing.

    window: the shortest. window_is_known: False where the rules have to do for
    several configurations. alarms: whether there are any. lagging_after_s: how many seconds of
    reading may wait. stale_after_s: how old a checkpoint may be; None where none are kept. counts:
    whether they are exported.
    """

    links: Links = field(default=LOCAL)
    window: Duration = field(default=Duration.parse("1h"))
    window_is_known: bool = False
    alarms: bool = True
    lagging_after_s: float = LAGGING_AFTER_S
    stale_after_s: float | None = STALE_AFTER_S
    counts: bool = True


ANY = RulesPolicy()
"""For whoever gives no configuration: all rules, with the defaults."""


def policy_of(settings: Settings) -> RulesPolicy:
    """The policy that a configuration asks for."""
    stale_after_s = max(STALE_AFTER_S, STALE_CHECKPOINTS * settings.checkpoint_every.seconds)
    return RulesPolicy(
        links_of(settings.links),
        settings.windows[0],
        window_is_known=True,
        alarms=settings.alarms.enabled,
        lagging_after_s=max(LAGGING_AFTER_S, 2 * settings.lateness.seconds),
        stale_after_s=None if settings.state.memory else stale_after_s,
        counts=settings.metrics.counts,
    )
