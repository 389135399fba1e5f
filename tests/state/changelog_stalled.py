"""A process that dies in the middle of a transaction, by being killed while it waits there.

    changelog_stalled.py BOOTSTRAP LOG GROUP CHANGELOG REPLICA

It saves one row in each of 3 cells, begins to save 9 more, and says so when all but the end of that
transaction is with the brokers.
"""

import sys
import time
from typing import Any

from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.state.changelog.policy import ChangelogPolicy
from driftwatch.state.changelog.transaction import Transactions
from tests.state.changelog_members import Member
from tests.state.contract import ALL, MINUTE, counts


class StallingTransactions(Transactions):
    def _commit(self, *_: Any) -> None:
        sys.stdout.write("stalled\n")
        sys.stdout.flush()
        time.sleep(600)


def main(bootstrap: str, log: str, group: str, changelog: str, replica: str) -> None:
    kafka = KafkaPolicy((bootstrap,), (log,), group, session_timeout_seconds=3.0)
    member = Member(ChangelogPolicy(kafka, changelog, replica))
    while not member.placements:
        member.turn()
    (partition,) = member.placements
    pane = PaneKey(ALL, partition, 0, MINUTE)
    member.save({pane: counts(1, 1, 1)}, 3)
    stalling = StallingTransactions(member.ledger._policy)
    while not stalling.open(1.0):
        pass
    member.ledger._transactions = stalling
    member.save({pane: counts(3, 3, 3)}, 12)


if __name__ == "__main__":
    main(*sys.argv[1:])
