"""Ways to break the protocol, each of which the crash test has to notice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from driftwatch.daemon import Loop
from driftwatch.protocol.commit import Commit
from driftwatch.records import Partition, RawBatch, SourceEvent
from driftwatch.sources.port import Committed
from driftwatch.state.port import Retention


def _stand_by_what_is_in_doubt(loop: Loop) -> None:
    """What the group did not take is not undone."""
    store = cast("Any", loop.parts.ledger).store
    settle = store.settle

    def settled(
        confirmed: Iterable[Partition],
        undone: Iterable[Partition] = (),
        retention: Retention | None = None,
    ) -> int:
        return int(settle({*confirmed, *undone}, (), retention))

    store.settle = settled


def _keep_the_clock(loop: Loop) -> None:
    """A commit does not say how far event time had come."""
    source = cast("Any", loop.parts.source)
    commit = source.commit

    def without_clock(frontiers: Mapping[Partition, Committed]) -> None:
        commit(
            {
                p: Committed(at.offset, replace(Commit.parse(*at), clock_us=None).text)
                for p, at in frontiers.items()
            }
        )

    source.commit = without_clock


def _count_to_the_last_record(loop: Loop) -> None:
    """A frontier is the last record's offset and one, whatever lies behind it."""
    source = cast("Any", loop.parts.source)
    poll = source.poll

    def polled(timeout: float) -> Sequence[SourceEvent]:
        events: list[SourceEvent] = []
        for event in poll(timeout):
            if not isinstance(event, RawBatch):
                events.append(event)
            elif len(event.offsets):
                events.append(replace(event, next_offset=int(event.offsets[-1]) + 1))
        return events

    source.poll = polled


MUTATIONS: Mapping[str, Callable[[Loop], None]] = {
    "no undo": _stand_by_what_is_in_doubt,
    "no clock": _keep_the_clock,
    "last offset": _count_to_the_last_record,
}
