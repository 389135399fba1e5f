"""The image, as far as it can be seen without an engine that builds it."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import driftwatch
from driftwatch.demo.files import DemoFiles, prepare
from tests.conftest import StartDriftwatch
from tests.deploy.dockerfile import Stage, stages
from tests.harness.tools import ROOT

STAGES = stages(ROOT / "deploy" / "Dockerfile")
IMAGE, SITE = STAGES["driftwatch"], STAGES["docs"]
SHOWN = {"driftwatch": IMAGE, "docs": SITE}
each_image = pytest.mark.parametrize("image", SHOWN.values(), ids=SHOWN)


def test_what_is_built_without_a_target_is_the_daemon() -> None:
    assert list(STAGES)[-1] == "driftwatch"


@each_image
def test_it_runs_as_a_user_of_its_own_by_number(image: Stage) -> None:
    assert image.last("USER") == "10001:10001"
    words = [word for word, _ in image.instructions]
    assert "RUN" not in words[words.index("USER") :]


def test_nothing_that_builds_or_installs_packages_is_in_it() -> None:
    copied = [line.split() for stage in (IMAGE, SITE) for line in stage.all("COPY")]
    assert [words[1:] for words in copied] == [["/srv/site"] * 2, ["/opt/driftwatch"] * 2][::-1]
    assert IMAGE.base == SITE.base == "python"
    installed = " ".join(STAGES["python"].all("RUN"))
    assert "install --yes --no-install-recommends ca-certificates python3 &&" in installed
    assert "python3 -m venv --without-pip /opt/driftwatch" in " ".join(STAGES["builder"].all("RUN"))
    assert "pip" not in " ".join(IMAGE.all("RUN") + SITE.all("RUN") + STAGES["python"].all("RUN"))


def test_every_package_is_one_of_a_lock_with_its_hash() -> None:
    for stage in STAGES.values():
        for line in stage.all("RUN"):
            for command in line.split("&&"):
                if " install " in command and "/pip" in command and "--no-index" not in command:
                    assert "--require-hashes" in command
                    assert "--only-binary :all:" in command
                    lock = command.split("--requirement ")[1].split()[0]
                    assert (ROOT / lock).is_file()


def test_the_context_holds_what_is_copied_and_little_else() -> None:
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert allowed[1] == "*"
    copied = {
        source.rstrip("/")
        for stage in ("builder", "site")
        for line in STAGES[stage].all("COPY")
        for source in line.split()[:-1]
    } - {"."}
    assert copied <= {line.removeprefix("!") for line in allowed if line.startswith("!")}
    assert all((ROOT / source).exists() for source in copied)


def test_the_daemon_gets_the_signals_itself() -> None:
    assert IMAGE.command("ENTRYPOINT") == ["driftwatch"]
    assert IMAGE.command("CMD") == ["run", "-c", "/etc/driftwatch/driftwatch.yaml"]
    assert IMAGE.last("STOPSIGNAL") == "SIGTERM"


def test_only_the_state_is_written_to() -> None:
    assert IMAGE.all("VOLUME") == ["/var/lib/driftwatch"]
    owned = "install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/driftwatch"
    assert owned in IMAGE.all("RUN")[0]


def test_it_says_what_it_is() -> None:
    labels = dict(part.split("=", 1) for part in shlex.split(IMAGE.last("LABEL")))
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.version"] == "${VERSION}"
    assert f"VERSION={driftwatch.__version__}" in IMAGE.all("ARG")


def health_check(image: Stage, usual: int, here: int) -> int:
    """The exit code of the image's own check, with another port."""
    command = image.command("HEALTHCHECK")
    assert command[0] == "python3"
    assert str(usual) in command[2]
    there = [sys.executable, *(part.replace(str(usual), str(here)) for part in command[1:])]
    # A proxy of the surroundings must not be asked for what is on this machine.
    env = {"http_proxy": "http://127.0.0.1:9"}
    return subprocess.run(there, env=env, capture_output=True, check=False).returncode


def test_its_check_sees_a_daemon_that_is_well(
    driftwatch: StartDriftwatch, tmp_path: Path, free_port: int
) -> None:
    files = DemoFiles(tmp_path)
    files.log.mkdir()
    prepare(files, "files: {path: log}", free_port, lambda _: None)
    daemon = driftwatch("run", "-c", files.config)
    daemon.wait_until_ready(free_port)
    assert health_check(IMAGE, 8710, free_port) == 0
    daemon.kill()
    assert health_check(IMAGE, 8710, free_port) == 1
