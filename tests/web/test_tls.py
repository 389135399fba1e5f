"""HTTPS from outside: which versions, which certificates, and what happens when they change."""

import http.client
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from driftwatch.errors import ConfigError
from driftwatch.web.limits import Limits
from driftwatch.web.tls import Tls, TlsFiles
from tests.harness.tools import program
from tests.harness.waiting import wait_until
from tests.web.certificates import Certificate, certificate, trusting
from tests.web.site import Site, serving


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("first"), "first")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("second"), "second")


@pytest.fixture
def served(first: Certificate, tmp_path: Path) -> Iterator[tuple[Site, Certificate]]:
    """A site, and the files of its certificate, which a test may exchange."""
    pair = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    exchange(pair, first)
    with serving(Site(), tls=Tls(TlsFiles(*pair))) as site:
        yield site, pair


def exchange(pair: Certificate, other: Certificate) -> None:
    shutil.copy(other.certfile, pair.certfile)
    shutil.copy(other.keyfile, pair.keyfile)


def connect(site: Site, context: ssl.SSLContext) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("127.0.0.1", site.port, timeout=10, context=context)


def ready(connection: http.client.HTTPSConnection) -> bytes:
    connection.request("GET", "/-/ready")
    return connection.getresponse().read()


def shows(site: Site, pair: Certificate) -> bool:
    """Whether a new connection gets this certificate."""
    shown = ssl.get_server_certificate(("127.0.0.1", site.port), timeout=10)
    return shown.split() == pair.certfile.read_text().split()


def error_of(files: TlsFiles) -> str:
    with pytest.raises(ConfigError) as caught:
        Tls(files)
    return str(caught.value)


def test_a_page_comes_over_tls(served: tuple[Site, Certificate], first: Certificate) -> None:
    site, _ = served
    connection = connect(site, trusting(first))
    assert ready(connection) == b"ready\n"
    assert isinstance(connection.sock, ssl.SSLSocket)
    assert connection.sock.version() == "TLSv1.3"
    assert ready(connection) == b"ready\n"
    connection.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "is_taken"),
    [
        (ssl.TLSVersion.TLSv1, False),
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_below_1_2_is_refused(
    served: tuple[Site, Certificate], first: Certificate, version: ssl.TLSVersion, is_taken: bool
) -> None:
    site, _ = served
    context = trusting(first)
    # Or this side would refuse the old ones first.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with closing(connect(site, context)) as connection:
        if is_taken:
            assert ready(connection) == b"ready\n"
        else:
            with pytest.raises(ssl.SSLError, match=r"EOF|PROTOCOL_VERSION"):
                connection.request("GET", "/-/ready")


def test_plain_http_gets_no_answer_from_a_port_with_tls(served: tuple[Site, Certificate]) -> None:
    site, _ = served
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as plain:
        plain.sendall(b"GET /-/ready HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"HTTP" not in received(plain)


def received(connection: socket.socket) -> bytes:
    found = b""
    try:
        while more := connection.recv(1 << 16):
            found += more
    except ConnectionError:
        pass
    return found


def test_a_handshake_that_does_not_end_is_ended(first: Certificate) -> None:
    limits = Limits(request_timeout_seconds=1.0)
    with (
        serving(Site(), tls=Tls(TlsFiles(*first)), limits=limits) as site,
        socket.create_connection(("127.0.0.1", site.port), timeout=10) as silent,
    ):
        assert received(silent) == b""


def test_handshakes_that_do_not_end_make_room_for_a_scrape(first: Certificate) -> None:
    limits = Limits(connections=20, connections_per_address=20)
    with serving(Site(), tls=Tls(TlsFiles(*first)), limits=limits) as site:
        silent = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(60)]
        with closing(connect(site, trusting(first))) as connection:
            assert ready(connection) == b"ready\n"
        for one in silent:
            one.close()


def test_only_who_shows_a_certificate_that_is_known_gets_in(
    first: Certificate, second: Certificate
) -> None:
    tls = Tls(TlsFiles(*first, client_cafile=second.certfile))
    with serving(Site(), tls=tls) as site:
        with closing(connect(site, trusting(first, shown=second))) as known:
            assert ready(known) == b"ready\n"
        for stranger in (trusting(first), trusting(first, shown=first)):
            with (
                closing(connect(site, stranger)) as connection,
                pytest.raises((ssl.SSLError, ConnectionError)),
            ):
                ready(connection)


def test_a_new_certificate_is_shown_and_connections_that_run_go_on(
    served: tuple[Site, Certificate], first: Certificate, second: Certificate
) -> None:
    site, pair = served
    running = connect(site, trusting(first))
    assert ready(running) == b"ready\n"
    exchange(pair, second)
    wait_until(lambda: shows(site, second), what="the new certificate is shown")
    assert ready(running) == b"ready\n"
    running.close()


def test_a_link_that_leads_elsewhere_is_a_new_certificate(
    first: Certificate, second: Certificate, tmp_path: Path
) -> None:
    """As Kubernetes does it: the files are links through `..data`, and that alone is exchanged."""
    for name, pair in (("..1", first), ("..2", second)):
        (tmp_path / name).mkdir()
        exchange(Certificate(tmp_path / name / "tls.crt", tmp_path / name / "tls.key"), pair)
    (tmp_path / "..data").symlink_to("..1")
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).symlink_to(Path("..data", name))
    with serving(Site(), tls=Tls(TlsFiles(tmp_path / "tls.crt", tmp_path / "tls.key"))) as site:
        assert shows(site, first)
        (tmp_path / "..new").symlink_to("..2")
        (tmp_path / "..new").replace(tmp_path / "..data")
        wait_until(lambda: shows(site, second), what="the new certificate is shown")


