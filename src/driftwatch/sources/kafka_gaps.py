"""What can't be read of a topic: told as a gap and passed over, so that reading goes on.

Nothing is counted twice for it: where nobody can tell what was lost, nothing is read again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from driftwatch.errors import SourceError
from driftwatch.records import Partition
from driftwatch.sources.kafka_member import Member
from driftwatch.sources.port import Gap, GapReason

_CORRUPT_ATTEMPTS = 3

Positions = dict[Partition, int]


class KafkaGaps:
    """Finds gaps, and where reading goes on behind them. `found` is what was not yet told."""

    def __init__(self) -> None:
        self.found: list[Gap] = []
        self._topic_ids: dict[Partition, str] = {}  # of what was read from
        self._corrupt: Counter[tuple[Partition, int]] = Counter()

    def forget(self, partition: Partition) -> None:
        """It went, or came anew: whoever seeks it knows what it is."""
        self._topic_ids.pop(partition, None)

    def check_topic(self, member: Member, partition: Partition, position: int) -> None:
        """Tell a gap where the topic is no longer the one that was read from.

        How much of the new one was taken for the old one nobody can tell.
        """
        new = member.topic_id(partition.topic)
        if new is not None and self._topic_ids.setdefault(partition, new) != new:
            self._topic_ids[partition] = new
            self.found.append(Gap(partition, position, position, None, "recreated"))

    def out_of_range(self, member: Member, offsets: Mapping[Partition, int]) -> Positions:
        """Read on at the nearest record that there is.

        An offset behind the end is of a topic that was made again: it is read from its beginning.
        Or the end was lost with a broker: then it goes on where it ends now, for what it still has
        was counted.

        Returns:
            Where reading goes on; nothing of a partition whose leader did not answer.
        """
        positions: Positions = {}
        for partition, position in offsets.items():
            try:
                member.refresh()
                first = member.first_offsets([partition])[partition]
                end = member.end_offsets([partition])[partition]
            except SourceError:
                continue  # the next poll says the same, and finds the brokers again or not
            same = self._topic_ids.get(partition) == member.topic_id(partition.topic)
            if position < first:
                positions |= self._pass(member, partition, position, first, "expired")
            elif position > end and same:
                positions |= self._pass(member, partition, position, end, "truncated")
            elif position > end:
                positions |= self._pass(member, partition, position, first, "recreated")
            else:
                member.seek(partition, position)
        return positions

    def truncated(self, partitions: Iterable[Partition], positions: Positions) -> None:
        """The end of a log was lost with its leader, and what came in its place may be missed."""
        for partition in partitions:
            position = positions.get(partition, 0)
            self.found.append(Gap(partition, position, position, None, "truncated"))

    def corrupt(self, member: Member, partition: Partition | None) -> Positions | None:
        """Go on behind records that fail their checksum again and again.

        Returns:
            Where reading goes on; None where they should be fetched once more, for it may have been
            the network.
        """
        if partition is None or partition not in member.ours.flowing:
            return None
        position = member.position(partition)
        self._corrupt[partition, position] += 1
        if self._corrupt[partition, position] < _CORRUPT_ATTEMPTS:
            return None
        try:
            resumed = member.next_readable(partition, position)
        except SourceError:
            return None
        return self._pass(member, partition, position, resumed, "corrupt")

    def _pass(
        self, member: Member, partition: Partition, position: int, resumed: int, reason: GapReason
    ) -> Positions:
        lost = resumed - position if reason in ("expired", "corrupt") else None
        self.found.append(Gap(partition, position, resumed, lost, reason))
        self.forget(partition)
        member.seek(partition, resumed)
        return {partition: resumed}
