"""Who gets in, asked from outside."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from driftwatch.errors import ConfigError
from driftwatch.web.auth import Credentials, in_file
from driftwatch.web.paths import HEALTH
from tests.harness.waiting import wait_until
from tests.web.site import Answer, Site, serving

PATHS = ("/", "/metrics", "/config", "/api/v1/status", "/api/v1/columns/x", "/-/reload")
NOWHERE = ("/nothing", "/-/", "/-/healthy/", "/-/healthy%0a", "//-/ready", "/-/ready%3f")


def login(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Open to `prometheus` with his password, and to a token."""
    credentials = Credentials("prometheus", lambda: "pässword", lambda: "t0ken")
    with serving(Site(), credentials) as site:
        yield site


def is_refusal(answer: Answer) -> bool:
    return answer.status == 401 and answer.text == "credentials are needed here\n"


@pytest.mark.parametrize("path", [*PATHS, *NOWHERE])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "BREW"])
def test_no_endpoint_but_health_answers_without_credentials(
    site: Site, path: str, method: str
) -> None:
    assert is_refusal(site.ask(path, method))
    assert site.reloads == 0


@pytest.mark.parametrize("path", sorted(HEALTH))
def test_health_needs_no_credentials(site: Site, path: str) -> None:
    assert site.ask(path).status == 200
    assert site.ask(path, "HEAD").status == 200
    assert site.ask(path, authorization="Basic wrong").status == 200


@pytest.mark.parametrize("path", PATHS[:3])
@pytest.mark.parametrize(
    "given", [login("prometheus:pässword"), "Bearer t0ken", "bearer  t0ken ", "BEARER t0ken"]
)
def test_a_login_and_a_token_both_open_the_port(site: Site, path: str, given: str) -> None:
    assert site.ask(path, authorization=given).status == 200


@pytest.mark.parametrize(
    "given",
    [
        login("prometheus:password"),
        login("prometheus:"),
        login("prometheus"),
        login("root:pässword"),
        login(":pässword"),
        login("prometheus:pässword\n"),
        "Basic pr=metheus",
        "Basic",
        "Basic ",
        "Bearer",
        "Bearer t0ke",
        "Bearer t0kenn",
        "Bearer T0KEN",
        login("t0ken"),
        "Bearer " + login("prometheus:pässword").split()[1],
        "t0ken",
        "Digest t0ken",
        " ",
    ],
)
def test_wrong_credentials_are_all_refused_alike(site: Site, given: str) -> None:
    answer, none = site.ask("/metrics", authorization=given), site.ask("/metrics")
    assert is_refusal(answer)
    assert {**answer.headers, "date": ""} == {**none.headers, "date": ""}


def test_a_refusal_says_which_credentials_would_do() -> None:
    for credentials, challenge in (
        (Credentials("me", lambda: "x"), 'Basic realm="driftwatch", charset="UTF-8"'),
        (Credentials(token=lambda: "x"), 'Bearer realm="driftwatch"'),
    ):
        with serving(Site(), credentials) as site:
            assert site.ask("/").headers["www-authenticate"] == challenge


def test_a_way_in_that_is_not_set_up_is_none() -> None:
    with serving(Site(), Credentials("me", lambda: "x")) as site:
        assert is_refusal(site.ask("/", authorization="Bearer x"))
        assert is_refusal(site.ask("/", authorization="Bearer "))
    with serving(Site(), Credentials(token=lambda: "x")) as site:
        assert is_refusal(site.ask("/", authorization=login(":x")))
        assert is_refusal(site.ask("/", authorization=login(":")))


def test_a_password_in_a_file_holds_from_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("old\n")
    with serving(Site(), Credentials("me", in_file(file, "here"))) as site:
        assert site.ask("/", authorization=login("me:old")).status == 200
        file.write_text("new\r\n")
        wait_until(
            lambda: site.ask("/", authorization=login("me:new")).status == 200,
            what="the new password opens the port",
        )
        assert is_refusal(site.ask("/", authorization=login("me:old")))


def test_a_file_that_no_longer_holds_a_secret_opens_nothing_to_all(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    with serving(Site(), Credentials(token=in_file(file, "here"))) as site:
        file.write_text("\n")
        with capture_logs() as logs:
            wait_until(
                lambda: is_refusal(site.ask("/", authorization="Bearer ")) and logs,
                what="the log tells of it",
            )
        assert logs[0]["problem"] == f"here: {file} is empty"
        assert site.ask("/", authorization="Bearer old").status == 200


@pytest.mark.parametrize(
    ("contents", "what"), [(b"", "is empty"), (b"\n", "is empty"), (b"hunter2\xff", "is not UTF-8")]
)
def test_a_file_that_holds_no_secret_is_an_error_that_shows_none(
    tmp_path: Path, contents: bytes, what: str
) -> None:
    (tmp_path / "secret").write_bytes(contents)
    with pytest.raises(ConfigError) as caught:
        in_file(tmp_path / "secret", "a.yaml:3:1: http.auth.bearer.token_file")
    assert str(caught.value).startswith("a.yaml:3:1: http.auth.bearer.token_file: ")
    assert what in str(caught.value)
    assert "hunter2" not in str(caught.value)
