"""What is installed is what was locked, to the hash, and an SBOM says what that is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.harness.tools import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
_PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; [^\\]+)?"
    r"(?P<hashes>(?: \\\n +--hash=sha256:[0-9a-f]{64})+)"
)


def entries(lock: Path) -> list[str]:
    """The requirements of a lock file, each with the lines that belong to it."""
    text = re.sub(r"^ +#.*\n?", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [entry for entry in re.split(r"\n(?=\S)", text.strip()) if entry]


def pins(lock: Path) -> dict[tuple[str, str], set[str]]:
    """The SHA-256 sums of each (name, version) of a lock file."""
    found = [_PIN.fullmatch(entry) for entry in entries(lock)]
    return {
        (pin["name"], pin["version"]): set(
            re.findall(r"--hash=sha256:([0-9a-f]{64})", pin["hashes"])
        )
        for pin in found
        if pin is not None
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_of_a_lock_is_one_version_with_its_hashes(lock: Path) -> None:
    assert [entry for entry in entries(lock) if _PIN.fullmatch(entry) is None] == []
    assert [pin for pin, hashes in pins(lock).items() if not hashes] == []


def test_the_locks_agree_on_every_hash() -> None:
    known: dict[tuple[str, str], set[str]] = {}
    for lock in LOCKS:
        for pin, hashes in pins(lock).items():
            assert known.setdefault(pin, hashes) == hashes, pin


@pytest.mark.parametrize("name", ["venv.sh", "lock.sh", "sbom.sh", "kafka.sh", "prometheus.sh"])
def test_no_script_installs_what_is_not_locked(name: str) -> None:
    lines = (ROOT / "tools" / name).read_text(encoding="utf-8").splitlines()
    for line in lines:
        if "pip install" in line and not line.lstrip().startswith("#"):
            # This project itself is the one thing that has no hash; it brings nothing along.
            own = "--no-deps --editable ." in line and "--no-build-isolation" in line
            assert own or "--require-hashes" in line, line


@pytest.fixture(scope="module")
def sbom(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("sbom") / "driftwatch.cdx.json")


def written(path: Path) -> str:
    subprocess.run(
        [ROOT / "tools" / "sbom.sh", path], env={**os.environ, "PYTHON": sys.executable}, check=True
    )
    return path.read_text(encoding="utf-8")


def test_the_sbom_is_what_the_standard_says(sbom: str) -> None:
    version = SchemaVersion.from_version(json.loads(sbom)["specVersion"])
    assert JsonStrictValidator(version).validate_str(sbom) is None
    assert JsonStrictValidator(version).validate_str(sbom.replace("library", "livery")) is not None


def test_the_sbom_holds_every_package_of_the_container_with_version_and_hashes(sbom: str) -> None:
    found = {
        (component["name"], component["version"]): {
            digest["content"]
            for reference in component["externalReferences"]
            for digest in reference["hashes"]
            if digest["alg"] == "SHA-256"
        }
        for component in json.loads(sbom)["components"]
    }
    assert found == pins(ROOT / "requirements" / "run.lock")


def test_the_sbom_is_the_same_every_time_and_names_no_place_of_this_machine(
    sbom: str, tmp_path: Path
) -> None:
    assert written(tmp_path / "again.json") == sbom
    assert str(ROOT) not in sbom
    assert str(Path.home()) not in sbom
