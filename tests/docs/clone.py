"""A clean clone of this project, with what is not committed yet."""

import shutil
import subprocess
from pathlib import Path

from tests.harness.tools import ROOT


def clone(folder: Path) -> Path:
    """What somebody has after `git clone`; nothing that make, an editor or a test left behind."""
    _git(folder.parent, "clone", "--quiet", "--depth", "1", ROOT.as_uri(), str(folder))
    changed = _git(ROOT, "ls-files", "-z", "--modified", "--others", "--exclude-standard")
    for name in filter(None, changed.split("\0")):
        (folder / name).unlink(missing_ok=True)
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    _git(folder, "add", "--all")
    return folder


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout
