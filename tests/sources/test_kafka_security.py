"""Logins and certificates, at a broker that asks for them."""

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from driftwatch.assembly import make_decoder, make_source
from driftwatch.config import load
from driftwatch.errors import SourceError
from driftwatch.records import Assigned, Revoked
from driftwatch.sources.kafka_errors import RefusedError
from driftwatch.sources.kafka_group import GroupSource
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.kafka_security import KafkaSecurity
from tests.config.corpus import ENV
from tests.config.corpus import HERE as CONFIG
from tests.harness.certificates import Authority, Certificate
from tests.harness.secure_broker import PASSWORD, USER, SecureBroker, unsigned_token
from tests.sources.contract import VALUES, Reader, begin
from tests.sources.kafka_log import Open, policy

pytestmark = [pytest.mark.brokers, pytest.mark.integration]

SECRET = "hunter2"
GOOD_FILES = CONFIG / "good"


@pytest.fixture(scope="module")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    with SecureBroker(tmp_path_factory.mktemp("secure-kafka")) as broker:
        yield broker


@pytest.fixture
def topic(secure_kafka: SecureBroker) -> str:
    """A topic with records in it."""
    name = secure_kafka.create_topic()
    secure_kafka.produce(name, VALUES, partition=0)
    return name


@pytest.fixture
def login(secure_kafka: SecureBroker, topic: str) -> Callable[..., KafkaPolicy]:
    """A policy with a login that differs from a good one in what is given."""

    def make(address: str = secure_kafka.login, **changes: object) -> KafkaPolicy:
        good = KafkaSecurity(
            "SASL_SSL", "PLAIN", USER, PASSWORD, cafile=secure_kafka.authority.cafile
        )
        security = replace(good, **changes)  # type: ignore[arg-type]
        return policy(address, topic, security=security)

    return make


@pytest.fixture
def mutual(secure_kafka: SecureBroker, topic: str) -> Callable[..., KafkaPolicy]:
    """A policy with a certificate of our own, or none."""

    def make(ours: Certificate | None, **more: object) -> KafkaPolicy:
        security = KafkaSecurity(
            "SSL",
            cafile=secure_kafka.authority.cafile,
            certfile=ours.certfile if ours else None,
            keyfile=ours.keyfile if ours else None,
            **more,  # type: ignore[arg-type]
        )
        return policy(secure_kafka.mutual, topic, security=security)

    return make


def reads_all(reader: Reader) -> bool:
    return [value for _, value in reader.read(len(VALUES))] == VALUES


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_password_logs_in(
    login: Callable[..., KafkaPolicy], open_source: Open, mechanism: str
) -> None:
    assert reads_all(begin(open_source(login(mechanism=mechanism))))


def test_a_certificate_of_ours_is_shown(
    secure_kafka: SecureBroker, mutual: Callable[..., KafkaPolicy], open_source: Open
) -> None:
    ours = secure_kafka.authority.sign("client").with_password(SECRET)
    assert reads_all(begin(open_source(mutual(ours, key_password=SECRET))))


def refusal(open_source: Open, settings: KafkaPolicy) -> str:
    """What a source says that is refused at once."""
    with pytest.raises(SourceError) as error:
        Reader(open_source(settings)).poll_for(20)
    assert SECRET not in str(error.value)
    assert SECRET not in repr(settings)
    return str(error.value)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_a_wrong_password_is_told_with_what_to_do(
    login: Callable[..., KafkaPolicy], open_source: Open, mechanism: str
) -> None:
    text = refusal(open_source, login(mechanism=mechanism, password=SECRET))
    assert "the login was refused" in text
    assert "check sasl_mechanism, sasl_username and the password or token" in text


def test_an_authority_that_is_not_trusted_is_told(
    login: Callable[..., KafkaPolicy], open_source: Open, tmp_path: Path
) -> None:
    foreign = Authority(tmp_path, "foreign")
    text = refusal(open_source, login(cafile=foreign.cafile))
    assert "no TLS connection could be made" in text
    assert "check ssl_cafile" in text


def test_a_broker_has_to_have_the_name_that_it_is_called_by(
    secure_kafka: SecureBroker, login: Callable[..., KafkaPolicy], open_source: Open
) -> None:
    address = secure_kafka.login.replace("localhost", "127.0.0.1")
    text = refusal(open_source, login(address))
    assert "the host names in bootstrap_servers" in text


def test_a_certificate_that_is_missing_or_a_strangers_is_told(
    mutual: Callable[..., KafkaPolicy], open_source: Open, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "foreign").sign("stranger")
    for ours in (None, stranger):
        assert "check ssl_cafile, ssl_certfile" in refusal(open_source, mutual(ours))


def test_a_password_that_changes_at_the_broker_and_in_its_file_goes_on(
    secure_kafka: SecureBroker,
    login: Callable[..., KafkaPolicy],
    open_source: Open,
    tmp_path: Path,
    client: str,
) -> None:
    user, file = f"rotating-{client}", tmp_path / "password"
    file.write_text("first\n")
    secure_kafka.set_scram_password("first", user)
    settings = login(mechanism="SCRAM-SHA-512", username=user, password=None, password_file=file)
    source = open_source(settings)
    reader = begin(source)
    (partition,) = reader.assigned
    reader.read(len(VALUES))
    secure_kafka.set_scram_password("second", user)
    reader.poll_until(lambda: Revoked((partition,)) in reader.events)
    assert "the login was refused" in source.problems[0].what
    file.write_text("second\n")
    source.seek({partition: len(VALUES) for partition in reader.take()})
    secure_kafka.produce(partition.topic, [b"afterwards"], partition=0)
    assert reader.read(len(VALUES) + 1)[-1] == (len(VALUES), b"afterwards")
    assert list(source.problems) == []


