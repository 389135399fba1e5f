"""Waiting for something to become true, with an end and a reason."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    look: Callable[[], T], *, what: str, timeout: float = 10.0, every: float = 0.05
) -> T:
    """Look until what is seen is truthy, and return it.

    Args:
        look: called again and again; what it raises ends the wait.
        what: what is waited for, as a clause: "the topic exists".
        timeout: seconds.
        every: seconds between two looks.

    Raises:
        TimeoutError: it did not come true in time; names what was waited for and what was seen.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            msg = f"waited {timeout:g} s until {what}, and saw {seen!r}"
            raise TimeoutError(msg)
        time.sleep(every)
