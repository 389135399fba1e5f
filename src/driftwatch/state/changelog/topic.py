"""Whether the changelog's topic is there and as it has to be; made where it is missing.

The brokers are asked in a thread of its own, so that the loop waits for nothing.
"""

import threading

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its types forget three names
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from driftwatch.errors import DriftwatchError, HopelessStateError, StateError
from driftwatch.state.changelog.errors import explained
from driftwatch.state.changelog.policy import ChangelogPolicy

SETTINGS = {
    "cleanup.policy": "compact",
    # Only whole segments are compacted, and a restore reads what is not.
    "segment.bytes": str(64 << 20),
    "max.compaction.lag.ms": str(6 * 3_600_000),
}
"""What the topic is made with."""


class ChangelogTopic:
    """The topic of a changelog. Making it neither fails nor waits."""

    def __init__(self, policy: ChangelogPolicy) -> None:
        self._policy = policy
        self._look: _Look | None = None
        self._partitions: int | None = None

    def partitions(self, needed: int, seconds: float) -> int | None:
        """How many partitions it has, at least as many as are needed; None while that is asked.

        Raises HopelessStateError for a topic that can't be used, StateError where no broker
        answers.
        """
        if self._partitions is not None and self._partitions >= needed:
            return self._partitions
        if self._look is None:
            self._look = _Look(self._policy, needed)
            self._look.start()
        self._look.join(seconds)
        if self._look.is_alive():
            return None
        look, self._look = self._look, None
        if look.error is not None:
            raise look.error
        self._partitions = look.partitions
        return self._partitions


class _Look(threading.Thread):
    def __init__(self, policy: ChangelogPolicy, needed: int) -> None:
        super().__init__(name="driftwatch-changelog-topic", daemon=True)
        self.partitions: int | None = None
        self.error: DriftwatchError | None = None
        self._policy = policy
        self._needed = needed

    def run(self) -> None:
        """Leaves either `partitions` or `error` behind."""
        try:
            admin = AdminClient(self._policy.client_settings())
            with admin:
                self.partitions = self._checked(admin)
        except KafkaException as error:
            self.error = explained(self._policy, error.args[0])
        except DriftwatchError as error:
            self.error = error if isinstance(error, HopelessStateError) else StateError(str(error))
        except Exception as error:  # noqa: BLE001 (whoever waits for us decides what it means)
            self.error = StateError(f"topic {self._policy.topic} can't be looked at: {error}")

    def _checked(self, admin: AdminClient) -> int:
        found = self._described(admin)
        if found is None:
            self._make(admin)
            return self._needed
        self._check_policy(admin)
        if found < self._needed:
            raise HopelessStateError(
                f"topic {self._policy.topic} (state.kafka) has {found} partitions, and the log "
                f"{self._needed}: what was counted from a partition of the log is kept in the one "
                f"of the same number. Add them: {self._command('alter')}"
            )
        return found

    def _described(self, admin: AdminClient) -> int | None:
        """How many partitions the topic has; None where there is no such topic."""
        name, seconds = self._policy.topic, self._policy.timeout_seconds
        asked = admin.describe_topics(TopicCollection([name]), request_timeout=seconds)
        try:
            return len(asked[name].result().partitions)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise

    def _make(self, admin: AdminClient) -> None:
        name, seconds = self._policy.topic, self._policy.timeout_seconds
        new = NewTopic(name, self._needed, -1, config=SETTINGS)
        try:
            admin.create_topics([new], operation_timeout=seconds)[name].result()
        except KafkaException as error:
            refusal = error.args[0]
            if refusal.code() == KafkaError.TOPIC_ALREADY_EXISTS:
                raise StateError(f"topic {name} is being made just now") from error
            if refusal.retriable():
                raise
            raise HopelessStateError(
                f"topic {name} (state.kafka) does not exist, and can't be made by this user "
                f"({refusal.str()}). Make it: {self._command('create')}"
            ) from error

    def _check_policy(self, admin: AdminClient) -> None:
        name = self._policy.topic
        asked = ConfigResource(ResourceType.TOPIC, name)
        (answer,) = admin.describe_configs(
            [asked], request_timeout=self._policy.timeout_seconds
        ).values()
        try:
            found = answer.result()["cleanup.policy"].value
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                return  # to look at settings is a permission of its own, and not worth a refusal
            raise
        if found != "compact":
            command = self._command("configs")
            raise HopelessStateError(
                f"topic {name} (state.kafka) has cleanup.policy={found}, which would delete counts "
                f"that are still needed. If it is meant for this: {command}"
            )

    def _command(self, what: str) -> str:
        """What a person types to get the topic right."""
        servers, name = ",".join(self._policy.kafka.bootstrap_servers), self._policy.topic
        tool = f"--bootstrap-server {servers}"
        if what == "configs":
            setting = "--alter --add-config cleanup.policy=compact"
            return f"kafka-configs {tool} {setting} --entity-type topics --entity-name {name}"
        count = f"--topic {name} --partitions {self._needed}"
        if what == "alter":
            return f"kafka-topics {tool} --alter {count}"
        settings = " ".join(f"--config {key}={value}" for key, value in SETTINGS.items())
        return f"kafka-topics {tool} --create {count} {settings}"
