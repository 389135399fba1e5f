"""Where people find the surfaces that dashboards and rules point to."""

from dataclasses import dataclass

from driftwatch.config import LinkSettings


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses without a slash at their end.

    status_page: of the daemon, as people reach it. dashboards: of Grafana. runbooks: the folder of
    the pages that say what to do about an alert, one by the name of each.
    """

    status_page: str
    dashboards: str
    runbooks: str


def links_of(settings: LinkSettings) -> Links:
    """The addresses that a configuration gives."""
    return Links(settings.status_page, settings.dashboards, settings.runbooks)


LOCAL = links_of(LinkSettings())
"""As the compose file in `deploy` has them."""
