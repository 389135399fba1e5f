"""Where lines of a serving log go: one interface, for files and for Kafka.

All but `forget` is called by the log's own thread, and may wait.
"""

from collections.abc import Sequence
from typing import Protocol


class Tally(Protocol):
    """Hears what became of lines."""

    def __call__(self, written: int, failed: int, why: object = None) -> None:
        """So many were written, and so many could not be; the reason, where nothing raises it."""


class Sink(Protocol):
    """Takes lines, and tells what became of them."""

    def open(self) -> None:
        """Get ready, where it is not. Raises whatever stands in the way; nothing was lost then."""

    def write(self, lines: Sequence[bytes], tally: Tally) -> None:
        """Write these lines, each with its newline; `tally` hears of every one in the end.

        Raises whatever went wrong, once that is in the tally.
        """

    def flush(self, seconds: float) -> None:
        """Wait for what is under way, for at most so long."""

    def close(self, seconds: float) -> None:
        """Write what is under way, as far as there is time for it, and let go of everything."""

    def forget(self) -> None:
        """This is a new process, after a fork: leave what belongs to the old one alone."""
