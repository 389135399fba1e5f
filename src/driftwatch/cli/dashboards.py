"""`driftwatch dashboards -o FOLDER`: Grafana's dashboards as JSON."""

import os

import typer

from driftwatch.cli.generated import Configuration, Output


def dashboards(output: Output, config: Configuration = None) -> None:
    """Write the dashboards for Grafana: an overview, one column, and Driftwatch itself.

    With a configuration they lead to the addresses in its `links`, begin with its shortest window,
    refresh once a pane, and draw distributions only where `metrics.counts` is on.
    """
    from driftwatch.config import load
    from driftwatch.generate.dashboards import DashboardPolicy, files, policy_of
    from driftwatch.generate.folder import write

    policy = DashboardPolicy() if config is None else policy_of(load(config, os.environ))
    for path in write(output, files(policy)):
        typer.echo(str(path))
