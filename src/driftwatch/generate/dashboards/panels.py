"""What a dashboard is made of, in our own words: panels, rows, variables, annotations.

A page (`overview`, `column`, `itself`) says what it shows with these; `grafana` knows how Grafana
writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from driftwatch.generate.dashboards.colours import GREEN, Meaning, Step

Shape = Literal["time_series", "table", "heatmap"]


@dataclass(frozen=True, slots=True)
class Query:
    """A query in PromQL.

    legend: what a series is called, with `{{label}}` for the value of a label.
    now: only the value at the end of the range, instead of a line over it.
    shape: `table` for rows with a column a label, `heatmap` for the buckets of a histogram.
    """

    expr: str
    legend: str = ""
    now: bool = False
    shape: Shape = "time_series"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a value of a panel leads to. new_tab: out of Grafana."""

    title: str
    url: str
    new_tab: bool = False

    @property
    def of_value(self) -> bool:
        """Whether it leads to what one value stands for, and so needs one."""
        return "${__field." in self.url or "${__data." in self.url


@dataclass(frozen=True, slots=True)
class Style:
    """How some series of a panel differ from the others.

    series: the name in the legend, or a regular expression between slashes. colour: None for
    Grafana's choice. dashed: what the line is compared with. fill_to: the series down to which the
    space is filled. alone: not stacked with the others.
    """

    series: str
    colour: str | None = None
    dashed: bool = False
    fill_to: str | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What all panels have.

    unit: as Grafana names it. nothing: what stands there when a query has no result; None for what
    Grafana says. steps: from
    which value on which colour. meanings: what a value is called. least, most: the ends of the
    axis or scale, where they are fixed.
    """

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    links: tuple[Link, ...]
    width: int
    height: int
    decimals: int | None = None
    steps: tuple[Step, ...] = (Step(None, GREEN),)
    meanings: tuple[Meaning, ...] = ()
    nothing: str | None = "no data"
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries(Panel):
    """Lines over time.

    stacked: one on the other. line_at: draw the steps as lines across. about: a range that the
    axis shows at least. ranked: the legend is a table of the last values, the largest first.
    """

    stacked: bool = False
    line_at: bool = False
    about: tuple[float | None, float | None] = (None, None)
    ranked: bool = False
    styles: tuple[Style, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Panel):
    """One large value, or a few. history: with its course behind it."""

    history: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Panel):
    """A sentence or names on a coloured ground.

    names: those of the series, not what their values mean. label: what the values of this label
    mean, of a query for a table.
    """

    names: bool = False
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(Panel):
    """States over time: a bar a series, in the colours of its meanings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells(Panel):
    """A row of cells a series, coloured by the steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram(Panel):
    """A classic histogram over time: the darker, the more values. axis: the unit of its values."""

    axis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves(Panel):
    """Lines of several series over the numbers that one label holds. along: that label."""

    along: str
    styles: tuple[Style, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars(Panel):
    """Bars of several series beside each other, over the values of one label. along: that label."""

    along: str
    styles: tuple[Style, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """How a column of a table is shown.

    links: where its cells lead to. filled: on its colour. left: also where it holds numbers.
    """

    name: str
    unit: str | None = None
    decimals: int | None = None
    width: int | None = None
    steps: tuple[Step, ...] = ()
    meanings: tuple[Meaning, ...] = ()
    links: tuple[Link, ...] = ()
    filled: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Panel):
    """The results of several queries side by side, joined on the labels that they share.

    order: the columns from left to right. hidden: those that are not shown. renamed: columns that
    are values of queries, by `Value #A` for the first query. first: the column that rows are sorted
    by, the largest on top.
    """

    order: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    renamed: Mapping[str, str]
    first: str
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a common title, from left to right and then on the next line."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of a dashboard.

    values: the query that lists what can be chosen. several: more than one may be, and `All`.
    chosen: at first.
    """

    name: str
    label: str
    values: str
    several: bool = False
    chosen: str | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """Marks on the time axis of every panel.

    at_value: the value of the query is the time of the mark, in milliseconds; else a mark covers
    the time in which the query has a result.
    """

    name: str
    expr: str
    colour: str
    title: str
    text: str
    tags: tuple[str, ...] = ()
    at_value: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page.

    since: the range at first, and refresh: how often it loads anew, as Grafana writes them.
    constants: hidden variables and their values.
    """

    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    since: str
    refresh: str
    annotations: tuple[Annotation, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
