"""A process that counts a log into a changelog, to be killed.

    changelog_counter.py BOOTSTRAP LOG GROUP CHANGELOG REPLICA PERCENT

It is the daemon's own loop over the real parts. Of a hundred steps of a transaction it kills itself
at so many.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from driftwatch.daemon import Loop, LoopPolicy, Parts
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.records import Partition
from driftwatch.sources.confluent import ConfluentSource, KafkaPolicy
from driftwatch.sources.port import Source
from driftwatch.state.changelog.ledger import TransactionalLedger
from driftwatch.state.changelog.policy import ChangelogPolicy
from driftwatch.state.changelog.transaction import Transactions
from driftwatch.state.ledger import Ledger
from tests.monitor.scenes import BASELINE, POLICY, monitor_of

ROOMY = replace(POLICY, fate=replace(POLICY.fate, max_ahead_us=10**12), history_us=10**15)
"""Nothing is too far ahead, and nothing is ever too old to be kept."""


def kafka_policy(bootstrap: str, log: str, group: str) -> KafkaPolicy:
    return KafkaPolicy(
        (bootstrap,), (log,), group, session_timeout_seconds=3.0, metadata_max_age_seconds=2.0
    )


def loop_of(source: Source, ledger: Ledger, every_seconds: float = 0.3) -> Loop:
    decoder = JsonDecoder(
        RecordPolicy(timestamp="ts", const_model="fraud", const_version="1"),
        {BASELINE.route: BASELINE},
    )
    return Loop(
        Parts(source, decoder, monitor_of(ROOMY), ledger),
        LoopPolicy(every_seconds, 0.05, lambda: "earliest"),
        lambda: time.time_ns() // 1000,
        lambda _: None,
    )


class CrashingTransactions(Transactions):
    """Kills its own process at some steps."""

    def __init__(self, policy: ChangelogPolicy, percent: float) -> None:
        super().__init__(policy)
        self._percent = percent

    def write(self, *arguments: Any) -> int:
        self._maybe_die()
        written = super().write(*arguments)
        self._maybe_die()
        return written

    def _produce(self, *arguments: Any) -> None:
        super()._produce(*arguments)
        if random.random() < 0.05:  # there are many rows
            self._maybe_die()

    def _commit(self, *arguments: Any) -> None:
        self._maybe_die()
        super()._commit(*arguments)
        self._maybe_die()

    def _maybe_die(self) -> None:
        if random.random() * 100 < self._percent:
            os.kill(os.getpid(), signal.SIGKILL)


def main(bootstrap: str, log: str, group: str, changelog: str, name: str, percent: str) -> None:
    kafka = kafka_policy(bootstrap, log, group)
    policy = ChangelogPolicy(kafka, changelog, name)
    source = ConfluentSource(kafka)
    ledger = TransactionalLedger(policy, source)
    ledger._transactions = CrashingTransactions(policy, float(percent))
    loop = loop_of(source, ledger)
    while True:
        loop.turn()


def counted(loop: Loop, is_done: Callable[[dict[Partition, int]], bool]) -> None:
    """Turn a loop until its frontiers are where they are wanted."""
    while True:
        loop.turn()
        states = loop.parts.monitor.states()
        if is_done({partition: state.frontier for partition, state in states.items()}):
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
