"""`driftwatch run -c FILE`: the daemon."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    config: Annotated[
        Path, typer.Option("--config", "-c", help="The configuration (see `config schema`).")
    ],
) -> None:
    """Watch the configured models until told to stop.

    SIGTERM and Ctrl-C save what was counted and end within 10 seconds, a second one ends at once;
    SIGHUP reads the configuration and the baselines again.
    """
    from driftwatch.service import serve

    raise typer.Exit(serve(config))
