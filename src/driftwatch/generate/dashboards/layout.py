"""Where the panels stand on Grafana's grid of 24 columns, without holes and overlaps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driftwatch.generate.dashboards.panels import Panel, Row

WIDTH = 24
_TITLE_HEIGHT = 1


@dataclass(frozen=True, slots=True)
class Place:
    """x from the left, y from the top; width and height in cells of the grid."""

    x: int
    y: int
    width: int
    height: int


def placed(rows: Sequence[Row]) -> Iterator[tuple[Row | Panel, Place]]:
    """Titles of rows and panels from the top left, each with its place.

    Raises ValueError for a line of panels that leaves a hole.
    """
    y = 0
    for row in rows:
        yield row, Place(0, y, WIDTH, _TITLE_HEIGHT)
        y += _TITLE_HEIGHT
        for line in _lines(row):
            x = 0
            for panel in line:
                yield panel, Place(x, y, panel.width, panel.height)
                x += panel.width
            y += line[0].height


def _lines(row: Row) -> Iterator[list[Panel]]:
    line: list[Panel] = []
    for panel in row.panels:
        line.append(panel)
        filled = sum(each.width for each in line)
        if filled > WIDTH or panel.height != line[0].height:
            raise ValueError(f"{row.title}: {panel.title} does not fit into its line")
        if filled == WIDTH:
            yield line
            line = []
    if line:
        raise ValueError(f"{row.title}: {line[-1].title} leaves a hole to its right")
