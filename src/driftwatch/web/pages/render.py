"""Views become pages: the templates, and the words and numbers they ask for."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from driftwatch.monitor.alarm_words import alarm_words
from driftwatch.monitor.report import AlarmEvent
from driftwatch.web.pages.words import clock, count, fixed, number, percent, span

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS = {
    "style.css": "text/css; charset=utf-8",
    "refresh.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""What pages load from the daemon, with its type."""


@cache
def asset(name: str) -> bytes:
    """The content of one of `ASSETS`."""
    return (files("driftwatch.web.pages") / "assets" / name).read_bytes()


def render(template: str, **values: Any) -> str:
    """A page of the daemon's, which loads its style and its script from there."""
    return _environment().get_template(template).render(self_contained=False, **values)


def render_alone(template: str, **values: Any) -> str:
    """A page that is a file of its own: no script, its style within, nothing to load."""
    from markupsafe import Markup

    # Ours, and without anything of a record in it.
    style = Markup(asset("style.css").decode())  # noqa: S704
    return _environment().get_template(template).render(self_contained=True, style=style, **values)


@cache
def _environment() -> "Environment":
    # A daemon whose pages nobody opens does without.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("driftwatch.web.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "alarm_words": _alarm_words,
        "clock": clock,
        "count": count,
        "fixed": fixed,
        "number": number,
        "percent": percent,
        "span": span,
    }
    return environment


def _alarm_words(event: AlarmEvent, with_column: bool = False) -> str:
    words = alarm_words(event)
    return words if with_column else words.removeprefix(f"{event.column}: ")
