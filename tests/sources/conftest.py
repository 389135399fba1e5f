"""What the tests of several sources share."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from driftwatch.sources.kafka import KafkaPolicy, KafkaSource
from tests.sources.kafka_log import Open


@pytest.fixture
def open_source() -> Iterator[Open]:
    """Opens sources, and closes them with the test."""
    with ExitStack() as opened:

        def open_one(policy: KafkaPolicy) -> KafkaSource:
            source = KafkaSource(policy)
            opened.callback(source.close)
            return source

        yield open_one
    # kafka-python leaves the sockets of refused connections to the garbage collector, which
    # complains; the tests that refuse connections ignore that.
    gc.collect()
