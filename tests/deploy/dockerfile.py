"""The Dockerfile as its instructions say it; nothing is built."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

_FROM = re.compile(r"(\S+) AS (\S+)")


@dataclass
class Stage:
    """One FROM and what follows it. base: the image or the stage that it starts from."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        """What stands behind this instruction, each time."""
        return [rest for found, rest in self.instructions if found == word]

    def last(self, word: str) -> str:
        """What stands behind the one of these that counts."""
        return self.all(word)[-1]

    def command(self, word: str) -> list[str]:
        """The words of one in exec form: no shell stands between it and its signals."""
        line = self.last(word)
        found: list[str] = json.loads(line[line.index("[") :])
        return found


def stages(path: Path) -> dict[str, Stage]:
    """All stages, by name."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    found: dict[str, Stage] = {}
    stage = None
    for line in re.sub(r" *\\\n\s*", " ", text).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            named = _FROM.fullmatch(rest)
            assert named is not None, f"a stage without a name: {line}"
            stage = found[named[2]] = Stage(named[2], named[1])
        elif stage is not None:
            stage.instructions.append((word, rest.strip()))
    return found
