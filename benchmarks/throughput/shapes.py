"""What the records look like. Peers read this too, so it needs nothing but the standard library."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kinds = Literal["mixed", "numbers", "words"]

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
WORD_SHARE = 0.3
"""Of the columns, where kinds are mixed."""
NULL_SHARE = 0.1
"""Of the values, where there are nulls."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Records of one shape.

    segments: named subsets that the baseline has counts of. per_second: of event time.
    """

    columns: int = 20
    kinds: Kinds = "mixed"
    nulls: bool = False
    segments: int = 0
    per_second: float = 1000.0

    @property
    def words(self) -> tuple[str, ...]:
        """The names of the columns that hold words."""
        share = {"mixed": WORD_SHARE, "numbers": 0.0, "words": 1.0}[self.kinds]
        return tuple(f"category_{i:03}" for i in range(round(share * self.columns)))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the columns that hold numbers."""
        return tuple(f"feature_{i:03}" for i in range(self.columns - len(self.words)))

    @property
    def name(self) -> str:
        """For files."""
        nulls = "-nulls" if self.nulls else ""
        return f"{self.columns}-{self.kinds}{nulls}-{self.segments}-{self.per_second:g}"


BASE = Shape()


def read(path: Path) -> list[bytes]:
    """The records of a file."""
    return path.read_bytes().splitlines()
