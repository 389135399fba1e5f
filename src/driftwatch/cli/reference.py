"""The reference of the command line, made from the commands themselves.

python -m driftwatch.cli.reference > docs/reference/command-line.md
"""

import re
import sys
from collections.abc import Iterator
from typing import Any

import typer

from driftwatch.cli import commands

_INTRODUCTION = """\
# Command line

`driftwatch COMMAND --help` says the same on a terminal, and `driftwatch --version` which version
this is. Durations are written `90s`, `2m`, `1h30m` or `1d`. An option that takes several values is
repeated. What a command has found goes to standard output; progress, notes and problems go to
standard error.

| exit code | means |
| ---: | --- |
| 0 | fine |
| 1 | drift was found (`check`) |
| 2 | a wrong call, configuration or baseline |
| 3 | can't tell: too few rows, data that can't be read |
| 4 | a failure of Driftwatch or of something that it needs |

No traceback is shown unless the environment has `DRIFTWATCH_TRACEBACK=1`.
"""

_KINDS = {
    "<path>": "PATH",
    "<str>": "TEXT",
    "<list[str]>": "TEXT",
    "<int>": "NUMBER",
    "<int range>": "NUMBER",
    "<float>": "NUMBER",
    "<float range>": "NUMBER",
}
_NOTES = re.compile(r" +\[([^\[\]]*)\]$")
_LIMITS = re.compile(r"(?:(\S+)<=x<=|x>=)(\S+)")


def reference() -> str:
    """The document, in Markdown."""
    root = commands()
    context = typer.Context(root, info_name="driftwatch")
    return "\n".join([_INTRODUCTION, *_group(root, context)])


def _group(group: typer.core.TyperGroup, context: typer.Context) -> Iterator[str]:
    for name, command in group.commands.items():
        below = typer.Context(command, info_name=name, parent=context)
        if getattr(command, "commands", None):
            yield from _group(command, below)  # type: ignore[arg-type] # it has commands
        else:
            yield from _command(command, below)


def _command(command: Any, context: typer.Context) -> Iterator[str]:
    """A heading, what the command does, and a table of what it is given."""
    first, *rest = command.help.split("\n\n")
    records = [found.get_help_record(context) for found in command.get_params(context)]
    named = [(_name(left), right) for left, right in records if not left.startswith("--help")]
    words = [f"`{left}`" for left, _ in named if not left.startswith("-")]
    yield f"## {context.command_path}\n"
    yield "\n\n".join([first, *rest]) + "\n"
    if named:
        yield f"| {'argument or option' if words else 'option'} | meaning | default |"
        yield "| --- | --- | --- |"
        yield from (_row(left, right) for left, right in named)
        yield ""


def _name(left: str) -> str:
    """The name as one types it: `-o, --output FILE`."""
    for kind, word in _KINDS.items():
        left = left.replace(f" {kind}", f" {word}" if left.startswith("-") else "")
    return left if left.startswith("-") else left.upper()


def _row(name: str, meaning: str) -> str:
    """A row; what the help has in brackets at its end is its default, its limits, or both."""
    default = range_ = ""
    while notes := _NOTES.search(meaning):
        meaning = meaning[: notes.start()]
        for note in notes[1].split("; "):
            if limits := _LIMITS.fullmatch(note):
                least, most = limits.groups()
                range_ = f" From {least} to {most}." if least else f" At least {most}."
            elif note == "required":
                default = note
            else:
                default = f"`{note.removeprefix('default: ')}`"
    return f"| `{name}` | {meaning}{range_} | {default} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
