"""Panels about processes: a line each, or one value of all."""

from driftwatch.generate.dashboards.colours import LIVE, Step
from driftwatch.generate.dashboards.drill import to_overview, to_status_page
from driftwatch.generate.dashboards.panels import Link, Number, Panel, Query, Style, TimeSeries
from driftwatch.generate.dashboards.promql import max_by, per_second, series

EACH = {"instance": "=~$instance"}
BY: tuple[str, ...] = ("instance",)


def number(
    title: str,
    words: str,
    expr: str,
    to: tuple[Link, ...],
    unit: str = "short",
    nothing: str = "no data",
    width: int = 4,
    height: int = 4,
) -> Panel:
    """A value of all processes together."""
    return Number(
        title=title,
        description=words,
        unit=unit,
        decimals=0 if unit == "short" else None,
        queries=(Query(expr, title, now=True),),
        steps=(Step(None, LIVE),),
        nothing=nothing,
        links=to,
        width=width,
        height=height,
    )


def lines(title: str, words: str, expr: str, unit: str, to: tuple[Link, ...]) -> Panel:
    """A line a process, over half of the page."""
    return third(title, words, max_by(BY, expr), "{{instance}}", unit, to, width=12)


def third(
    title: str,
    words: str,
    expr: str,
    legend: str,
    unit: str,
    to: tuple[Link, ...],
    stacked: bool = False,
    width: int = 8,
    styles: tuple[Style, ...] = (),
) -> Panel:
    """Lines over a third of the page."""
    return TimeSeries(
        title=title,
        description=words,
        unit=unit,
        decimals=0 if unit == "short" else None,
        queries=(Query(expr, legend),),
        stacked=stacked,
        about=(0, None),
        styles=styles,
        links=to,
        width=width,
        height=8,
    )


def ours(name: str, rate: bool = False) -> str:
    """A metric that every process has, of ours alone."""
    selector = f'{name}{{instance=~"$instance"}}'
    value = per_second(selector) if rate else selector
    return f"{value} and on (job, instance) {series('build_info', EACH)}"


def links(runbooks: str, alert: str = "") -> tuple[Link, ...]:
    """The status page, the overview, and what to do about an alert."""
    found = (to_status_page(), to_overview())
    return (*found, Link("What to do", f"{runbooks}/{alert}", new_tab=True)) if alert else found
