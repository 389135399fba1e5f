"""Tables for people, on standard output."""

import sys
from typing import TYPE_CHECKING

from driftwatch.baseline.artifact import (
    Baseline,
    CategoricalBaseline,
    ColumnBaseline,
    NumericBaseline,
)
from driftwatch.baseline.summary import histogram, missing, quantiles

if TYPE_CHECKING:
    from rich.table import Table

    from driftwatch.baseline.build import Built

_BARS = " ▁▂▃▄▅▆▇█"
_BUCKETS = 12
_TOP = 5
_WORD_SIGNS = 24


def plan_table(built: "Built") -> "Table":
    """What was chosen for each column."""
    table = _table("column", "role", "kind", "distinct", "missing", "values")
    rows = built.baseline.rows
    for plan, column in zip(built.plans, built.baseline.columns, strict=True):
        distinct = "many" if plan.distinct is None else f"{plan.distinct:,}"
        _add(table, column, distinct, percent(missing(column), rows), _range(column))
    return table


def baseline_table(baseline: Baseline) -> "Table":
    """What each column looks like."""
    table = _table("column", "role", "kind", "missing", "1% to 99%, or words", "values")
    for column in baseline.columns:
        share = percent(missing(column), baseline.rows)
        _add(table, column, share, _sparkline(column), _quantiles(column))
    return table


def print_table(table: "Table") -> None:
    """On a terminal as wide as it is; elsewhere as wide as need be."""
    from rich.console import Console

    console = Console(markup=False, highlight=False, emoji=False)
    if not sys.stdout.isatty():
        console = Console(markup=False, highlight=False, emoji=False, width=1_000)
    console.print(table)


def percent(part: int, whole: int) -> str:
    """A share for people; never `0%` of something that is there.

    >>> percent(0, 10), percent(1, 3), percent(1, 1_000_000), percent(999_999, 1_000_000)
    ('0%', '33.3%', '<0.1%', '>99.9%')
    """
    if part in (0, whole):
        return "100%" if part else "0%"
    ratio = 100 * part / whole
    if ratio < 0.1:
        return "<0.1%"
    return ">99.9%" if ratio > 99.9 else f"{ratio:.1f}%"


def _table(*titles: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        right = title in ("distinct", "missing")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    return table


def _add(table: "Table", column: ColumnBaseline, *cells: str) -> None:
    from rich.text import Text

    row = (visible(column.name, 60), column.role, column.kind, *cells)
    table.add_row(*map(Text, row))


def visible(text: str, most: int) -> str:
    """A text from the data that can do a terminal no harm.

    >>> visible(f"a{chr(27)}[31mb", 60), visible("x" * 9, 4)
    ('a?[31mb', 'xxx…')
    """
    text = "".join(sign if sign.isprintable() else "?" for sign in text[: most + 1])
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _range(column: ColumnBaseline) -> str:
    if isinstance(column, CategoricalBaseline):
        return _top(column)
    if column.minimum is None or column.maximum is None:
        return "none"
    return f"{column.minimum:.6g} to {column.maximum:.6g}"


def _quantiles(column: ColumnBaseline) -> str:
    if isinstance(column, CategoricalBaseline):
        return _top(column)
    names = ("1%", "25%", "50%", "75%", "99%")
    found = quantiles(column, (0.01, 0.25, 0.5, 0.75, 0.99))
    if not found:
        return "none"
    inner = ", ".join(f"{name} {value:.4g}" for name, value in zip(names, found, strict=True))
    return f"{column.minimum:.4g} to {column.maximum:.4g} ({inner})"


def _top(column: CategoricalBaseline) -> str:
    values = sum(column.counts) + column.other
    if values == 0:
        return "none"
    pairs = list(zip(column.vocabulary, column.counts, strict=True))[:_TOP]
    parts = [f"{visible(word, _WORD_SIGNS)} {percent(n, values)}" for word, n in pairs]
    if rest := values - sum(n for _, n in pairs):
        parts.append(f"others {percent(rest, values)}")
    return ", ".join(parts)


def _sparkline(column: ColumnBaseline) -> str:
    if isinstance(column, NumericBaseline):
        return sparkline(histogram(column, _BUCKETS))
    values = sum(column.counts) + column.other
    return sparkline([n / values for n in column.counts[:_BUCKETS]]) if values else ""


def sparkline(shares: list[float]) -> str:
    """A bar a share, the largest in full; anything above zero is seen.

    >>> sparkline([0.0, 0.1, 0.4, 0.2])
    ' ▂█▄'
    """
    most = max(shares, default=0.0)
    if most <= 0:
        return ""
    steps = len(_BARS) - 1
    return "".join(_BARS[max(round(steps * s / most), 1) if s > 0 else 0] for s in shares)
