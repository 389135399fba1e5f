"""The names of columns that records have and no baseline has: each is told once, up to a limit."""

from collections.abc import Mapping
from typing import Any

from driftwatch.decode.json_records import MAX_UNKNOWN_COLUMNS
from driftwatch.decode.schema import Node, unknown_keys
from driftwatch.sketch.vocabulary import cut


class UnknownColumns:
    """Looks for them in records that are plain objects.

    root: what is wanted of a record; only closed objects in it are looked at.
    """

    def __init__(self, root: Node) -> None:
        self._root = root
        self._told: dict[str, bool] = {}

    def look(self, record: Mapping[str, Any]) -> None:
        """Note the unknown columns of a record."""
        if len(self._told) >= MAX_UNKNOWN_COLUMNS:
            return
        for path in unknown_keys(record, self._root):
            if len(self._told) < MAX_UNKNOWN_COLUMNS:
                self._told.setdefault(cut(path[-1]), False)

    def take(self) -> tuple[str, ...]:
        """Those that have not been told yet."""
        names = tuple(name for name, told in self._told.items() if not told)
        self._told.update(dict.fromkeys(names, True))
        return names
