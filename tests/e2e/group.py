"""Daemons that share the partitions of a log, and what they have counted together."""

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

import yaml

from tests.crash.changelog import read_changelog
from tests.crash.commits import commits_of
from tests.crash.settings import changelog_of
from tests.crash.truth import Counted
from tests.crash.written import written
from tests.harness.broker import KafkaCluster
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until

Store = Literal["sqlite", "kafka"]
Client = Literal["confluent", "kafka-python"]

_LISTENS = re.compile(r'"listen": "(127\.0\.0\.1:\d+)"')


class Member:
    """One daemon of a group, in a folder of its own."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True)
        self.state = folder / "state"
        self.config = folder / "driftwatch.yaml"
        self.config.write_text(yaml.safe_dump(dict(settings)), encoding="utf-8")
        self.process = Driftwatch("run", "-c", self.config, folder=folder)

    def partitions(self) -> int:
        """How many it has been given."""
        return len(self._status().get("partitions", ()))

    def counted(self) -> int:
        """How many records it has told of."""
        records: Mapping[str, int] = self._status().get("records", {})
        return records.get("counted", 0)

    def _status(self) -> Mapping[str, Any]:
        """What it says of itself; empty before it listens, and before there is a first report."""
        found = _LISTENS.search(self.process.stderr)
        if found is None:
            return {}
        status, body = http_get(f"http://{found[1]}/api/v1/status")
        answer: Mapping[str, Any] = json.loads(body) if status == 200 else {}
        return answer


class Group:
    """A consumer group of real processes that read one topic; they end with the block.

    Args:
        kafka: the broker.
        topic: what they read, from its beginning.
        folder: an empty one, for theirs.
        settings: of all members, but for `source`, `state` and `http`.
        client: with which they read.
        store: where they keep their state: each in its folder, or all in one topic.
    """

    def __init__(
        self,
        kafka: KafkaCluster,
        topic: str,
        folder: Path,
        settings: Mapping[str, Any],
        client: Client = "confluent",
        store: Store = "sqlite",
    ) -> None:
        self.members: list[Member] = []
        self._kafka = kafka
        self._topic = topic
        self._folder = folder
        self._settings = settings
        self._client = client
        self._store = store
        self._numbers = sorted(kafka.end_offsets(topic))
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    def start(self, members: int) -> None:
        """Let so many more join."""
        for number in range(len(self.members), len(self.members) + members):
            member = Member(self._folder / f"member-{number}", self._of_member(number))
            self._running.enter_context(member.process)
            self.members.append(member)

    def wait_until_shared(self, timeout: float = 120.0) -> None:
        """Wait until every partition has a member, and every member as many as the others."""
        share = len(self._numbers) // len(self.members)
        wait_until(
            lambda: [member.partitions() for member in self.members] == [share] * len(self.members),
            what=f"each of {len(self.members)} members has {share} partitions",
            timeout=timeout,
        )

    def wait_until_read(self, timeout: float = 120.0) -> None:
        """Wait until all that is in the log is committed."""
        ends = self._kafka.end_offsets(self._topic)
        wait_until(lambda: self._positions() == ends, what=f"{ends} is read", timeout=timeout)

    def stop(self) -> None:
        """Ask all to end, and wait. Raises RuntimeError where one ends with an error."""
        for member in self.members:
            code = member.process.terminate(60)
            if code != 0:
                raise RuntimeError(f"a member ended with {code}: {member.process.stderr}")

    def counted(self) -> Counted:
        """What they have counted together, once they have stopped."""
        if self._store == "kafka":
            return read_changelog(self._kafka.bootstrap, changelog_of(self._topic))
        commits = commits_of(self._kafka.bootstrap, self._topic, self._topic, self._numbers)
        with TemporaryDirectory(dir=self._folder) as scratch:
            return written([member.state for member in self.members], commits, Path(scratch))

    def _positions(self) -> dict[int, int]:
        found = commits_of(self._kafka.bootstrap, self._topic, self._topic, self._numbers)
        return {p.number: -1 if commit is None else commit.offset for p, commit in found.items()}

    def _of_member(self, number: int) -> dict[str, Any]:
        source = {
            "bootstrap_servers": [self._kafka.bootstrap],
            "topics": [self._topic],
            "group_id": self._topic,
            "client": self._client,
            "start": "earliest",
        }
        changelog = {"topic": changelog_of(self._topic), "replica": f"member-{number}"}
        return {
            **self._settings,
            "source": {"kafka": source},
            "state": {"kafka": changelog} if self._store == "kafka" else {"path": "state"},
            "http": {"listen": "127.0.0.1:0"},
            "log": {"format": "json"},
        }