@pytest.mark.parametrize("what", ["half", "empty", "gone", "no PEM"])
def test_a_broken_certificate_leaves_the_old_one_in_force_and_is_told(
    served: tuple[Site, Certificate], first: Certificate, second: Certificate, what: str
) -> None:
    site, pair = served
    assert shows(site, first)
    match what:
        case "half":
            shutil.copy(second.certfile, pair.certfile)
        case "empty":
            pair.keyfile.write_text("")
        case "gone":
            pair.certfile.unlink()
        case _:
            pair.certfile.write_text("no certificate")
    with capture_logs() as logs:
        wait_until(lambda: shows(site, first) and logs, what="the log tells of it")
        assert shows(site, first)
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert "http.tls." in logs[0]["problem"]
    exchange(pair, second)
    wait_until(lambda: shows(site, second), what="the new certificate is shown")


def test_a_file_that_is_no_good_is_told_with_its_setting(
    first: Certificate, second: Certificate, tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing.pem"
    for files, words in (
        (TlsFiles(nothing, first.keyfile), f"certfile: {nothing} can't be read: No such file"),
        (TlsFiles(first.keyfile, first.keyfile), "holds no certificate in PEM"),
        (TlsFiles(first.certfile, first.certfile), "holds no private key in PEM"),
    ):
        assert words in error_of(files)
    places = {key: f"a.yaml:7:3: http.tls.{key}" for key in ("certfile", "keyfile")}
    assert error_of(TlsFiles(first.certfile, second.keyfile, None, places)) == (
        f"a.yaml:7:3: http.tls.keyfile: {second.keyfile} is not the key of {first.certfile}"
    )
    words = error_of(TlsFiles(*first, client_cafile=first.keyfile))
    assert words.startswith(f"http.tls.client_cafile: {first.keyfile} holds no certificates in PEM")


def test_a_key_that_is_encrypted_is_refused_and_nobody_is_asked_for_its_password(
    first: Certificate, tmp_path: Path
) -> None:
    locked = tmp_path / "locked.key"
    command = ["pkey", "-in", str(first.keyfile), "-aes256", "-passout", "pass:hunter2"]
    subprocess.run([program("openssl"), *command, "-out", str(locked)], check=True)
    assert error_of(TlsFiles(first.certfile, locked)) == (
        f"http.tls.keyfile: {locked} is encrypted, and there is no password for it; decrypt the key"
    )
