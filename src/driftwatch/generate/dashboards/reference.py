"""The reference of the dashboards, made from what they are made of.

python -m driftwatch.generate.dashboards.reference > docs/reference/dashboards.md
"""

import sys
from collections.abc import Iterator

from driftwatch.generate.dashboards.files import dashboards
from driftwatch.generate.dashboards.panels import Dashboard
from driftwatch.generate.dashboards.policy import DashboardPolicy

_INTRODUCTION = """\
# Dashboards

What `driftwatch dashboards` writes for Grafana, and what each panel says. The same words stand
behind the `i` in a panel's corner. How to get them into Grafana is in [its own
guide](../how-to/dashboards.md).

Where a colour says a state it says the same everywhere: red is `page`, yellow is `info`, green is
as in training, and a greyish blue is blind: not known. What the baseline says is grey. Several
replicas that export the same stream are shown as one; only the last dashboard tells processes
apart.
"""


def reference() -> str:
    """The document, in Markdown."""
    return "\n".join(_lines()).rstrip("\n") + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    for dashboard in dashboards(DashboardPolicy()):
        yield from _page(dashboard)


def _page(dashboard: Dashboard) -> Iterator[str]:
    yield f"## {dashboard.title}\n"
    yield f"{dashboard.description} `{dashboard.uid}.json`\n"
    choices = ", ".join(variable.label.lower() for variable in dashboard.variables)
    yield f"To choose at the top: data source, {choices}.\n"
    for row in dashboard.rows:
        yield f"### {_plain(row.title)}\n"
        yield "| panel | what it says |"
        yield "| --- | --- |"
        for panel in row.panels:
            yield f"| {_plain(panel.title)} | {panel.description} |"
        yield ""
    if dashboard.annotations:
        marks = ", ".join(mark.name.lower() for mark in dashboard.annotations)
        yield f"Marked on the time axis, each to be switched on and off at the top: {marks}.\n"


def _plain(title: str) -> str:
    """A title with its variables as words."""
    return title.replace("$", "")


if __name__ == "__main__":
    sys.stdout.write(reference())
