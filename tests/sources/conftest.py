"""What the tests of several sources share."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from kafka.net.inet import KafkaNetSocket

from driftwatch.sources.kafka import KafkaPolicy, KafkaSource
from tests.sources.kafka_log import Open


@pytest.fixture
def open_source() -> Iterator[Open]:
    """Opens sources, and closes them with the test."""
    connect = KafkaNetSocket.sock_connect

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

    def open_one(policy: KafkaPolicy) -> KafkaSource:
        source = KafkaSource(policy)
        opened.callback(source.close)
        return source

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KafkaNetSocket, "sock_connect", connect_or_close)
        with ExitStack() as opened:
            yield open_one
        for thread in threading.enumerate():
            if thread.name == "driftwatch-kafka-connect":
                thread.join()
