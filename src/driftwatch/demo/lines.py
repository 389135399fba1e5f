"""The demo told in lines: for a file, a pipe, the log of a container."""

from collections.abc import Callable

from driftwatch.demo.view import Event, Row, View, What, clock

EVERY_SECONDS = 15.0

TITLES: dict[What, str] = {
    "world": "world",
    "info": "INFO",
    "page": "PAGE",
    "looks": "looks",
    "cleared": "ok",
    "blind": "blind",
    "sees": "ok",
}


class Lines:
    """Tells what is new, and every now and then how things stand."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next_s = EVERY_SECONDS

    def show(self, view: View) -> None:
        """Tell what this view has that the last one had not."""
        for event in view.fresh:
            self._say(line(event))
        if view.elapsed_s >= self._next_s:
            self._next_s += EVERY_SECONDS
            self._say(f"{clock(view.elapsed_s)}         {standing(view)}")

    def close(self) -> None:
        """Nothing is held back."""


def line(event: Event) -> str:
    """An event on one line.

    >>> line(Event(30.0, "world", "the weather team now sends Celsius"))
    '00:30  world  the weather team now sends Celsius'
    """
    return f"{clock(event.at_s)}  {TITLES[event.what]:5}  {event.words}"


def standing(view: View) -> str:
    """Pace, delay, and each column that is not as it was in training."""
    drifting = [_drift(row) for row in view.rows if row.level != "ok"]
    return f"{pace(view)}; {', '.join(drifting) or f'all {len(view.rows)} columns ok'}"


def pace(view: View) -> str:
    """How much is read, and how far behind the clock it is complete."""
    behind = "" if view.behind_s is None else f", watermark {view.behind_s:.0f} s behind"
    return f"{view.records:,} records, {view.per_second:.0f}/s{behind}"


def _drift(row: Row) -> str:
    odd = f" {row.odd:.1%} new" if row.trained_mean is None and row.odd else ""
    psi = f" PSI {row.psi:.2f}" if row.psi is not None and not odd else ""
    return f"{row.name} in {row.level}{psi}{odd}"
