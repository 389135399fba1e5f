"""What the dashboards of one installation depend on."""

import math
from dataclasses import dataclass, field

from driftwatch.config import Duration, Settings
from driftwatch.generate.links import LOCAL, Links, links_of

_LEAST_REFRESH_SECONDS = 5
_MINUTE, _HOUR = 60, 3600
_WINDOWS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class DashboardPolicy:
    """The defaults are those of a configuration that says nothing.

    window: chosen at first, the shortest. pane_seconds: how often anything can change. counts:
    whether `metrics.counts` is on, so that distributions can be drawn.
    """

    links: Links = field(default=LOCAL)
    window: Duration = field(default=Duration.parse("1h"))
    pane_seconds: float = 60
    counts: bool = True

    @property
    def refresh(self) -> str:
        """As Grafana writes it: once a pane, and not more often than every 5 seconds.

        >>> DashboardPolicy(pane_seconds=2).refresh, DashboardPolicy(pane_seconds=90).refresh
        ('5s', '2m')
        """
        if self.pane_seconds < _MINUTE:
            return f"{max(_LEAST_REFRESH_SECONDS, math.ceil(self.pane_seconds))}s"
        return f"{math.ceil(self.pane_seconds / _MINUTE)}m"

    @property
    def since(self) -> str:
        """The range at first, as Grafana writes it: six windows, and an hour at least.

        >>> DashboardPolicy().since, DashboardPolicy(window=Duration.parse("1d")).since
        ('now-6h', 'now-144h')
        """
        hours = math.ceil(_WINDOWS_SHOWN * self.window.seconds / _HOUR)
        return f"now-{hours}h"


def policy_of(settings: Settings) -> DashboardPolicy:
    """The dashboards of a configuration: its addresses, its windows, and what it exports."""
    return DashboardPolicy(
        links=links_of(settings.links),
        window=settings.windows[0],
        pane_seconds=settings.pane.seconds,
        counts=settings.metrics.counts,
    )
