"""The log in memory keeps the contract, and does what tests ask of it."""

from collections.abc import Sequence

import numpy as np
import pytest

from driftwatch.errors import SourceError
from driftwatch.records import Assigned, Partition, RawBatch, Revoked
from driftwatch.sources.memory import MemorySource
from driftwatch.sources.port import Committed, Gap, Source
from tests.sources.contract import Log, SourceContract

CLICKS, VIEWS = Partition("clicks", 0), Partition("clicks", 1)


class MemoryLog(Log):
    has_group = True
    has_tombstones = True
    can_revoke = True

    def __init__(self) -> None:
        self._source = MemorySource(batch_records=64)

    def open(self) -> Source:
        return self._source

    def write(self, values: Sequence[bytes | None], partition: int = 0) -> None:
        where = (CLICKS, VIEWS)[partition]
        self._source.append(where, values)
        if where not in self._source.progress():
            self._source.assign(where)

    def leave_a_gap(self) -> None:
        self._source.append(CLICKS, [], next_offset=17)

    def revoke(self) -> None:
        self._source.revoke(VIEWS)


class TestContract(SourceContract):
    @pytest.fixture
    def log(self) -> Log:
        return MemoryLog()


def flowing(*partitions: Partition, batch_records: int = 1000) -> MemorySource:
    source = MemorySource(batch_records=batch_records)
    source.assign(*partitions)
    source.poll(0)
    source.seek(dict.fromkeys(partitions, 0))
    return source


def test_a_whole_chunk_is_handed_out_without_a_copy() -> None:
    source = flowing(CLICKS)
    values = [b"a", b"b"]
    times = np.array([1, 2], np.int64)
    source.append(CLICKS, values, broker_times_us=times)
    (batch,) = source.poll(0)
    assert isinstance(batch, RawBatch)
    assert batch.values is values
    assert batch.broker_times_us is not None
    assert np.shares_memory(batch.broker_times_us, times)


def test_a_batch_has_at_most_batch_records_of_each_partition() -> None:
    source = flowing(CLICKS, VIEWS, batch_records=3)
    source.append(CLICKS, [b"a"] * 5)
    source.append(VIEWS, [b"b"] * 2)
    sizes = [[len(b.values) for b in source.poll(0) if isinstance(b, RawBatch)] for _ in range(3)]
    assert sizes == [[3, 2], [2], []]


def test_keys_and_headers_stay_with_their_records() -> None:
    source = flowing(CLICKS, batch_records=1)
    headers = [[("id", b"1")], [("id", b"2")]]
    source.append(CLICKS, [b"a", b"b"], keys=[b"1", None], headers=headers)
    batches = [batch for _ in range(2) for batch in source.poll(0) if isinstance(batch, RawBatch)]
    assert [batch.keys for batch in batches] == [[b"1"], [None]]
    assert [batch.headers for batch in batches] == [headers[:1], headers[1:]]


def test_offsets_may_have_holes_and_the_end_may_lie_behind_the_last_record() -> None:
    source = flowing(CLICKS, batch_records=1)
    source.append(CLICKS, [b"a", b"b"], offsets=[4, 9], next_offset=12)
    batches = [source.poll(0)[0] for _ in range(2)]
    assert [b.next_offset for b in batches if isinstance(b, RawBatch)] == [9, 12]
    source.append(CLICKS, [b"c"])
    (batch,) = source.poll(0)
    assert isinstance(batch, RawBatch)
    assert batch.offsets.tolist() == [12]


def test_what_expired_before_it_was_read_is_a_gap() -> None:
    source = flowing(CLICKS)
    source.append(CLICKS, [b"a", b"b", b"c"])
    source.expire(CLICKS, before=2)
    (batch,) = source.poll(0)
    assert isinstance(batch, RawBatch)
    assert batch.values == [b"c"]
    assert source.take_gaps() == [Gap(CLICKS, 0, 2, 2, "expired")]
    assert source.take_gaps() == []


def test_while_disconnected_nothing_comes_and_nothing_is_committed() -> None:
    source = flowing(CLICKS)
    source.append(CLICKS, [b"a"])
    source.disconnect()
    assert source.poll(0) == []
    assert not source.progress()[CLICKS].caught_up
    with pytest.raises(SourceError):
        source.commit({CLICKS: Committed(1)})


def test_after_a_reconnect_it_goes_on() -> None:
    source = flowing(CLICKS)
    source.append(CLICKS, [b"a"])
    states = [source.connected]
    source.disconnect()
    states.append(source.connected)
    source.reconnect()
    states.append(source.connected)
    assert states == [True, False, True]
    assert len(source.poll(0)) == 1
    source.commit({CLICKS: Committed(1)})
    assert source.commits == [{CLICKS: Committed(1)}]


def test_a_partition_that_is_not_ours_is_not_committed() -> None:
    source = flowing(CLICKS)
    source.revoke(CLICKS)
    with pytest.raises(SourceError, match="clicks/0"):
        source.commit({CLICKS: Committed(1)})


def test_events_come_in_the_order_of_what_happened() -> None:
    source = MemorySource()
    source.assign(CLICKS)
    source.revoke(CLICKS)
    source.assign(VIEWS)
    assert source.poll(0) == [Assigned((CLICKS,)), Revoked((CLICKS,)), Assigned((VIEWS,))]


def test_it_is_exhausted_once_it_ended_and_all_was_handed_out() -> None:
    source = flowing(CLICKS)
    source.append(CLICKS, [b"a"])
    states = [source.exhausted]
    source.end()
    states.append(source.exhausted)
    source.poll(0)
    states.append(source.exhausted)
    assert states == [False, False, True]
    assert source.progress()[CLICKS].ended
    assert source.poll(60) == []  # and does not wait


def test_it_starts_at_the_first_record_of_a_broker_time() -> None:
    source = flowing(CLICKS)
    source.append(CLICKS, [b"a", b"b"], broker_times_us=[10, 20])
    source.append(CLICKS, [b"c", b"d"], broker_times_us=[30, 40])
    found = {time: source.starts([CLICKS], time)[CLICKS] for time in (0, 10, 15, 30, 31, 41)}
    assert found == {0: 0, 10: 0, 15: 1, 30: 2, 31: 3, 41: 4}
