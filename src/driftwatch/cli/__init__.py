"""The command line, one command a file.

`main` is the rim: the one place where an error becomes a message and an exit code. Every command
imports what it needs when it runs, so that `driftwatch --help` loads neither numpy nor Kafka.
"""

import errno
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Annotated, TextIO, cast

import typer

import driftwatch
from driftwatch.errors import DriftwatchError, UsageError

app = typer.Typer(
    help="Watches the features and predictions of machine-learning models for drift.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# Click's UsageError. Whether that is the package's or typer's own copy depends on typer.
_WrongCommandLine = cast("type[typer.BadParameter]", typer.BadParameter.__base__)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"driftwatch {driftwatch.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _register() -> None:
    for name in ("demo", "run", "replay", "check", "compare", "parity", "dashboards", "rules"):
        app.command(name)(getattr(import_module(f"driftwatch.cli.{name}"), name))
    for name in ("baseline", "contract", "segments", "config"):
        app.add_typer(import_module(f"driftwatch.cli.{name}").app, name=name)


def commands() -> typer.core.TyperGroup:
    """All commands as typer reads them, for whoever documents them."""
    _register()
    root = typer.main.get_command(app)
    assert isinstance(root, typer.core.TyperGroup)
    return root


def main() -> None:
    """The `driftwatch` command. No traceback reaches a user unless DRIFTWATCH_TRACEBACK is set."""
    # A program that was started without them (`>&-`) has nobody to tell; nothing breaks over it.
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    try:
        _register()
        code = app(standalone_mode=False)
    except DriftwatchError as error:
        code = _fail(str(error), error.exit_code)
    except _WrongCommandLine as error:
        error.show()
        code = UsageError.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except SystemExit:
        # So typer ends a command when whoever read its output has seen enough (`| head`).
        code = 141
    except Exception as error:  # noqa: BLE001 (the rim: said in words, with a way to see it all)
        if os.environ.get("DRIFTWATCH_TRACEBACK"):
            traceback.print_exc()
        code = _fail(_words(error), DriftwatchError.exit_code)
    sys.exit(code or 0)


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"the output can't be written: {error.strerror}"
    return (
        f"a fault of Driftwatch itself: {type(error).__name__}: {error}\n"
        "Set DRIFTWATCH_TRACEBACK=1 to see where, and please report it."
    )


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _fail(words: str, code: int) -> int:
    typer.echo(words, err=True)
    return code
