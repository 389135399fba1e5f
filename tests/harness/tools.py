"""Where the programs are that the tests run against: on PATH, or where ``make tools`` put them."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TOOLS = ROOT / ".tools"


class MissingToolError(RuntimeError):
    """A program that the tests need is not on this machine."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is missing, and this test needs it: run `make tools`")


def program(*names: str) -> Path:
    """The first of these programs that is there. More names are what systems call the same one."""
    for name in names:
        if on_path := shutil.which(name):
            return Path(on_path)
        unpacked = _TOOLS / "prometheus" / "usr" / "bin" / name
        if unpacked.is_file():
            return unpacked
    raise MissingToolError(names[0])


def alertmanager() -> Path:
    """Alertmanager, which Debian calls by another name."""
    return program("alertmanager", "prometheus-alertmanager")


def kafka_classpath() -> str:
    """The jars of the broker, as Java wants them."""
    jars = _TOOLS / "kafka" / "libs"
    if not (jars / "pom.xml").is_file():
        raise MissingToolError("Kafka's broker (.tools/kafka/libs)")
    return f"{jars}/*"
