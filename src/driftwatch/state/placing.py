"""Where partitions go on whose rows are at hand: what the log and the group say, put together."""

from collections.abc import Iterable, Mapping

from driftwatch.protocol.checkpoint import PartitionState
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import LogFacts, Placement, place
from driftwatch.records import Partition
from driftwatch.sources.port import Source, Start

Commits = Mapping[Partition, Commit | None]


def commits_of(source: Source, partitions: Iterable[Partition]) -> Commits:
    """What the group has of these partitions. Raises SourceError where it can't be asked now."""
    return {
        partition: None if found is None else Commit.parse(*found)
        for partition, found in source.committed(partitions).items()
    }


def placements(
    source: Source,
    writer: str,
    held: Mapping[Partition, PartitionState],
    commits: Commits,
    start: Start,
) -> Mapping[Partition, Placement]:
    """Where the partitions of these commits go on. Raises SourceError where nobody answers."""
    wanted = list(commits)
    unknown = [p for p in wanted if p not in held and commits[p] is None]
    others = {**commits, **_others(source, unknown, commits)}
    facts = _facts(source, wanted, unknown, start)
    return {p: place(held.get(p), commits[p], facts[p], writer, p, others.items()) for p in wanted}


def _others(source: Source, unknown: Iterable[Partition], known: Commits) -> Commits:
    """What the group has of the other partitions of the topics that these are of."""
    sizes = {p.topic: source.partition_count(p.topic) for p in unknown}
    asked = {Partition(topic, n) for topic, size in sizes.items() for n in range(size or 0)}
    missing = asked.difference(known)
    return commits_of(source, missing) if missing else {}


def _facts(
    source: Source, wanted: list[Partition], unknown: list[Partition], start: Start
) -> Mapping[Partition, LogFacts]:
    starts = source.starts(unknown, start) if unknown else {}
    if not source.has_group:  # such a log looks after its ends itself
        return {p: LogFacts(starts.get(p, 0)) for p in wanted}
    first, end = source.starts(wanted, "earliest"), source.starts(wanted, "latest")
    return {
        p: LogFacts(
            starts.get(p, 0),
            first[p],
            end[p],
            source.topic_id(p),
            source.partition_count(p.topic),
        )
        for p in wanted
    }
