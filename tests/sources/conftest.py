"""What the tests of several sources share."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest
from kafka.net.inet import KafkaNetSocket
from kafka.net.transport import KafkaSSLTransport

from driftwatch.sources.confluent import ConfluentSource
from driftwatch.sources.kafka import KafkaSource
from driftwatch.sources.kafka_group import GroupSource
from driftwatch.sources.kafka_policy import KafkaPolicy
from tests.sources.kafka_log import Open

SOURCES: Mapping[str, Callable[[KafkaPolicy], GroupSource]] = {
    "kafka-python": KafkaSource,
    "confluent": ConfluentSource,
}


@pytest.fixture(params=SOURCES)
def client(request: pytest.FixtureRequest) -> str:
    """Each library that talks to the brokers."""
    return str(request.param)


@pytest.fixture
def open_source(client: str) -> Iterator[Open]:
    """Opens sources, and closes them with the test."""
    connect, shake_hands = KafkaNetSocket.sock_connect, KafkaSSLTransport.handshake

    async def connect_or_close(
        self: KafkaNetSocket, net: object, sock: socket.socket, *arguments: object, **names: object
    ) -> socket.socket:
        # kafka-python leaves the sockets of refused connections to the garbage collector, which
        # complains.
        try:
            connected: socket.socket = await connect(self, net, sock, *arguments, **names)
        except BaseException:
            sock.close()
            raise
        return connected

    async def shake_hands_or_close(self: KafkaSSLTransport) -> None:
        # The same goes for those of connections that could not be encrypted.
        try:
            await shake_hands(self)
        except BaseException:
            self._sock.close()
            raise

    def open_one(policy: KafkaPolicy) -> GroupSource:
        source = SOURCES[client](policy)
        opened.callback(source.close)
        return source

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KafkaNetSocket, "sock_connect", connect_or_close)
        patch.setattr(KafkaSSLTransport, "handshake", shake_hands_or_close)
        with ExitStack() as opened:
            yield open_one
        for thread in threading.enumerate():
            if thread.name == "driftwatch-kafka-connect":
                thread.join()
