"""The server itself: its port, its thread, its beginning and its end."""

import asyncio
import http.client
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from driftwatch.errors import ConfigError
from driftwatch.web.server import WebServer
from tests.harness.ports import PortLease
from tests.harness.process import http_get


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def broken(request: Request) -> Response:
    raise RuntimeError("broken on purpose")


APP = Starlette(routes=[Route("/", hello), Route("/broken", broken)])


ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_free_port_is_found_where_none_is_named() -> None:
    with WebServer(APP, "127.0.0.1", 0) as server:
        assert server.port > 0
        assert http_get(f"http://127.0.0.1:{server.port}/") == (200, "hello")


def test_a_port_that_is_named_is_the_one() -> None:
    with PortLease() as lease, WebServer(APP, "127.0.0.1", lease.port) as server:
        assert server.port == lease.port
        assert http_get(f"http://127.0.0.1:{lease.port}/") == (200, "hello")


def test_a_port_that_is_taken_is_told_at_once_with_its_setting(taken: int) -> None:
    with pytest.raises(ConfigError) as caught:
        WebServer(APP, "127.0.0.1", taken, "driftwatch.yaml:9: http.listen")
    assert str(caught.value) == (
        f"driftwatch.yaml:9: http.listen: can't listen on 127.0.0.1:{taken}: another program "
        "listens there; stop it, or choose another port"
    )


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(ConfigError, match=r"192\.0\.2\.1:0: this machine has no such address"):
        WebServer(APP, "192.0.2.1", 0)


def test_a_host_that_does_not_exist_is_told() -> None:
    with pytest.raises(ConfigError, match=r"there is no host called no-such-host\.invalid"):
        WebServer(APP, "no-such-host.invalid", 0)


def test_a_name_of_both_kinds_stands_for_its_ipv4_address(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(f, socket.SOCK_STREAM, 6, "", (a, 0)) for f, a in reversed(ADDRESSES)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: both)
    server = WebServer(APP, "localhost", 0)
    monkeypatch.undo()
    with server:
        assert http_get(f"http://127.0.0.1:{server.port}/") == (200, "hello")


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["[::1]", "127.0.0.1"])
def test_all_of_ipv6_is_all_of_ipv4_too(host: str) -> None:
    with WebServer(APP, "::", 0) as server:
        assert http_get(f"http://{host}:{server.port}/") == (200, "hello")


def test_a_request_that_comes_before_the_start_is_answered_after_it() -> None:
    server = WebServer(APP, "127.0.0.1", 0)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", "/")
        server.start()
        assert connection.getresponse().read() == b"hello"
    finally:
        connection.close()
        server.stop()


def test_a_stop_takes_less_than_a_second_and_frees_the_port() -> None:
    server = WebServer(APP, "127.0.0.1", 0)
    server.start()
    idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    idle.request("GET", "/")
    idle.getresponse().read()
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 1.0
    idle.close()
    with WebServer(APP, "127.0.0.1", server.port):
        pass


def test_a_stop_ends_a_request_that_waits_for_ever() -> None:
    began = threading.Event()

    async def wait(request: Request) -> Response:
        began.set()
        await asyncio.sleep(60)
        return PlainTextResponse("at last")

    server = WebServer(Starlette(routes=[Route("/", wait)]), "127.0.0.1", 0)
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    assert began.wait(10)
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 1.0
    assert "web" not in {thread.name for thread in threading.enumerate()}
    connection.close()


def test_a_stop_does_not_wait_for_a_request_that_hangs() -> None:
    began, ended = threading.Event(), threading.Event()

    def hang(request: Request) -> Response:
        began.set()
        ended.wait(10)
        return PlainTextResponse("at last")

    server = WebServer(Starlette(routes=[Route("/", hang)]), "127.0.0.1", 0)
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    assert began.wait(10)
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 1.0
    ended.set()
    connection.close()


def test_a_server_that_never_started_can_be_stopped() -> None:
    server = WebServer(APP, "127.0.0.1", 0)
    server.stop()
    with WebServer(APP, "127.0.0.1", server.port):
        pass


def test_the_signals_of_the_process_stay_as_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with WebServer(APP, "127.0.0.1", 0):
        assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_request_is_no_news_and_a_fault_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), WebServer(APP, "127.0.0.1", 0) as server:
        http_get(f"http://127.0.0.1:{server.port}/")
        assert http_get(f"http://127.0.0.1:{server.port}/broken")[0] == 500
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as other:
            other.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            assert other.recv(1000).startswith(b"HTTP/1.1 400")
    told = [r.getMessage() for r in caplog.records if r.name.startswith("uvicorn")]
    assert told == ["Exception in ASGI application\n"]


def test_what_the_server_imports_is_lean() -> None:
    script = (
        "import sys, driftwatch.web.app, driftwatch.web.server\n"
        "heavy = {'httptools', 'uvloop', 'websockets', 'wsproto', 'jinja2', 'httpx', 'httpx2',"
        " 'click.testing', 'scipy.stats', 'rich', 'typer'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
