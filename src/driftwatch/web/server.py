"""The server: uvicorn in a thread of its own, on a socket that is bound by whoever makes it."""

import errno
import socket
import threading
import time
from typing import Self

from starlette.types import ASGIApp

from driftwatch.errors import ConfigError, DriftwatchError
from driftwatch.web.bodies import WholeRequests
from driftwatch.web.ingest import Entrance
from driftwatch.web.limits import Limits
from driftwatch.web.pace import Account, Paced
from driftwatch.web.protocol import BACKLOG, GuardedConfig, GuardedServer
from driftwatch.web.tls import Tls

_START_SECONDS = 10.0
_STOP_SECONDS = (0.6, 0.3)
"""For requests to end by themselves, and then for the server to end without them."""


class WebServer:
    """Serves an application until `stop`.

    The socket is bound and listens at once, so that a port that is taken is known before anything
    else begins; requests that come early wait for `start`.

    Args:
        app: what answers.
        host: a name or an address of this machine.
        port: 0 for any free one.
        where: the setting's place, for the head of a message about it.
        limits: what others may do to this process.
        tls: the certificates; None for plain HTTP.
        intake: what answers those who post events; None where none are taken.

    Raises:
        ConfigError: that address can't be listened on, and why.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        where: str = "http.listen",
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        tls: Tls | None = None,
        intake: ASGIApp | None = None,
    ) -> None:
        self._socket = _listen(host, port, where)
        self._port: int = self._socket.getsockname()[1]
        whole = WholeRequests(app, limits.request_timeout_seconds)
        account = Account(limits.cpu_ratio)
        guarded: ASGIApp = Paced(whole, account, limits.connections)
        if intake is not None:
            guarded = Entrance(intake, guarded, account)
        self._server = GuardedServer(GuardedConfig(guarded, limits, tls))
        # A daemon: a process that ends for another reason is not held up by a request.
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

    def start(self) -> None:
        """Begin to answer; returns once it does.

        Raises:
            DriftwatchError: it could not begin.
        """
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise DriftwatchError("the web server did not start; the log says why")
            time.sleep(0.005)

    def stop(self) -> None:
        """Answer what has been asked, for less than a second, and close the port."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(_STOP_SECONDS[0])
            self._server.force_exit = True
            self._thread.join(_STOP_SECONDS[1])
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


_REASONS = {
    errno.EADDRINUSE: "another program listens there; stop it, or choose another port",
    errno.EACCES: "ports below 1024 need a privilege; choose a higher one",
    errno.EADDRNOTAVAIL: "this machine has no such address; 0.0.0.0 stands for all that it has",
}


def _listen(host: str, port: int, where: str) -> socket.socket:
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # Where a name has both, IPv4: it is what most will ask for.
        family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(
            (str(address[0]), port), family=family, backlog=BACKLOG, dualstack_ipv6=both
        )
    except socket.gaierror as problem:
        raise ConfigError(f"{where}: {shown}: there is no host called {host}") from problem
    except OSError as problem:
        why = _REASONS.get(problem.errno or 0, problem.strerror)
        raise ConfigError(f"{where}: can't listen on {shown}: {why}") from problem
