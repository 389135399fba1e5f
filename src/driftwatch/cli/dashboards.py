"""`driftwatch dashboards -o FOLDER`: Grafana's dashboards as JSON."""

import os
from pathlib import Path
from typing import Annotated

import typer


def dashboards(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder to write to; made where missing.")
    ],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="The configuration; else its defaults are taken."),
    ] = None,
) -> None:
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
