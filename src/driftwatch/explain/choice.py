"""Which candidate is named: the one with the fewest parameters of those that are equally good."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from driftwatch.explain.evidence import Comparison
from driftwatch.explain.explanation import UNEXPLAINED, Explanation, ExplanationKind, Tie
from driftwatch.records import FloatArray

LEAD = 5.0
"""Nats by which a winner must beat no change and the others."""

MOST_ALIKE = 4
"""Kinds of change that may be equally good."""
OF_USE = 2.0
"""Nats that a free parameter wins by chance once in twenty times."""
_FREE = ("spread", "scale")
_TRANSFORMS = ("units", "sign_flip", "shift", *_FREE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change that might account for the counts.

    parameters: how many numbers were chosen to make it fit.
    nats: by which it beats no change. score: what is left of them after the penalty.
    fits: whether what is left could be chance.
    """

    kind: ExplanationKind
    words: str
    parameters: int
    nats: float
    score: float
    fits: bool


def penalty(parameters: float, weight: float) -> float:
    """Nats that free parameters cost (Schwarz, 1978), for so many effective rows."""
    return 0.5 * parameters * math.log(max(weight, 10.0))


def judged(
    kind: ExplanationKind,
    words: str,
    parameters: int,
    predicted: FloatArray,
    comparison: Comparison,
    *,
    gained: float = 0.0,
    grain: int = 1,
) -> Candidate:
    """A candidate that predicts shares (K,).

    gained: nats that have been won before, by cells of the comparison that are conditioned away.
    grain: how many neighbouring cells are taken together where the fit is judged.
    """
    won = comparison.nats - float(comparison.deviance(predicted)) / 2
    return Candidate(
        kind,
        words,
        parameters,
        gained + won,
        gained + won - penalty(parameters, comparison.weight),
        comparison.fits(predicted, parameters, grain),
    )


def chosen(candidates: Iterable[Candidate]) -> Explanation:
    """The simplest of the best that fit, with the others of them as its ties."""
    good = [c for c in candidates if c.fits and c.score >= LEAD]
    if not good:
        return UNEXPLAINED
    best = max(c.score for c in good)
    near = [c for c in good if c.score > best - LEAD]
    if len({c.kind for c in near}) > MOST_ALIKE:
        return UNEXPLAINED  # what so many different changes explain is too little to tell
    winner = min(near, key=lambda c: (c.parameters, -c.score))
    ties, told = [], {(winner.kind, winner.words)}
    for c in sorted(good, key=lambda c: -c.score):
        same = c.kind == winner.kind and c.kind != "units"
        if _ties(c, winner, best) and not same and (c.kind, c.words) not in told:
            told.add((c.kind, c.words))
            ties.append(Tie(c.kind, c.words, c.score))
    return Explanation(winner.kind, winner.words, winner.score, tuple(ties))


def _ties(c: Candidate, winner: Candidate, best: float) -> bool:
    """Whether a candidate is about as good as the winner, and says something else."""
    contains = c.kind in _FREE and winner.kind in _TRANSFORMS and c.parameters > winner.parameters
    if contains and c.nats > winner.nats + OF_USE:
        return True
    # What contains the winner is never worse; it says more only if its parameters are of use. Of a
    # pair of units the factor may be all that is true.
    return c.score > best - LEAD and not (contains and winner.kind != "units")
