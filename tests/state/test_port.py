import pytest

from driftwatch.records import Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.port import Checkpoint, PaneKey, PartitionState, Retention

LOG0, LOG1 = Partition("fraud-log", 0), Partition("fraud-log", 1)


def test_counts_without_the_frontier_that_they_lie_below_are_no_checkpoint() -> None:
    panes = {PaneKey(StreamKey("fraud", "3"), LOG1, 0, 60): Counts.empty(1, 0)}

    with pytest.raises(ValueError, match="fraud-log/1"):
        Checkpoint(panes=panes, partitions={LOG0: PartitionState(frontier=7)})


@pytest.mark.parametrize("block_us", [0, -60])
def test_a_block_lasts_longer_than_nothing(block_us: int) -> None:
    with pytest.raises(ValueError, match=str(block_us)):
        Retention(roll_up_before_us=0, block_us=block_us, drop_before_us=0)


def test_only_what_is_shorter_than_a_block_is_rolled_up() -> None:
    retention = Retention(roll_up_before_us=600, block_us=100, drop_before_us=0)

    assert retention.block_of(start_us=200, length_us=99) == 200
    assert retention.block_of(start_us=200, length_us=100) is None
