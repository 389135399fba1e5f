"""A process that kills itself at a named step, as a crash or a power cut would end it there.

Nothing of this is in the product: the parts that a loop drives are wrapped after they were made.
"""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

CALLS = ("poll", "place", "seek", "save", "commit", "settle", "confirm")
STEPS = tuple(f"{when} {call}" for call in CALLS for when in ("before", "in", "after"))
"""Where a process may end. `in` is at some moment while the call runs."""

_CALL_SECONDS = {"poll": 0.25, "place": 0.05, "commit": 0.01, "save": 0.01, "settle": 0.01}


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """When a process ends itself.

    seed: of its dice. probability: that it ends at any one step. at: by step, how often it is
    passed before the process ends there.
    """

    seed: str
    probability: float = 0.0
    at: Mapping[str, int] = field(default_factory=dict)


class Dice:
    """Decides at each step whether it is the last one.

    note: called with the step just before the end.
    """

    def __init__(self, plan: FaultPlan, note: Callable[[str], None]) -> None:
        self._random = random.Random(plan.seed)
        self._probability = plan.probability
        self._left = dict(plan.at)
        self._note = note

    def arm(self, step: str) -> None:
        """End the process when it comes to this step next."""
        self._left[step] = 0

    def calm(self) -> None:
        """End the process no more."""
        self._probability = 0.0
        self._left.clear()

    def guard(self, call: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, which may be the last thing that its process does."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if self._is_last(f"before {call}"):
                self._end(f"before {call}")
            with self._ending_within(call):
                result = inner(*args, **kwargs)
            if self._is_last(f"after {call}"):
                self._end(f"after {call}")
            return result

        return guarded

    @contextmanager
    def _ending_within(self, call: str) -> Iterator[None]:
        if not self._is_last(f"in {call}"):
            yield
            return
        after = self._random.uniform(0.0, _CALL_SECONDS.get(call, 0.001))
        timer = threading.Timer(after, self._end, (f"in {call}",))
        timer.daemon = True
        timer.start()
        yield
        # It was over sooner than usual: then it ends here.
        self._end(f"in {call}")

    def _is_last(self, step: str) -> bool:
        if step in self._left:
            self._left[step] -= 1
            if self._left[step] < 0:
                return True
        return self._random.random() < self._probability

    def _end(self, step: str) -> None:
        self._note(step)
        os.kill(os.getpid(), signal.SIGKILL)


class Guarded:
    """A part some of whose methods are guarded; all else is the part's own.

    calls: by method, the name of its steps.
    """

    def __init__(self, inner: object, dice: Dice, **calls: str) -> None:
        self._inner = inner
        self._guards = {
            name: dice.guard(call, getattr(inner, name)) for name, call in calls.items()
        }

    # Any: it stands in for any part.
    def __getattr__(self, name: str) -> Any:
        return self._guards.get(name) or getattr(self._inner, name)
