"""Somebody who reads a page and does all that it says, from top to bottom."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.docs.blocks import Block, Reader, looks_like
from tests.harness.process import OwnedProcess

# What only looks is tried again until there is something to see, as people do.
_LOOKS = ("curl ", "amtool ")
_PATIENCE_S = 90.0
_LONGEST_COMMAND_S = 300.0


class Follower:
    """Writes the files of a page, runs its commands, and compares what they print.

    Args:
        reader: the folder and the shell.
        logs: a folder for what commands print that run in the background; they end when this is
            closed, the newest first.
    """

    def __init__(self, reader: Reader, logs: Path) -> None:
        self.reader = reader
        self.outputs: dict[str, str] = {}
        self.background: list[OwnedProcess] = []
        self._logs = logs
        self._running = ExitStack()

    def follow(self, page: Sequence[Block]) -> None:
        """Do what the blocks say.

        Raises:
            AssertionError: a command failed, or printed something else than the page shows.
        """
        for block, after in zip(page, [*page[1:], None], strict=True):
            if (block.language, block.name) == ("sh", "background"):
                for command in block.commands:
                    self._start(command)
            elif block.language == "sh":
                self._run(block, after.text if after and after.name == "output" else None)
            elif "." in block.name:
                self.reader.write(block)

    def _start(self, command: str) -> None:
        log = self._logs / f"{len(self.background) + 1}.log"
        process = OwnedProcess(
            self.reader.script(command), stdout=log, env=self.reader.env, cwd=self.reader.folder
        )
        self.background.append(self._running.enter_context(process))

    def _run(self, block: Block, shown: str | None) -> None:
        seen = ""
        for command in block.commands:
            awaited = shown if command == block.commands[-1] else None
            seen += self._done(command, seen, awaited)

    def _done(self, command: str, before: str, shown: str | None) -> str:
        """The output of a command, once it and the ones before have printed what is shown."""
        until = time.monotonic() + (_PATIENCE_S if command.startswith(_LOOKS) else 0.0)
        while True:
            try:
                output = self.reader.run(command, _LONGEST_COMMAND_S)
                assert shown is None or looks_like(shown, before + output), (
                    f"{command}\nshown:\n{shown}\nseen:\n{before}{output}"
                )
            except AssertionError as problem:
                if time.monotonic() >= until:
                    raise AssertionError(f"{problem}{self._said()}") from None
                time.sleep(1.0)
            else:
                self.outputs[command] = output
                return output

    def _said(self) -> str:
        return "".join(f"\n--- {p.command[-1]}\n{p.stdout[-2000:]}" for p in self.background)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()
