"""Panes that stay where they are stored until each is asked for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from driftwatch.sketch.counts import Counts
from driftwatch.state.port import PaneKey

Row = TypeVar("Row")


class StoredPanes(Mapping[PaneKey, Counts], Generic[Row]):
    """The panes of a snapshot: keys at hand, counts decoded at each access and then let go.

    A week of 100 columns on 8 partitions is thousands of panes, each 400 KB once decoded. A reader
    that adds them up, or picks some by their keys, never holds more than one.

    Args:
        rows: what the store needs to find each pane again.
        read: fetches and decodes one. Raises StateError where that fails.
    """

    def __init__(self, rows: Mapping[PaneKey, Row], read: Callable[[Row], Counts]) -> None:
        self._rows = rows
        self._read = read

    def __getitem__(self, key: PaneKey) -> Counts:
        return self._read(self._rows[key])

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[PaneKey]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
