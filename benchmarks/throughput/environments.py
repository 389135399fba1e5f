"""A virtual environment for each peer in .tools/peers, shared with the benchmark of alarms."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.alarms.processes import REQUIREMENTS as OF_ALARMS
from benchmarks.alarms.processes import VENVS, PeerError, base_python

HERE = Path(__file__).parent / "peers"
DECODERS = "decoders"


def python_of(name: str) -> Path:
    """The Python of an environment, made anew if its requirements are not those there.

    Raises PeerError where it can't be made.
    """
    own = HERE / f"{name}.txt"
    wanted = own if own.exists() else OF_ALARMS / f"{name}.txt"
    home = VENVS / name
    python, stamp = home / "bin" / "python", home / "requirements.txt"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return python
    print(f"  {name} is installed", file=sys.stderr, flush=True)
    shutil.rmtree(home, ignore_errors=True)
    _call(name, [base_python(), "-m", "venv", str(home)])
    _call(name, [str(python), "-m", "pip", "--quiet", "install", "-r", str(wanted)])
    stamp.write_bytes(wanted.read_bytes())
    return python


def decoders() -> Path:
    """The folder of modules to decode with, to be put on a peer's path."""
    python = python_of(DECODERS)
    return next((python.parents[1] / "lib").glob("python3.*")) / "site-packages"


def _call(name: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"{name} could not be installed:\n{(done.stdout + done.stderr)[-3000:]}")
