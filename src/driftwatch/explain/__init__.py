"""What changed: the simplest change of a column that accounts for its counts since the onset."""

from driftwatch.explain.explainer import explain, explaining
from driftwatch.explain.explanation import Explanation
from driftwatch.explain.named import nameable

__all__ = ["Explanation", "explain", "explaining", "nameable"]
