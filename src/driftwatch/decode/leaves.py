"""What a column takes of the values in a record; `records.ABSENT` tells what stands for others."""

import math
from typing import Annotated, Any, Literal

import msgspec

from driftwatch.records import ABSENT, WRONG_TYPE
from driftwatch.sketch.vocabulary import category_text

LeafType = Literal["number", "scalar", "boolean", "time", "any", "raw"]
"""What the fast path takes: a number; a text or number; a text or boolean; a timestamp; any of
these, for a leaf that several columns want, each as a type of its own; whatever stands there."""

# Longer ones go the slow way, where they become floats.
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

TYPES: dict[LeafType, Any] = {
    "number": float | None,
    "scalar": str | _Integer | float | None,
    "boolean": str | bool | None,
    "time": str | _Integer | float | None,
    "any": str | _Integer | float | bool | None,
    "raw": Any,
}


def as_leaf(value: Any, leaf: LeafType) -> Any:
    """A JSON value as a leaf of this type has it; WRONG_TYPE where it is none.

    >>> as_leaf(3, "number"), as_leaf(3, "scalar"), as_leaf(True, "boolean")
    (3.0, '3', 'true')
    >>> as_leaf(True, "number") is as_leaf("3", "number") is as_leaf([3], "scalar") is WRONG_TYPE
    True
    """
    if leaf == "raw" or value is None or value is ABSENT or value is WRONG_TYPE:
        return value
    if isinstance(value, dict | list):
        return WRONG_TYPE
    if leaf in ("any", "time"):
        return value
    if leaf == "number":
        return WRONG_TYPE if isinstance(value, bool | str) else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return WRONG_TYPE  # JSON has no word for it
    return category_text(value)
