"""Two processes of one name, found by how often they end each other's transactions."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from driftwatch.errors import HopelessStateError
from driftwatch.state.changelog.errors import FencedError
from driftwatch.state.changelog.policy import ChangelogPolicy

_FENCES = 3  # one or two may follow a restart that overlapped with the process before it
_LATEST = 10


class Fences:
    """Counts, over the latest transactions, those that another process of our name has ended."""

    def __init__(self, policy: ChangelogPolicy) -> None:
        self._policy = policy
        self._latest: deque[bool] = deque(maxlen=_LATEST)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what happens inside. Raises HopelessStateError when it has happened too often."""
        try:
            yield
        except FencedError as problem:
            self._latest.append(True)
            if sum(self._latest) < _FENCES:
                raise
            raise HopelessStateError(
                f"two processes are replica {self._policy.replica!r} of group "
                f"{self._policy.kafka.group_id!r}, and end each other's transactions: stop one of "
                "them, or give it another name (state.kafka.replica)"
            ) from problem

    def passed(self) -> None:
        """A transaction went through."""
        self._latest.append(False)
