"""`POST /v1/events` from outside: events are taken once they are kept, or refused."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from driftwatch.errors import SourceError
from driftwatch.sources.frames import Event
from driftwatch.sources.http import ANSWERED, Answered
from driftwatch.sources.spool import Spool, SpoolPolicy
from driftwatch.web.app import make_app
from driftwatch.web.auth import Credentials, RequireCredentials
from driftwatch.web.cloud_events import Reading
from driftwatch.web.ingest import RETRY_SECONDS, Intake, IntakePolicy
from driftwatch.web.server import WebServer
from tests.harness.waiting import wait_until
from tests.web.site import Answer, Site, answer_of

POLICY = IntakePolicy(Reading(plain=True, max_bytes=10_000), timeout_seconds=0.5)
RECORD = b'{"x": 1}'


class Kept:
    """Keeps events in memory, one group after the other; waits where a test holds it."""

    def __init__(self) -> None:
        self.groups: list[list[Event]] = []
        self.problem: SourceError | None = None
        self.flows = threading.Event()
        self.flows.set()
        self.began = 0

    def append(self, events: Sequence[Event]) -> None:
        self.began += 1
        assert self.flows.wait(10)
        if self.problem is not None:
            raise self.problem
        self.groups.append(list(events))

    @property
    def bodies(self) -> list[bytes]:
        return [event.body for group in self.groups for event in group]


class Port:
    """A site that takes events."""

    def __init__(self) -> None:
        self.site = Site()
        self.kept = Kept()
        self.missing: str | None = None
        self.answered: dict[Answered, int] = dict.fromkeys(ANSWERED, 0)

    @contextmanager
    def open(
        self,
        policy: IntakePolicy = POLICY,
        credentials: Credentials | None = None,
        keep: Spool | None = None,
    ) -> Iterator["Port"]:
        kept = keep or self.kept
        taking = Intake(policy, kept, lambda: self.missing, lambda: 123, self.answered)
        intake = taking if credentials is None else RequireCredentials(taking, credentials)
        app = make_app(self.site.parts(), credentials)
        with WebServer(app, "127.0.0.1", 0, intake=intake) as server:
            self.site.port = server.port
            yield self

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=20)

    def post(self, body: bytes = RECORD, method: str = "POST", **headers: str) -> Answer:
        connection = self.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, "/v1/events", body, named)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        try:
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()


@pytest.fixture
def port() -> Iterator[Port]:
    with Port().open() as port:
        yield port


def test_an_event_is_taken_with_its_headers_and_the_time(port: Port) -> None:
    event = {"ce_id": "1", "ce_source": "a", "ce_type": "t", "ce_specversion": "1.0"}
    assert port.post(RECORD, "POST", **event, content_type="application/json").status == 202
    headers = {**{name: value.encode() for name, value in event.items()}}
    ((kept,),) = port.kept.groups
    assert dict(kept.headers) == {**headers, "content-type": b"application/json"}
    assert (kept.body, kept.arrived_us) == (RECORD, 123)


def test_lines_of_a_body_are_events_of_their_own(port: Port) -> None:
    assert port.post(b"1\n2\n3\n", content_type="application/x-ndjson").status == 202
    assert port.kept.bodies == [b"1", b"2", b"3"]


def test_the_answer_comes_after_the_event_is_kept(port: Port) -> None:
    port.kept.flows.clear()
    answers: list[Answer] = []
    sender = threading.Thread(target=lambda: answers.append(port.post()))
    sender.start()
    wait_until(lambda: port.kept.began, what="the event is being kept")
    sender.join(0.2)
    assert answers == []
    port.kept.flows.set()
    sender.join()
    assert [answer.status for answer in answers] == [202]


def test_those_that_come_meanwhile_are_kept_together(port: Port) -> None:
    port.kept.flows.clear()
    statuses: list[int] = []
    senders = [
        threading.Thread(target=lambda: statuses.append(port.post().status)) for _ in range(20)
    ]
    senders[0].start()
    wait_until(lambda: port.kept.began, what="the first one is being kept")
    for sender in senders[1:]:
        sender.start()
    time.sleep(0.3)
    port.kept.flows.set()
    for sender in senders:
        sender.join()
    assert statuses == [202] * 20
    assert [len(group) for group in port.kept.groups] == [1, 19]


def test_a_sender_that_goes_away_takes_nobody_along(port: Port) -> None:
    port.kept.flows.clear()
    request = b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n" + RECORD
    with socket.create_connection(("127.0.0.1", port.site.port)) as gone:
        gone.sendall(request)
        wait_until(lambda: port.kept.began, what="the first one is being kept")
        answers: list[Answer] = []
        sender = threading.Thread(target=lambda: answers.append(port.post()))
        sender.start()
    time.sleep(0.1)
    port.kept.flows.set()
    sender.join()
    assert [answer.status for answer in answers] == [202]


def test_while_it_is_not_ready_nothing_is_taken(port: Port) -> None:
    port.missing = "not yet"
    answer = port.post()
    assert (answer.status, answer.text) == (503, "not yet\n")
    assert answer.headers["retry-after"] == str(RETRY_SECONDS)
    port.missing = None
    assert port.post().status == 202


def test_a_disk_that_fails_is_503_and_later_ones_are_taken(port: Port) -> None:
    port.kept.problem = SourceError("events can't be kept: No space left on device")
    answer = port.post()
    assert (answer.status, "No space left" in answer.text) == (503, True)
    assert "retry-after" in answer.headers
    port.kept.problem = None
    assert port.post().status == 202


def test_a_full_spool_is_429_and_later_ones_are_taken(tmp_path: Path) -> None:
    spool = Spool(SpoolPolicy(tmp_path, max_bytes=4_000, file_bytes=1_000))
    with Port().open(keep=spool) as port:
        answers = [port.post(b"x" * 900) for _ in range(6)]
        assert [answer.status for answer in answers] == [202] * 4 + [429] * 2
        assert answers[-1].headers["retry-after"] == str(RETRY_SECONDS)
        spool.delete_below(spool.end)
        assert port.post(b"x" * 900).status == 202
        assert spool.end == 5
    spool.close()


def test_what_is_no_event_is_400_and_the_connection_goes_on() -> None:
    with Port().open(IntakePolicy()) as port:
        connection = port.connect()
        for _ in range(2):
            connection.request("POST", "/v1/events", RECORD)
            answer = connection.getresponse()
            assert (answer.status, b"no CloudEvent" in answer.read()) == (400, True)
        connection.close()
        assert port.kept.groups == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_405(port: Port, method: str) -> None:
    answer = port.post(method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_body_that_is_too_large_is_413_however_it_comes(port: Port) -> None:
    assert port.post(b"x" * 10_000).status == 202
    assert port.post(b"x" * 10_001).status == 413
    head = b"POST /v1/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port.site.port), timeout=20) as connection:
        refusal, _ = answer_of(head + (b"400\r\n" + b"x" * 1024 + b"\r\n") * 10, connection)
    assert refusal.startswith(b"HTTP/1.1 413 ")
    assert len(port.kept.groups) == 1


def test_a_body_that_never_ends_is_408(port: Port) -> None:
    head = b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nx"
    with socket.create_connection(("127.0.0.1", port.site.port), timeout=20) as connection:
        refusal, _ = answer_of(head, connection)
    assert refusal.startswith(b"HTTP/1.1 408 ")


def test_bodies_on_their_way_have_a_bound_together_that_is_given_back() -> None:
    policy = IntakePolicy(POLICY.reading, 10.0, most_waiting_bytes=12_000)
    with Port().open(policy) as port:
        with socket.create_connection(("127.0.0.1", port.site.port)) as slow:
            slow.sendall(b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 9000\r\n\r\n")
            slow.sendall(b"x" * 8_000)
            wait_until(lambda: port.post(b"x" * 5_000).status == 429, what="too much is on its way")
            assert port.post(b"x" * 3_000).status == 202
        wait_until(lambda: port.post(b"x" * 9_000).status == 202, what="the slow one is forgotten")


def test_whoever_may_not_ask_may_not_post() -> None:
    with Port().open(credentials=Credentials(token=lambda: "sesame")) as port:
        assert port.post().status == 401
        assert port.post(authorization="Bearer sesame").status == 202
        assert port.kept.bodies == [RECORD]


def test_without_an_intake_there_is_nothing_at_that_path() -> None:
    site = Site()
    with WebServer(make_app(site.parts()), "127.0.0.1", 0) as server:
        site.port = server.port
        assert site.ask("/v1/events", "POST").status == 404


def test_probes_and_scrapes_are_answered_while_senders_post_as_fast_as_they_can() -> None:
    with Port().open() as port:
        stop = threading.Event()

        def post() -> None:
            connection = port.connect()
            while not stop.is_set():
                connection.request("POST", "/v1/events", RECORD)
                assert connection.getresponse().read() == b""
            connection.close()

        senders = [threading.Thread(target=post) for _ in range(8)]
        for sender in senders:
            sender.start()
        seconds = []
        try:
            # The port's own share of a core, a twentieth, is used up by this many events at once.
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                for path in ("/metrics", "/-/ready"):
                    begin = time.monotonic()
                    assert port.site.ask(path).status == 200
                    seconds.append(time.monotonic() - begin)
                time.sleep(0.05)
        finally:
            stop.set()
            for sender in senders:
                sender.join()
        assert sorted(seconds)[len(seconds) * 9 // 10] < 0.5
        assert len(port.kept.bodies) > 200


def test_requests_are_counted_by_their_answer(port: Port) -> None:
    port.post()
    port.post(b"")
    port.post(b"x" * 10_001)
    port.missing = "not yet"
    port.post()
    assert port.answered == {"accepted": 1, "full": 0, "unavailable": 1, "refused": 2}


def test_a_batch_is_kept_as_one_group(port: Port) -> None:
    event = {"id": "1", "source": "a", "type": "t", "specversion": "1.0", "data": {"x": 1}}
    body = json.dumps([event, {**event, "id": "2"}]).encode()
    kind = "application/cloudevents-batch+json"
    assert port.post(body, content_type=kind).status == 202
    assert [[e.body for e in group] for group in port.kept.groups] == [[b'{"x": 1}', b'{"x": 1}']]
