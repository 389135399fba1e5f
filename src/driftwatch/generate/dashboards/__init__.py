"""Grafana dashboards: an overview, one column, and Driftwatch itself.

`overview`, `column` and `itself` say what stands on each page, in the words of `panels`; queries
are built by `promql` on the metric table; `layout` places the panels; `grafana` writes the JSON.
"""

from driftwatch.generate.dashboards.files import dashboards, files
from driftwatch.generate.dashboards.policy import DashboardPolicy, policy_of

__all__ = ["DashboardPolicy", "dashboards", "files", "policy_of"]
