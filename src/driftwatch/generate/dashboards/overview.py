"""The overview: is something wrong, or are we blind? For a wall screen, and to start from."""

from driftwatch.generate.dashboards.answer import answer
from driftwatch.generate.dashboards.drill import OVERVIEW_UID, STATUS_PAGE
from driftwatch.generate.dashboards.marks import marks
from driftwatch.generate.dashboards.moved import drifting, evidence, moved
from driftwatch.generate.dashboards.panels import Dashboard, Row
from driftwatch.generate.dashboards.policy import DashboardPolicy
from driftwatch.generate.dashboards.streams import states, traffic
from driftwatch.generate.dashboards.variables import SEVERAL, of_streams, of_window


def overview(policy: DashboardPolicy) -> Dashboard:
    """The dashboard of all models."""
    return Dashboard(
        uid=OVERVIEW_UID,
        title="Driftwatch: overview",
        description="Whether something is wrong with any model, or Driftwatch can't tell.",
        variables=(*of_streams(several=True), of_window(SEVERAL, str(policy.window))),
        rows=(
            Row("Is something wrong, or are we blind?", answer()),
            Row("Models", states()),
            Row("What drifts", (drifting(), evidence())),
            Row("What moved most", moved()),
            Row("Traffic", traffic()),
        ),
        annotations=marks(SEVERAL),
        since=policy.since,
        refresh=policy.refresh,
        constants={STATUS_PAGE: policy.links.status_page},
    )
