"""What a colour means, the same on every dashboard."""

from dataclasses import dataclass

GREEN = "green"
"""Seen, and as in training."""
YELLOW = "yellow"
"""`info`: worth knowing."""
ORANGE = "orange"
RED = "red"
"""`page`: worth waking somebody."""
BLIND = "#7387a5"
"""Not known: blind, a greyish blue that nobody takes for an alarm or for good."""
BASELINE = "#9fa7b3"
"""What the baseline says, for comparison."""
LIVE = "blue"
"""What the records say."""


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on, this colour. value: None for the lowest."""

    value: float | None
    colour: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value is called: a number, a range of numbers, or a text.

    >>> Meaning(8, "drift", RED, to=11).is_range
    True
    """

    value: float | str
    text: str
    colour: str | None = None
    to: float | None = None

    @property
    def is_range(self) -> bool:
        """Whether it is one of several numbers."""
        return self.to is not None


SEVERITIES = (Meaning("page", "page", RED), Meaning("info", "info", YELLOW))
EVIDENCE = (Step(None, GREEN), Step(0.5, YELLOW), Step(0.75, ORANGE), Step(1, RED))
