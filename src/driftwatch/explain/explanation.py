"""What a column's change looks like, in a kind for machines and in words for people."""

from dataclasses import dataclass
from typing import Literal

ExplanationKind = Literal[
    "missing",
    "stuck",
    "one_value",
    "all_zero",
    "concentrated",
    "default",
    "clipped",
    "units",
    "shift",
    "spread",
    "scale",
    "sign_flip",
    "new_mode",
    "exchanged",
    "new_value",
    "vanished",
    "spelling",
    "shares",
    "none",
]

NO_EXPLANATION = "no simple explanation"


@dataclass(frozen=True, slots=True)
class Tie:
    """Another explanation that the counts can't tell from the one that is named."""

    kind: ExplanationKind
    words: str
    score: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The simplest change that accounts for a column's counts.

    words: a part of a sentence, with numbers.
    score: nats by which it beats "no change", after the penalty for its free parameters; 0 for
        `none`.
    ties: equally good candidates, best first.
    """

    kind: ExplanationKind
    words: str
    score: float
    ties: tuple[Tie, ...] = ()


UNEXPLAINED = Explanation("none", NO_EXPLANATION, 0.0)
