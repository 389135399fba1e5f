"""The fenced blocks of a document, and a reader who does what they say.

What follows the three backticks tells what a block is:

    sh                          commands; run in a folder of their own, from top to bottom
    yaml NAME                   a file
    yaml KEY in NAME            what takes the place of a key in a file that an earlier block made
    json, text                  something to look at
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.harness.tools import ROOT

_FENCED = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_IN = re.compile(r"(\w+) in (\S+)")
SHOWN = ("json", "text")


@dataclass(frozen=True)
class Block:
    """A fenced block. language: the first word behind the backticks; name: the rest."""

    language: str
    name: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands of a `sh` block; a line that ends in a backslash goes on."""
        return [line for line in self.text.replace("\\\n", " ").splitlines() if line.strip()]


def blocks(document: Path) -> list[Block]:
    """All of a document's fenced blocks, in order."""
    found = _FENCED.findall(document.read_text(encoding="utf-8"))
    return [Block(*_words(info), text) for info, text in found]


def _words(info: str) -> tuple[str, str]:
    language, _, name = info.strip().partition(" ")
    return language, name.strip()


def documents() -> list[Path]:
    """What users read: the README and all that is below docs."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


class Reader:
    """Follows blocks in a folder.

    Args:
        folder: where files are made and commands run.
        instead: texts of the documents and what stands for them here: the usual port, the usual
            broker.
    """

    def __init__(self, folder: Path, instead: Mapping[str, str]) -> None:
        self.folder = folder
        self._instead = instead

    def write(self, block: Block) -> Path:
        """Make the file that a `yaml` block is, or change what it tells to change."""
        text = self._here(block.text)
        if part := _IN.fullmatch(block.name):
            path = self.folder / part[2]
            whole = yaml.safe_load(path.read_text(encoding="utf-8"))
            text = yaml.safe_dump({**whole, part[1]: yaml.safe_load(text)[part[1]]})
        else:
            path = self.folder / block.name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, command: str) -> str:
        """Run a command of a `sh` block; it has to end well. Returns its output."""
        own = str(Path(sys.executable).parent)
        done = subprocess.run(
            ["sh", "-eu", "-c", self._here(command)],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{own}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _here(self, text: str) -> str:
        for usual, here in self._instead.items():
            text = text.replace(usual, here)
        return text
