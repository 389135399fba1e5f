"""What can go wrong between a changelog and its brokers, in words that a user can act on."""

from confluent_kafka import KafkaError

from driftwatch.errors import DriftwatchError, HopelessStateError, StateError
from driftwatch.sources.confluent_errors import translated
from driftwatch.sources.kafka_errors import HopelessError
from driftwatch.state.changelog.policy import ChangelogPolicy


class DamageError(Exception):
    """What is wrong with a row, as a clause."""


class NewerError(DamageError):
    """A row of a newer program."""


class FencedError(StateError):
    """Another process has begun with our transactional id."""


_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED)  # noqa: SLF001


def explained(policy: ChangelogPolicy, error: KafkaError) -> DriftwatchError:
    """The error of ours that says what one of the library means.

    StateError where trying again may help, FencedError, or HopelessStateError.
    """
    where = f"topic {policy.topic} of Kafka at {', '.join(policy.kafka.bootstrap_servers)}"
    if error.code() in _FENCED:
        return FencedError(f"{where}: another process writes as {policy.transactional_id}")
    if (allow := _permission(policy, error)) is not None:
        return HopelessStateError(
            f"{where} (state.kafka): refused ({error.str()}). Allow this user what it lacks: "
            f"kafka-acls --add --allow-principal User:NAME {allow}"
        )
    known = translated(error)
    # After a fatal error a producer made anew may well go on.
    kind = HopelessStateError if isinstance(known, HopelessError) and not error.fatal() else None
    return (kind or StateError)(f"{where}: {known}")


def _permission(policy: ChangelogPolicy, error: KafkaError) -> str | None:
    match error.code():
        case KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return f"--operation Read --operation Write --operation Describe --topic {policy.topic}"
        case KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            return (
                "--operation Write --operation Describe --resource-pattern-type prefixed "
                f"--transactional-id {policy.kafka.group_id}-"
            )
        case KafkaError.GROUP_AUTHORIZATION_FAILED:
            return f"--operation Read --group {policy.kafka.group_id}"
        case KafkaError.CLUSTER_AUTHORIZATION_FAILED:
            return "--operation IdempotentWrite --cluster"
    return None
