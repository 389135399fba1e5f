"""The fenced blocks of a document, and a reader who does what they say.

What follows the three backticks tells what a block is:

    sh                          commands; run in a folder of their own, from top to bottom
    sh background               commands that run until the reader has finished, each in a terminal
                                of its own
    yaml NAME, python NAME      a file; a text or json block whose name has a dot in it as well
    yaml KEY in NAME            what takes the place of a key in a file that an earlier block made
    yaml part of NAME           what goes into such a file beside what is there
    text output, json output    what the commands just before have printed, its numbers aside
    text, json                  something to look at
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.harness.tools import ROOT

_FENCED = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_IN = re.compile(r"(\w+) in (\S+)")
_PART_OF = re.compile(r"part of (\S+)")
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


def merged(whole: Any, part: Any) -> Any:
    """Settings with a part of them written anew; only what is an object in both goes deeper."""
    if not (isinstance(whole, dict) and isinstance(part, dict)):
        return part
    return whole | {key: merged(whole.get(key), value) for key, value in part.items()}


class Reader:
    """Follows blocks in a folder, as in one shell: `cd` and `export` last.

    Args:
        folder: where files are made and commands run.
        instead: texts of the documents and what stands for them here: the usual port, the usual
            broker.
        path: folders of programs that come before those of PATH; by default the one of Python.
    """

    def __init__(
        self, folder: Path, instead: Mapping[str, str], path: tuple[Path, ...] | None = None
    ) -> None:
        self.folder = folder
        first = (Path(sys.executable).parent,) if path is None else path
        self.env = {**os.environ, "PATH": os.pathsep.join([*map(str, first), os.environ["PATH"]])}
        self._instead = instead

    def write(self, block: Block) -> Path:
        """Make the file that a block is, or change what it tells to change."""
        text = self.here(block.text)
        name = block.name
        if (part := _IN.fullmatch(name)) or (part := _PART_OF.fullmatch(name)):
            name = part[part.lastindex or 0]
            path = self.folder / name
            whole, new = yaml.safe_load(path.read_text(encoding="utf-8")), yaml.safe_load(text)
            found = whole | {part[1]: new[part[1]]} if part.lastindex == 2 else merged(whole, new)
            text = yaml.safe_dump(found)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, command: str, timeout: float = 60.0) -> str:
        """Run a command of a `sh` block; it has to end well. Returns its output."""
        # What stands behind the last line is the shell's state, for the next command.
        mark = "=== and then ==="
        script = f"{self.here(command)}\nprintf '{mark}\\n'; pwd; env -0"
        done = subprocess.run(
            ["sh", "-eu", "-c", script],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        output, _, state = done.stdout.rpartition(f"{mark}\n")
        folder, _, variables = state.partition("\n")
        self.folder = Path(folder)
        self.env = dict(line.split("=", 1) for line in variables.split("\0") if line)
        return output

    def script(self, command: str) -> list[str]:
        """How to start a command that does not end by itself."""
        return ["sh", "-c", f"exec {self.here(command)}"]

    def here(self, text: str) -> str:
        """A text of a document as it has to be here."""
        for usual, instead in self._instead.items():
            text = text.replace(usual, instead)
        return text


def masked(text: str) -> list[str]:
    """Its lines with every number alike, and every gap; but a metric is yes or no."""
    alike = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b", "#", text)
    alike = re.sub(r"(?<=\} )0\.0$", "no", alike, flags=re.MULTILINE)
    alike = re.sub(r"(?<=\} )1\.0$", "yes", alike, flags=re.MULTILINE)
    lines = (re.sub(r"[\d.,]*\d", "#", line) for line in alike.splitlines())
    return [re.sub(r"\s+", " ", line).strip() for line in lines]


def looks_like(shown: str, seen: str) -> bool:
    """Whether an output is the one that a page shows, its numbers aside.

    A line of dots stands for any lines, dots at the end of a line for its rest.
    """
    pattern = ""
    for line in masked(shown):
        if line in ("...", "…"):
            pattern += r"(?:.*\n)*?"
            continue
        start = line.removesuffix("...").removesuffix("…")
        pattern += re.escape(start) + (".*" if start != line else "") + "\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in masked(seen))) is not None
