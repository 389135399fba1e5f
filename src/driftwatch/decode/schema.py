"""The struct types that msgspec decodes records into, made from the baselines' columns.

A record is read into a struct that has a field for each wanted leaf and nothing else, so that what
nobody monitors is skipped by the parser and never becomes an object.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from driftwatch.decode.leaves import TYPES, LeafType, as_leaf
from driftwatch.flatten import flatten
from driftwatch.records import ABSENT, WRONG_TYPE

Path = tuple[str, ...]


@dataclass(slots=True)
class Node:
    """An object of the record: its wanted leaves and objects, by key."""

    leaves: dict[str, LeafType] = field(default_factory=dict)
    nodes: dict[str, "Node"] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    closed: bool = False

    def add(self, path: Path, leaf: LeafType) -> None:
        """Want the leaf at this path.

        Wishes of different types for one leaf make it `any`, or `raw` where that is among them.
        """
        node = self.at(path[:-1])
        known = node.leaves.get(path[-1])
        mixed: LeafType = "raw" if "raw" in (known, leaf) else "any"
        node.leaves[path[-1]] = leaf if known in (None, leaf) else mixed

    def at(self, path: Path) -> "Node":
        """The object at this path, made where it is not yet wanted."""
        node = self
        for key in path:
            node = node.nodes.setdefault(key, Node())
        return node

    def leaf(self, path: Path) -> LeafType:
        """The type of a wanted leaf."""
        return self.at(path[:-1]).leaves[path[-1]]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A struct type for a node, and how to take it apart.

    A key may be wanted as a leaf and as an object (`price` beside `price.1`): its field holds
    either; the object is a leaf of the wrong type, and where a leaf stands nothing lies below.

    keys: the wanted keys, in the order of the struct's first fields.
    readable: whether the parser can fill the struct. It takes no key with quotes, backslashes or
        control characters.
    absent, null, wrong: what stands where the whole object is absent, null or of the wrong type.
    """

    struct: type[msgspec.Struct]
    keys: tuple[str, ...]
    leaves: Mapping[str, LeafType]
    nodes: Mapping[str, "RecordType"]
    readable: bool
    absent: msgspec.Struct
    null: msgspec.Struct
    wrong: msgspec.Struct

    def columns(self, records: Sequence[msgspec.Struct]) -> dict[Path, Sequence[Any]]:
        """The leaves of some records, one sequence a path."""
        found: dict[Path, Sequence[Any]] = {}
        columns = zip(*map(msgspec.structs.astuple, records), strict=True)
        for key, values in zip(self.keys, columns, strict=False):
            inner = self.nodes.get(key)
            if inner is None:
                found[key,] = values
                continue
            objects: Sequence[Any]
            if key in self.leaves:
                below = [isinstance(value, inner.struct) for value in values]
                pairs = list(zip(values, below, strict=True))
                found[key,] = [WRONG_TYPE if is_object else value for value, is_object in pairs]
                objects = [value if is_object else inner.absent for value, is_object in pairs]
            else:
                objects = [inner.null if value is None else value for value in values]
            for path, column in inner.columns(objects).items():
                found[key, *path] = column
        return found

    def read(self, record: Mapping[str, Any]) -> msgspec.Struct:
        """The struct of an object that another parser has read, whatever stands in it."""
        return self.struct(*(self._field(key, record.get(key, ABSENT)) for key in self.keys))

    def _field(self, key: str, value: Any) -> Any:
        inner = self.nodes.get(key)
        if inner is not None:
            if isinstance(value, dict):
                return inner.read(value)
            if isinstance(value, list):
                return inner.read(_elements(value))
            if key not in self.leaves:
                if value is ABSENT:
                    return inner.absent
                return None if value is None else inner.wrong
        return as_leaf(value, self.leaves[key])


def record_type(node: Node, name: str = "Record") -> RecordType:
    """The struct type of a node."""
    inner = {
        key: record_type(child, f"{name}_{i}") for i, (key, child) in enumerate(node.nodes.items())
    }
    keys = tuple(dict.fromkeys((*node.leaves, *node.nodes)))
    ignored = sorted(filter(is_plain, node.ignored.difference(keys)))
    plain = all(map(is_plain, keys))
    declared: list[tuple[Any, Any]] = []
    for key in keys:
        if key not in inner:
            declared.append((TYPES[node.leaves[key]], ABSENT))
        elif key not in node.leaves:
            declared.append((inner[key].struct | None, inner[key].absent))
        else:
            declared.append((inner[key].struct | TYPES[node.leaves[key]], ABSENT))
    declared.extend((msgspec.Raw, msgspec.Raw()) for _ in ignored)
    struct = msgspec.defstruct(
        name,
        [(f"f{i}", *each) for i, each in enumerate(declared)],
        rename={f"f{i}": key for i, key in enumerate((*keys, *ignored))} if plain else None,
        forbid_unknown_fields=node.closed,
        frozen=True,
        gc=False,
    )
    return RecordType(
        struct,
        keys,
        dict(node.leaves),
        inner,
        plain and all(child.readable for child in inner.values()),
        absent=struct(),
        null=struct(*(None if key in node.leaves else inner[key].null for key in keys)),
        wrong=struct(*(WRONG_TYPE if key in node.leaves else inner[key].wrong for key in keys)),
    )


def is_plain(key: str) -> bool:
    """Whether a parser can be told to look for this key."""
    try:
        key.encode()
    except UnicodeEncodeError:  # half a character
        return False
    return _AWKWARD.isdisjoint(key)


_AWKWARD = frozenset(map(chr, range(32))) | {'"', "\\"}


def _elements(values: list[Any]) -> dict[str, Any]:
    """The elements of a vector by their number; none of any other array."""
    return {name[1:]: value for name, value in flatten({"": values}).items() if name}


def split_path(path: str) -> Path:
    """`a.b` as keys; `.` is the record itself.

    >>> split_path("meta.version"), split_path(".")
    (('meta', 'version'), ())
    """
    return () if path == "." else tuple(path.split("."))


def unknown_keys(record: Mapping[str, Any], node: Node) -> Iterable[Path]:
    """Paths of keys that a closed node has no place for, the outermost of each only."""
    for key, value in record.items():
        if key in node.nodes and isinstance(value, dict):
            for path in unknown_keys(value, node.nodes[key]):
                yield (key, *path)
        elif node.closed and not (key in node.leaves or key in node.nodes or key in node.ignored):
            yield (key,)
