"""Which columns a condition reads, and how deep it is."""

from collections.abc import Iterator
from dataclasses import fields

from driftwatch.conditions.tree import AnyNode, Column, Node


def columns_of(tree: Node) -> frozenset[str]:
    """The names of all columns in a tree."""
    found = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Column):
            found.add(node.name)
        waiting.extend(children(node))
    return frozenset(found)


def children(node: Node) -> Iterator[Node]:
    """What stands directly below a node."""
    for each in fields(node):
        yield from _nodes(getattr(node, each.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, AnyNode):
        yield value
