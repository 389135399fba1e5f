"""Nested objects as flat columns: `user.age` for {"user": {"age": 7}}, `v.0`, `v.1` for arrays."""

from collections.abc import Container, Mapping
from typing import Any

MAX_VECTOR = 1024
"""Elements of an array of numbers that become columns; what lies behind is left out."""

MAX_NAME = 1_024
"""Characters of a name; what lies deeper is left out, or a long key would be copied once a leaf."""

_BRANCHES = frozenset((dict, list))


def flatten(record: Mapping[str, Any], whole: Container[str] = ()) -> dict[str, Any]:
    """Leaves of a JSON object by dotted name.

    whole: names of what is not taken apart, whatever stands there.

    Objects are flattened, arrays of numbers (and nulls) become one column an element; any other
    array, and an empty object, stays as it is under its own name and is of the wrong type there.
    Of two leaves with one name (a key with a dot in it beside a nested object) the nested one wins.

    >>> record = {"user": {"age": 7, "tags": ["a"]}, "v": [0.5, None], "x": None}
    >>> dict(sorted(flatten(record).items()))
    {'user.age': 7, 'user.tags': ['a'], 'v.0': 0.5, 'v.1': None, 'x': None}
    """
    if _BRANCHES.isdisjoint(map(type, record.values())):
        return dict(record)  # flat already, as most records are: four times faster
    flat: dict[str, Any] = {}
    nested: dict[str, Any] = {}
    stack = [("", record)]
    while stack:  # not by recursion: depth must not cost stack
        prefix, branch = stack.pop()
        for key, value in branch.items():
            if prefix and len(prefix) + len(key) > MAX_NAME:
                continue
            name = prefix + key
            if name in whole:
                (nested if prefix else flat)[name] = value
            elif isinstance(value, dict) and value:
                stack.append((f"{name}.", value))
            elif isinstance(value, list) and _is_vector(value):
                nested.update((f"{name}.{i}", item) for i, item in enumerate(value[:MAX_VECTOR]))
            elif prefix:
                nested[name] = value
            else:
                flat[name] = value
    return flat | nested


def _is_vector(values: list[Any]) -> bool:
    return bool(values) and all(
        item is None or (isinstance(item, int | float) and not isinstance(item, bool))
        for item in values
    )
