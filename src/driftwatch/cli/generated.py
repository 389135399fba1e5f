"""What the commands that write files for others to read are given."""

from pathlib import Path
from typing import Annotated

import typer

Output = Annotated[
    Path, typer.Option("--output", "-o", help="The folder to write to; made where missing.")
]
Configuration = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The configuration; else its defaults are taken."),
]
