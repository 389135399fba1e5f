"""Getting into a consumer group and back into it, without ever holding up the loop.

Members are made in a thread of their own, since that waits for a broker. The time between two
attempts grows with each failure and is drawn by lot (exponential backoff with full jitter), so that
a fleet does not come back all at once.
"""

import random
import threading
import time

from driftwatch.sources.kafka_member import Join, Member
from driftwatch.sources.kafka_policy import KafkaPolicy

_BACKOFF_SECONDS = 0.5
_BACKOFF_MAX_SECONDS = 30.0
_PROVEN_SECONDS = 60.0  # a member that lived this long was no failure


class Connection:
    """The way to the group: at most one member at a time, the next one in the making.

    error: why the last attempt failed or the last member was dropped; None while there is one.
    """

    def __init__(self, policy: KafkaPolicy, join: Join) -> None:
        self.member: Member | None = None
        self.error: Exception | None = None
        self._policy = policy
        self._join = join
        self._attempt: _Attempt | None = None
        self._failures = 0
        self._next_attempt = 0.0
        self._since = 0.0
        self._dropped: Member | None = None
        self._jitter = random.Random()  # noqa: S311 (no secret)

    def open(self, seconds: float) -> Member | None:
        """The member; None where there is none after this many seconds. Keeps trying."""
        if self.member is not None:
            return self.member
        if self._attempt is None:
            wait = self._next_attempt - time.monotonic()
            if wait > 0:
                time.sleep(min(wait, seconds))
            if wait > seconds:
                return None
            self._attempt = _Attempt(self._policy, self._join, self._dropped)
            self._dropped = None
            self._attempt.start()
            seconds -= max(0.0, wait)
        self._attempt.join(max(0.0, seconds))
        if self._attempt.is_alive():
            return None
        attempt, self._attempt = self._attempt, None
        self.member, self.error = attempt.member, attempt.error
        self._since = time.monotonic()
        if self.error is not None:
            self._back_off()
        return self.member

    def drop(self, why: Exception) -> None:
        """Do without this member; it is closed when the next one is made."""
        self._dropped, self.member = self.member, None
        self.error = why
        if time.monotonic() - self._since > _PROVEN_SECONDS:
            self._failures = 0
        self._back_off()

    def close(self) -> None:
        """Leave the group. An attempt under way ends by itself."""
        if self._attempt is not None:
            self._attempt.abandon()
        for member in (self.member, self._dropped):
            if member is not None:
                member.close()
        self.member = self._dropped = self._attempt = None

    def _back_off(self) -> None:
        most = min(_BACKOFF_MAX_SECONDS, _BACKOFF_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._next_attempt = time.monotonic() + self._jitter.uniform(0.0, most)


class _Attempt(threading.Thread):
    """Makes one member. Closes the old one first, or the group would wait for it."""

    def __init__(self, policy: KafkaPolicy, join: Join, dropped: Member | None) -> None:
        super().__init__(name="driftwatch-kafka-connect", daemon=True)
        self.member: Member | None = None
        self.error: Exception | None = None
        self._policy = policy
        self._join = join
        self._dropped = dropped
        self._abandoned = False
        self._deciding = threading.Lock()

    def run(self) -> None:
        """Leaves either `member` or `error` behind."""
        try:
            if self._dropped is not None:
                self._dropped.close()
            member = self._join(self._policy)
        except Exception as error:  # noqa: BLE001 (whoever waits for us decides what it means)
            self.error = error
            return
        with self._deciding:
            if not self._abandoned:
                self.member = member
                return
        member.close()

    def abandon(self) -> None:
        """Nobody waits for the member any more."""
        with self._deciding:
            self._abandoned = True
            member, self.member = self.member, None
        if member is not None:
            member.close()
