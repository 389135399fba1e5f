"""The dashboards as files, by their names."""

import json
from collections.abc import Mapping

from driftwatch.generate.dashboards.column import column
from driftwatch.generate.dashboards.grafana import grafana_json
from driftwatch.generate.dashboards.itself import itself
from driftwatch.generate.dashboards.overview import overview
from driftwatch.generate.dashboards.panels import Dashboard
from driftwatch.generate.dashboards.policy import DashboardPolicy


def dashboards(policy: DashboardPolicy) -> tuple[Dashboard, ...]:
    """All of them."""
    return overview(policy), column(policy), itself(policy)


def files(policy: DashboardPolicy) -> Mapping[str, str]:
    """The text of each file, the same for the same policy."""
    return {
        f"{dashboard.uid}.json": json.dumps(
            grafana_json(dashboard), indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for dashboard in dashboards(policy)
    }
