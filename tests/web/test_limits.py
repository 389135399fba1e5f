"""What slow, large and many requests may do, tried from outside."""

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from driftwatch.export.facts import ProcessFacts
from driftwatch.monitor.report import Column
from driftwatch.web.limits import MOST_BODY_BYTES, Limits
from tests.export.reports import report, stream
from tests.harness.waiting import wait_until
from tests.web.site import Site, answer_of, serving

QUICK = Limits(cpu_ratio=1.0, request_timeout_seconds=1.0, response_timeout_seconds=1.0)
GET = b"GET /-/ready HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
def quick() -> Iterator[Site]:
    """A site that waits for nobody longer than a second, with a page of some megabytes."""
    with serving(Site(), limits=QUICK) as site:
        publish(site, columns=4_000)
        yield site


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Connections that end with the test."""
    with ExitStack() as stack:
        yield stack


def publish(site: Site, columns: int) -> None:
    found = [Column(f"c{i}", "feature", "numeric") for i in range(columns)]
    site.exporter.publish(report(stream(columns=found)), ProcessFacts(), site.now)


def connect(site: Site, opened: ExitStack) -> socket.socket:
    return opened.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=20))


def is_ready(connection: socket.socket) -> bool:
    """Whether one more request is answered whole."""
    connection.sendall(GET)
    received = b""
    while not received.endswith(b"\r\n\r\nready\n"):
        more = connection.recv(1 << 16)
        if not more:
            return False
        received += more
    return received.startswith(b"HTTP/1.1 200")


def is_ended(connection: socket.socket) -> bool:
    """Whether the other side closes, within the time that the socket has."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def drip(connections: list[socket.socket], stop: threading.Event) -> None:
    """A header line a while for each, and never an end."""
    while not stop.wait(0.1):
        for one in connections:
            try:
                one.sendall(b"x: y\r\n")
            except OSError:
                continue


def seconds_of_a_scrape(site: Site) -> float:
    begin = time.monotonic()
    assert site.ask("/metrics").status == 200
    return time.monotonic() - begin


@pytest.mark.parametrize("begun", [b"", b"GET /metrics HTTP/1.1\r\nhost: x\r\n"])
def test_200_slow_connections_do_not_delay_a_scrape_by_more_than_a_second(
    opened: ExitStack, begun: bytes
) -> None:
    with serving(Site(), limits=Limits()) as site:
        publish(site, columns=100)
        slow = [connect(site, opened) for _ in range(200)]
        for one in slow:
            one.sendall(begun)
        stop = threading.Event()
        dripping = threading.Thread(target=drip, args=(slow if begun else [], stop))
        dripping.start()
        try:
            # The middle one of five: the machine may have other things to do for a moment.
            assert sorted(seconds_of_a_scrape(site) for _ in range(5))[2] < 1.0
        finally:
            stop.set()
            dripping.join()


def test_a_scrape_gets_in_where_slow_connections_come_again_and_again(opened: ExitStack) -> None:
    with serving(Site(), limits=Limits(connections=20, connections_per_address=20)) as site:
        for _ in range(10):
            for _ in range(30):
                connect(site, opened).sendall(b"GET ")
            assert site.ask("/metrics").status == 200


def test_a_request_that_never_ends_is_ended_however_it_drips(
    quick: Site, opened: ExitStack
) -> None:
    slow, stop = connect(quick, opened), threading.Event()
    slow.sendall(b"GET /metrics HTTP/1.1\r\n")
    dripping = threading.Thread(target=drip, args=([slow], stop))
    dripping.start()
    try:
        assert is_ended(slow)
    finally:
        stop.set()
        dripping.join()


def test_a_second_request_that_never_ends_is_ended_too(quick: Site, opened: ExitStack) -> None:
    slow = connect(quick, opened)
    assert is_ready(slow)
    slow.sendall(GET[:10])
    assert is_ended(slow)


def test_a_connection_that_waits_for_its_next_request_is_left_alone(
    quick: Site, opened: ExitStack
) -> None:
    idle, silent = connect(quick, opened), connect(quick, opened)
    assert is_ready(idle)
    assert is_ended(silent)  # by now the time for a request is over
    assert is_ready(idle)