def test_a_token_is_read_again_before_it_expires(
    secure_kafka: SecureBroker,
    login: Callable[..., KafkaPolicy],
    open_source: Open,
    tmp_path: Path,
) -> None:
    file = tmp_path / "token"
    with kept_fresh(file):
        nobody = {"username": None, "password": None}
        source = open_source(login(mechanism="OAUTHBEARER", token_file=file, **nobody))
        reader = begin(source)
        assert reads_all(reader)
        reader.poll_for(8.0)  # longer than any token, and than several logins
        secure_kafka.produce(reader.assigned[0].topic, [b"afterwards"], partition=0)
        reader.read(len(VALUES) + 1)
    assert sum(isinstance(event, Assigned) for event in reader.events) == 1


@contextmanager
def kept_fresh(file: Path) -> Iterator[None]:
    """A file with a token that is good for six seconds, and another one twice a second."""
    stop = threading.Event()

    def write() -> None:
        fresh = file.with_suffix(".new")
        fresh.write_text(unsigned_token(6.0))
        fresh.replace(file)

    def write_on() -> None:
        while not stop.wait(0.5):
            write()

    write()
    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def old_server(ours: Certificate) -> Iterator[tuple[str, list[str]]]:
    """A server that speaks TLS 1.1 at most: its address, and what came of each handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(ours.certfile, ours.keyfile)
    handshakes: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                with context.wrap_socket(self.request, server_side=True) as connection:
                    handshakes.append(f"spoke {connection.version()}")
            except OSError as error:
                handshakes.append(str(error))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"localhost:{server.server_address[1]}", handshakes
        server.shutdown()
        thread.join()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_nothing_older_than_tls_1_2_is_spoken(open_source: Open, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with old_server(authority.sign("old", "localhost")) as (address, handshakes):
        security = KafkaSecurity("SSL", cafile=authority.cafile)
        source = open_source(policy(address, "any", security=security))
        with suppress(SourceError):
            Reader(source).poll_until(lambda: source._connection.error)
        source.close()
    assert "unsupported protocol" in handshakes[0].lower()


# --- settings and files


def test_every_setting_reaches_the_login() -> None:
    settings = load(GOOD_FILES / "every_key.yaml", ENV)
    found = make_source(settings, make_decoder(settings, {}))
    assert isinstance(found, GroupSource)
    wanted = found._policy
    assert (wanted.assignment, wanted.group_instance_id) == ("cooperative-sticky", "drift-0")
    assert wanted.session_timeout_seconds == 30.0
    assert wanted.security == KafkaSecurity(
        "SASL_SSL",
        "SCRAM-SHA-512",
        "driftwatch",
        SECRET,
        cafile=GOOD_FILES / "certificates/ca.pem",
        certfile=GOOD_FILES / "certificates/client.pem",
        keyfile=Path("/etc/driftwatch/client.key"),
        key_password=SECRET,
    )


def test_the_files_of_secrets_reach_the_login() -> None:
    settings = load(GOOD_FILES / "token_file.yaml", ENV)
    found = make_source(settings, make_decoder(settings, {}))
    assert isinstance(found, GroupSource)
    security = found._policy.security
    assert security.mechanism == "OAUTHBEARER"
    assert security.token_file == Path("/var/run/secrets/kafka/token")
    assert security.key_password_file == GOOD_FILES / "secrets/password"


def test_a_key_that_does_not_fit_is_told_by_its_file(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.sign("one"), authority.sign("other")
    encrypted = one.with_password(SECRET).keyfile
    good = KafkaSecurity(
        "SSL",
        cafile=authority.cafile,
        certfile=one.certfile,
        keyfile=encrypted,
        key_password=SECRET,
    )
    good.check()
    for bad in (
        replace(good, keyfile=other.keyfile),
        replace(good, key_password=None),
        replace(good, key_password="another"),
    ):
        with pytest.raises(RefusedError, match="ssl_keyfile_password") as error:
            bad.check()
        assert str(bad.keyfile) in str(error.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "No such file"), (b"\n", "is empty"), (b"\xff", "not UTF-8"), (b"x" * 70_000, "large")],
)
def test_a_secret_that_cannot_be_read_is_told_by_its_file(
    tmp_path: Path, content: bytes | None, expected: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    for security in (
        KafkaSecurity("SASL_SSL", "PLAIN", USER, password_file=file),
        KafkaSecurity("SASL_SSL", "OAUTHBEARER", token_file=file),
    ):
        with pytest.raises(RefusedError, match=expected) as error:
            security.check()
        assert str(file) in str(error.value)


def test_a_cafile_that_holds_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(RefusedError, match="ssl_cafile"):
        KafkaSecurity("SSL", cafile=tmp_path / "ca.pem").check()


def test_no_secret_is_shown() -> None:
    security = KafkaSecurity("SASL_SSL", "PLAIN", USER, SECRET, key_password=SECRET)
    shown = repr(KafkaPolicy(("localhost:9093",), ("log",), "group", security=security))
    assert USER in shown
    assert SECRET not in shown
