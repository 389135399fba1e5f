"""The client of kafka-python, made to say why a connection could not be made.

The library logs that, and raises "unable to bootstrap" when time is up. It has a place for refused
logins, from which it raises them at the next attempt, and forgets to put them there. And what a
broker says last, which is why it refuses a login, is thrown away where the connection ends with it.
"""

from collections.abc import Callable
from typing import Any

from kafka.errors import SaslAuthenticationFailedError, UnsupportedSaslMechanismError
from kafka.net.compat import KafkaNetClient

from driftwatch.sources.kafka_errors import blames_certificates

_Receive = Callable[[], tuple[bytes, Exception | None]]

_LOGIN = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError)


class TellingClient(KafkaNetClient):  # type: ignore[misc]
    """trouble: why the latest connection that failed did so; a refused login stays."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self.trouble: Exception | None = None
        # It would make topics that do not exist.
        self.cluster.config["allow_auto_create_topics"] = False
        self._connect = self._manager._connect  # noqa: SLF001
        self._manager._connect = self._connect_and_tell  # noqa: SLF001

    async def _connect_and_tell(self, node: Any, connection: Any, **options: Any) -> None:
        log_in, begin = connection._sasl_authenticate, connection.connection_made  # noqa: SLF001

        refusals: list[Exception] = []

        def tell(error: Exception) -> None:
            if isinstance(error, _LOGIN) or blames_certificates(str(error)):
                refusals.append(error)
            if not isinstance(self.trouble, _LOGIN):
                self.trouble = error

        async def log_in_and_tell(timeout_at: float | None = None) -> None:
            try:
                await log_in(timeout_at)
            except Exception as error:
                tell(error)
                raise

        def begin_to_the_end(transport: Any) -> None:
            transport._sock_recv = _data_first(transport._sock_recv)  # noqa: SLF001
            begin(transport)

        connection._sasl_authenticate = log_in_and_tell  # noqa: SLF001
        connection.connection_made = begin_to_the_end
        connection.close_future.add_errback(tell)
        await self._connect(node, connection, **options)
        if refusals:
            self._manager._auth_failures[node.node_id] = refusals[0]  # noqa: SLF001


def _data_first(receive: _Receive) -> _Receive:
    """What ends the connection is said again at the next look."""

    def receive_data_first() -> tuple[bytes, Exception | None]:
        data, error = receive()
        return data, None if data else error

    return receive_data_first
