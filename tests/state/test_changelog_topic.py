"""The topic of a changelog: made as it has to be, or refused with what to do."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its types forget these names
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)

from driftwatch.errors import HopelessStateError, StateError
from driftwatch.state.changelog.topic import SETTINGS, ChangelogTopic
from tests.harness.broker import KafkaBroker, KafkaCluster
from tests.harness.waiting import wait_until
from tests.state.changelog_members import Fleet, at, fleet_of, timed
from tests.state.contract import counts

pytestmark = [pytest.mark.brokers, pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture
def fleet(kafka: KafkaCluster) -> Iterator[Fleet]:
    with fleet_of(kafka, partitions=2) as fleet:
        yield fleet


def looked_at(fleet: Fleet, needed: int = 2) -> int:
    topic = ChangelogTopic(fleet.policy())
    return wait_until(lambda: topic.partitions(needed, 1.0), what="it was looked at") or 0


def settings_of(kafka: KafkaCluster, topic: str) -> Mapping[str, str]:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    (answer,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    return {name: entry.value for name, entry in answer.result().items()}


def test_a_topic_that_is_missing_is_made_as_large_as_the_log(fleet: Fleet) -> None:
    fleet.joined().save({at(fleet): counts(1)})
    assert len(fleet.kafka.end_offsets(fleet.changelog)) == 2
    made = settings_of(fleet.kafka, fleet.changelog)
    assert {name: made[name] for name in SETTINGS} == SETTINGS


def test_a_topic_that_is_there_may_be_larger_than_the_log(fleet: Fleet) -> None:
    fleet.kafka.create_topic(fleet.changelog, 5, {"cleanup.policy": "compact"})
    assert looked_at(fleet) == 5
    before = fleet.joined()
    before.save({at(fleet, 3, number): counts(number) for number in (0, 1)})
    before.close()
    assert fleet.joined().cells() == {(0, 3): [0], (1, 3): [1]}


def test_a_topic_that_deletes_is_refused(fleet: Fleet) -> None:
    fleet.kafka.create_topic(fleet.changelog, 2)
    with pytest.raises(
        HopelessStateError, match=r"cleanup.policy=delete.* kafka-configs .*compact"
    ):
        fleet.joined()


def test_a_topic_with_fewer_partitions_than_the_log_is_refused(fleet: Fleet) -> None:
    fleet.kafka.create_topic(fleet.changelog, 1, {"cleanup.policy": "compact"})
    with pytest.raises(HopelessStateError) as refused:
        fleet.joined()
    assert "has 1 partitions, and the log 2" in str(refused.value)
    assert f"--alter --topic {fleet.changelog} --partitions 2" in str(refused.value)


def test_two_topics_of_a_log_share_the_partitions_of_the_changelog(kafka: KafkaCluster) -> None:
    with fleet_of(kafka) as fleet:
        other = kafka.create_topic()
        policy = fleet.policy()
        changed = policy.kafka.__class__(
            policy.kafka.bootstrap_servers, (fleet.log, other), fleet.group
        )
        both = {*fleet.all, at(fleet).partition._replace(topic=other)}
        for frontier in (1, 2):
            member = fleet.member(kafka=changed)
            member.wait_for(both)
            panes = {at(fleet)._replace(partition=partition): counts(1) for partition in both}
            member.save(panes, frontier)
            found = member.ledger.load(both).panes
            assert {key: held.rows for key, held in found.items()} == dict.fromkeys(panes, frontier)
            member.close()


# Rights that are missing


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker that refuses what it is told to, and allows the rest."""
    rules = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }
    folder = tmp_path / "guarded"
    folder.mkdir()
    with KafkaBroker(folder, rules) as broker:
        yield broker


def refuse(kafka: KafkaCluster, kind: ResourceType, name: str, operation: AclOperation) -> None:
    """Refuse this one thing. Where there is any rule, what no rule allows is refused as well."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    rules = [
        AclBinding(kind, name, ResourcePatternType.LITERAL, "User:ANONYMOUS", "*", what, verdict)
        for what, verdict in (
            (AclOperation.ALL, AclPermissionType.ALLOW),
            (operation, AclPermissionType.DENY),
        )
    ]
    for answer in admin.create_acls(rules).values():
        answer.result()


def test_a_topic_that_may_not_be_made_is_asked_for(guarded: KafkaBroker) -> None:
    with fleet_of(guarded) as fleet:
        refuse(guarded, ResourceType.BROKER, "kafka-cluster", AclOperation.CREATE)
        refuse(guarded, ResourceType.TOPIC, fleet.changelog, AclOperation.CREATE)
        with pytest.raises(HopelessStateError) as refused:
            fleet.joined()
    command = f"kafka-topics --bootstrap-server {guarded.bootstrap} --create "
    assert f"{command}--topic {fleet.changelog} --partitions 1 --config" in str(refused.value)
    assert "cleanup.policy=compact" in str(refused.value)


def test_a_right_that_is_missing_is_named(guarded: KafkaBroker) -> None:
    with fleet_of(guarded) as fleet:
        name = fleet.policy().transactional_id
        refuse(guarded, ResourceType.TRANSACTIONAL_ID, name, AclOperation.WRITE)
        with pytest.raises(HopelessStateError, match=f"--transactional-id {fleet.group}-"):
            fleet.joined()
    with fleet_of(guarded) as fleet:
        member = fleet.joined()
        refuse(guarded, ResourceType.TOPIC, fleet.changelog, AclOperation.WRITE)
        with pytest.raises(HopelessStateError, match=f"--topic {fleet.changelog}"):
            member.save({at(fleet): counts(1)})


def test_a_right_that_is_taken_away_is_waited_for(guarded: KafkaBroker) -> None:
    with fleet_of(guarded) as fleet:
        member = fleet.joined()
        member.save({at(fleet): counts(1)}, 1)
        refuse(guarded, ResourceType.TOPIC, fleet.changelog, AclOperation.WRITE)
        for _ in range(2):
            # No `HopelessStateError`: the loop goes on, until state.give_up_after.
            with pytest.raises(StateError, match=f"--topic {fleet.changelog}"):
                member.ledger.save(member.checkpoint({at(fleet): counts(2)}, 2), timed)
        assert member.cells() == {(0, 0): [1]}


# What compaction leaves


def test_what_compaction_leaves_is_enough(tmp_path: Path) -> None:
    folder = tmp_path / "compacting"
    folder.mkdir()
    with KafkaBroker(folder, {"log.cleaner.backoff.ms": "200"}) as kafka, fleet_of(kafka) as fleet:
        often = {
            "segment.ms": "200",
            "min.cleanable.dirty.ratio": "0.01",
            "max.compaction.lag.ms": "1",
        }
        kafka.create_topic(fleet.changelog, 1, {"cleanup.policy": "compact", **often})
        before = fleet.joined()
        frontier = 0

        def is_compacted() -> bool:
            nonlocal frontier
            for _ in range(20):
                frontier += 1
                panes = {at(fleet, minute): counts(1, minute) for minute in (0, frontier)}
                before.save(panes, frontier)
            before.turn()
            versions = [key for _, key, _ in fleet.rows() if b"partition" in key[:12]]
            return len(versions) < frontier

        wait_until(is_compacted, what="old versions are gone", timeout=90)
        before.close()

        after = fleet.joined()

        expected = {(0, minute): [1, minute] for minute in range(1, frontier + 1)}
        assert after.cells() == {(0, 0): [frontier, 0], **expected}