def test_an_answer_that_is_not_taken_is_ended(quick: Site, opened: ExitStack) -> None:
    slow = opened.enter_context(socket.socket())
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.settimeout(20)
    slow.connect(("127.0.0.1", quick.port))
    slow.sendall(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n" * 20)
    begin = time.monotonic()
    wait_until(lambda: is_reset(slow), what="the connection is ended", timeout=10.0)
    assert time.monotonic() - begin > 0.9


def is_reset(connection: socket.socket) -> bool:
    """Whether the other side is gone; takes nothing of what it has sent."""
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def test_a_reader_that_is_slow_and_takes_its_answer_gets_it_whole(opened: ExitStack) -> None:
    with serving(Site()) as site:
        publish(site, columns=4_000)
        whole = site.ask("/metrics")
        slow = connect(site, opened)
        slow.sendall(b"GET /metrics HTTP/1.0\r\nhost: x\r\n\r\n")
        received = b""
        while part := slow.recv(1 << 16):
            received += part
            time.sleep(0.002)
        head, _, body = received.partition(b"\r\n\r\n")
        assert b"200 OK" in head
        assert len(whole.body) > 2_000_000
        assert body.count(b"\n") == whole.body.count(b"\n")


def test_readers_that_take_nothing_make_room_for_a_scrape(opened: ExitStack) -> None:
    with serving(Site(), limits=Limits(connections=10, connections_per_address=10)) as site:
        publish(site, columns=4_000)
        for _ in range(10):
            connect(site, opened).sendall(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n" * 5)
        wait_until(lambda: site.ask("/metrics").status == 200, what="a scrape is answered")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\nlong: " + b"x" * 30_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nlong: " + b"x" * 30_000,
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 5_000 + b"\r\n",
        b"GET /" + b"x" * 30_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
)
def test_headers_that_are_too_large_are_refused(
    quick: Site, opened: ExitStack, head: bytes
) -> None:
    refusal, body = answer_of(head, connect(quick, opened))
    assert refusal.startswith(b"HTTP/1.1 431 ")
    assert body == b"the headers are too large\n"


def test_headers_within_their_limit_are_taken(quick: Site) -> None:
    assert quick.ask("/-/ready", long="x" * 15_000).status == 200


def test_what_is_no_request_is_refused_with_the_headers_of_every_answer(
    quick: Site, opened: ExitStack
) -> None:
    head, body = answer_of(b"\x16\x03\x01 this is no HTTP\r\n\r\n", connect(quick, opened))
    assert head.startswith(b"HTTP/1.1 400 ")
    assert body == b"this is no HTTP request\n"
    for header in (b"x-content-type-options", b"content-security-policy", b"cache-control"):
        assert header in head.lower()
    assert b"server:" not in head.lower()


def test_a_body_that_is_announced_too_large_is_refused_unread(
    quick: Site, opened: ExitStack
) -> None:
    head = f"POST /-/reload HTTP/1.1\r\nhost: x\r\ncontent-length: {MOST_BODY_BYTES + 1}\r\n\r\n"
    refusal, body = answer_of(head.encode(), connect(quick, opened))
    assert refusal.startswith(b"HTTP/1.1 413 ")
    assert body == b"a body of more than 16,384 bytes is not taken\n"
    assert quick.reloads == 0


def test_a_body_that_grows_too_large_is_refused(quick: Site, opened: ExitStack) -> None:
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    head = b"GET /metrics HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    refusal, _ = answer_of(head + chunk * 17, connect(quick, opened))
    assert refusal.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_never_ends_is_refused(quick: Site, opened: ExitStack) -> None:
    head = b"POST /-/reload HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nx"
    refusal, _ = answer_of(head, connect(quick, opened))
    assert refusal.startswith(b"HTTP/1.1 408 ")
    assert quick.reloads == 0


def test_a_small_body_is_overlooked(quick: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", quick.port, timeout=10)
    for _ in range(2):
        connection.request("GET", "/-/ready", body=b"x" * MOST_BODY_BYTES)
        assert connection.getresponse().read() == b"ready\n"
    connection.close()


def test_fifty_scrapes_at_a_time_are_all_answered_under_the_limits_that_hold_by_default() -> None:
    sizes: list[int] = []
    with serving(Site(), limits=Limits()) as site:
        publish(site, columns=500)

        def scrape() -> None:
            page = gzip.decompress(site.ask("/metrics", accept_encoding="gzip").body)
            sizes.append(page.count(b"driftwatch_psi{"))

        threads = [threading.Thread(target=scrape) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sizes == [1_000] * 50
