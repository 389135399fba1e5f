"""The names of columns where an event has values alone."""

from collections.abc import Sequence
from typing import Any

from driftwatch.decode.events.message import UnreadableError
from driftwatch.flatten import MAX_VECTOR


def named(row: Any, names: Sequence[str], otherwise: str) -> dict[str, Any]:
    """The columns of one instance.

    row: an object, which has its names; a list of one value a name; or one value alone. Without
    names all of it is called `otherwise`, and the values of a list `otherwise.0` and so on. Raises
    UnreadableError: `shape_mismatch` where there are more values or fewer than names, because
    nobody knows then which is which.

    >>> named([7, "DE"], ["amount", "country"], "feature")
    {'amount': 7, 'country': 'DE'}
    >>> named(0.5, [], "prediction"), named({"a": 1}, ["b"], "feature")
    ({'prediction': 0.5}, {'a': 1})
    """
    if isinstance(row, dict):
        return row
    if not names:
        return {otherwise: vector(row)}
    if len(names) == 1:
        return {names[0]: vector(row[0] if isinstance(row, list) and len(row) == 1 else row)}
    if not isinstance(row, list) or len(row) != len(names):
        raise UnreadableError("shape_mismatch")
    return {name: vector(value) for name, value in zip(names, row, strict=True)}


def vector(value: Any) -> Any:
    """A list as columns of their own, of whatever sort; any other value as it is.

    A list of numbers is one already. In any other each value is told by its place, or one text
    among numbers would cost them all.
    """
    if not isinstance(value, list) or all(type(item) in (int, float, type(None)) for item in value):
        return value
    return {str(place): item for place, item in enumerate(value[:MAX_VECTOR])}
