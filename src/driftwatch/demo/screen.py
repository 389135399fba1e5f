"""The demo on a terminal: a table drawn anew each second, and below it what has happened."""

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from driftwatch.demo.lines import TITLES, pace
from driftwatch.demo.view import Row, View, clock

EVENTS_SHOWN = 6

_LINES_AN_EVENT = 2
_OTHER_LINES = 5

_STYLES = {
    "ok": "green",
    "info": "yellow",
    "page": "bold white on red",
    "world": "cyan",
    "cleared": "green",
    "blind": "magenta",
    "looks": "red",
    "sees": "magenta",
}


class Screen:
    """Draws views in place, below what stands on the terminal already."""

    def __init__(self) -> None:
        self._live = Live(
            console=Console(highlight=False, markup=False, emoji=False),
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def show(self, view: View) -> None:
        """Draw this view over the last one."""
        self._live.update(drawing(view, self._live.console.height), refresh=True)

    def close(self) -> None:
        """Leave the last view where it is, and give the terminal back."""
        self._live.stop()


def drawing(view: View, height: int = 40) -> Group:
    """The view as something that rich can print, with as many events as `height` has room for."""
    head = Text(f"{clock(view.elapsed_s)}  {pace(view)}", style="bold")
    room = height - len(view.rows) - _OTHER_LINES
    shown = min(max(room // _LINES_AN_EVENT, 1), EVENTS_SHOWN)
    events = Table.grid(padding=(0, 2, 0, 0))
    for event in view.events[-shown:]:
        style = _STYLES[event.what]
        events.add_row(clock(event.at_s), Text(TITLES[event.what], style=style), event.words)
    return Group(head, Text(), _table(view.rows), Text(), events)


def _table(rows: tuple[Row, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("last minute", no_wrap=True)
    table.add_column("alarm")
    for title in ("PSI", "missing", "new or outside", "mean", "in training"):
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(
            row.name if row.role == "feature" else f"{row.name} ({row.role})",
            Text("" if _unseen(row) else row.level, style=_STYLES[row.level]),
            "" if row.psi is None else f"{max(row.psi, 0.0):.3f}",
            "" if row.missing is None else f"{row.missing:.1%}",
            "" if row.odd is None else f"{row.odd:.1%}",
            "" if row.mean is None else f"{row.mean:.1f}",
            "" if row.trained_mean is None else f"{row.trained_mean:.1f}",
        )
    return table


def _unseen(row: Row) -> bool:
    """Nothing is known of it yet: then it is not ok either."""
    return row.level == "ok" and row.psi is None
