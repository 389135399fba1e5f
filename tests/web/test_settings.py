"""The `http` section, in the real program."""

import base64
import json
import re
import signal
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.config.http import HttpLimitSettings
from driftwatch.serving import make_limits
from driftwatch.web.limits import Limits
from tests.conftest import StartDriftwatch
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until
from tests.web.certificates import certificate

CONFIGURATION = """\
source: {files: {path: log, start: earliest}}
decode: {timestamp: ts, model: {const: m}, model_version: version}
models: {m: {baselines: "m-1.baseline.json"}}
state: {memory: true}
http:
  listen: "127.0.0.1:0"
"""
SECURED = """\
  tls: {certfile: tls.pem, keyfile: tls.key}
  auth:
    basic: {username: prometheus, password_file: secret}
    bearer: {token: "${TOKEN}"}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a log, its baseline, a certificate and a password."""
    (tmp_path / "log").mkdir()
    training = Chunk.from_records([{"x": i} for i in range(1_000)])
    build(lambda: iter([training]), BuildOptions("m", "1")).save(tmp_path / "m-1.baseline.json")
    (tmp_path / "log" / "a.jsonl").write_text(json.dumps({"ts": time.time(), "version": "1"}))
    certificate(tmp_path, "tls")
    (tmp_path / "secret").write_text("hunter2\n")
    return tmp_path


def start(driftwatch: StartDriftwatch, home: Path, http: str) -> Driftwatch:
    (home / "driftwatch.yaml").write_text(CONFIGURATION + http)
    return driftwatch("run", "-c", str(home / "driftwatch.yaml"), env={"TOKEN": "hunter3"})


def port_of(process: Driftwatch) -> int:
    process.wait_until_said("started")
    found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', process.stderr)
    assert found is not None
    return int(found[1])


def ask(url: str, context: ssl.SSLContext | None = None, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_what_the_section_says_holds_and_no_secret_is_ever_shown(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    process = start(driftwatch, home, SECURED)
    site = f"https://127.0.0.1:{port_of(process)}"
    tls = ssl.create_default_context(cafile=str(home / "tls.pem"))
    wait_until(lambda: ask(f"{site}/-/ready", tls)[0] == 200, what="the process is ready")
    assert ask(f"{site}/metrics", tls)[0] == 401
    login = base64.b64encode(b"prometheus:hunter2").decode()
    assert ask(f"{site}/metrics", tls, authorization=f"Basic {login}")[0] == 200
    status, shown = ask(f"{site}/config", tls, authorization="Bearer hunter3")
    assert status == 200
    assert "hunter" not in shown
    assert str(home / "secret") in shown
    (home / "secret").write_text("hunter4")
    login = base64.b64encode(b"prometheus:hunter4").decode()
    wait_until(
        lambda: ask(f"{site}/metrics", tls, authorization=f"Basic {login}")[0] == 200,
        what="the new password opens the port",
    )
    process.signal(signal.SIGHUP)
    process.wait_until_said("configuration reloaded")
    assert "hunter" not in process.stderr


def test_a_reload_by_http_is_off_until_it_is_turned_on(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    for http, code in (("", 403), ("  reload: true\n", 200)):
        process = start(driftwatch, home, http)
        url = f"http://127.0.0.1:{port_of(process)}/-/reload"
        assert http_get(url, timeout=30, method="POST")[0] == code
        assert process.terminate(timeout=15) == 0


@pytest.mark.parametrize(
    ("missing", "place"),
    [("secret", "9:35: http.auth.basic.password_file"), ("tls.key", "7:28: http.tls.keyfile")],
)
def test_a_file_that_is_missing_ends_the_start_and_is_told_with_its_place(
    driftwatch: StartDriftwatch, home: Path, missing: str, place: str
) -> None:
    (home / missing).unlink()
    process = start(driftwatch, home, SECURED)
    assert process.wait() == 2
    assert f"driftwatch.yaml:{place}: " in process.stderr
    assert str(home / missing) in process.stderr
    assert "Traceback" not in process.stderr


def test_the_limits_of_the_settings_are_those_that_the_port_has_by_itself() -> None:
    assert make_limits(HttpLimitSettings()) == Limits()
