"""`driftwatch compare A B`: two baselines, two logs, or one of each."""

from math import isfinite, nan
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from driftwatch.check import CheckPolicy
    from driftwatch.comparison import ColumnComparison, Comparison, Figures

_EXIT_CODES = {"ok": 0, "drift": 1, "unknown": 3}
_NAME_SIGNS = 60
_DATA = "a baseline, or a log: CSV, JSON Lines, Parquet, a folder of them, or a URL."


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=f"What was before: {_DATA}")],
    b: Annotated[str, typer.Argument(metavar="B", help=f"What is now: {_DATA}")],
    false_alarm_rate: Annotated[
        float, typer.Option(help="How likely two that are alike may differ, all columns together.")
    ] = 0.01,
    tolerance: Annotated[
        float, typer.Option(help="The change too small to count; 0.03 is about 1.5% of rows.")
    ] = 0.03,
    min_rows: Annotated[
        int, typer.Option(min=1, help="With fewer rows there is no verdict (exit code 3).")
    ] = 50,
    timestamp: Annotated[
        str | None, typer.Option(help="The column of the logs that holds the time.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Columns not to look at; repeat it, or separate names by commas."),
    ] = None,
    numeric: Annotated[
        list[str] | None, typer.Option(help="Columns of the logs to take as numbers.")
    ] = None,
    categorical: Annotated[
        list[str] | None, typer.Option(help="Columns of the logs to take as categories.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what is different in B from A, column by column, the worst first.

    Both are samples: two that are alike differ with a probability of at most --false-alarm-rate,
    all columns together.

    Exit codes: 0 alike, 1 different, 2 a wrong call, 3 can't tell (too few rows, unreadable data),
    4 a failure of Driftwatch.
    """
    from dataclasses import replace

    from driftwatch.check import CheckPolicy
    from driftwatch.cli.baseline import names
    from driftwatch.cli.check import reading_progress
    from driftwatch.comparison import compare as find_differences
    from driftwatch.comparison import open_side
    from driftwatch.comparison.compare import LOG_OPTIONS
    from driftwatch.errors import UsageError

    if not 0.0 < false_alarm_rate < 1.0:
        raise UsageError(
            f"--false-alarm-rate {false_alarm_rate}: expected more than 0, less than 1"
        )
    if not 0.0 <= tolerance <= 1.0:
        raise UsageError(f"--tolerance {tolerance}: expected 0 to 1")
    policy = CheckPolicy(false_alarm_rate, tolerance, min_rows)
    options = replace(
        LOG_OPTIONS,
        timestamp=timestamp,
        ignore=names("--ignore", ignore),
        numeric=names("--numeric", numeric),
        categorical=names("--categorical", categorical),
    )
    progress = reading_progress()
    try:
        found = find_differences(open_side(a), open_side(b), policy, options, progress)
    finally:
        if progress is not None:
            typer.echo(err=True)  # out of its line
    if as_json:
        from driftwatch.export.document import to_json

        typer.echo(to_json(_document(found, a, b, policy)), nl=False)
    else:
        _print(found, a, b, policy)
    raise typer.Exit(_EXIT_CODES[found.verdict])


def _document(found: "Comparison", a: str, b: str, policy: "CheckPolicy") -> dict[str, Any]:
    """The outcome as a JSON object; a number that is not known is null."""
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "a": a,
        "b": b,
        "a_rows": found.a_rows,
        "b_rows": found.b_rows,
        "false_alarm_rate": policy.false_alarm_rate,
        "tolerance": policy.tolerance,
        "min_rows": policy.min_rows,
        "only_a": list(found.only_a),
        "only_b": list(found.only_b),
        "other_kind": list(found.other_kind),
        "notes": list(found.notes),
        "columns": [
            {
                "name": column.name,
                "role": column.role,
                "kind": column.kind,
                "differs": column.differs,
                "p_value": column.p_value,
                "threshold": column.threshold,
                "evidence": column.evidence,
                "change": column.change,
                "a": _figures(column.a),
                "b": _figures(column.b),
                **{name: _known(value) for name, value in column.gauges.items()},
            }
            for column in found.columns
        ],
    }


def _figures(figures: "Figures") -> dict[str, float | None]:
    return {
        "mean": _known(figures.mean),
        "stddev": _known(figures.stddev),
        "missing_ratio": _known(figures.missing),
        "event_ratio": _known(figures.event),
    }


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _print(found: "Comparison", a: str, b: str, policy: "CheckPolicy") -> None:
    from driftwatch.cli.check import in_a_row
    from driftwatch.cli.tables import print_table, visible

    typer.echo(f"{found.verdict}: {visible(found.reason, 500)}")
    typer.echo(
        f"{found.b_rows or 0:,} rows of {b} against {found.a_rows or 0:,} of {a}, false-alarm rate "
        f"{policy.false_alarm_rate:g}, tolerance {policy.tolerance:g}"
    )
    if found.columns:
        print_table(_table(found))
    for column in found.columns:
        if column.differs:
            typer.echo(f"{visible(column.name, _NAME_SIGNS)}: {_sentence(column)}")
    for name, columns in ((a, found.only_a), (b, found.only_b)):
        if columns:
            typer.echo(f"columns that only {name} has: {in_a_row(columns)}")
    for note in found.notes:
        typer.echo(f"note: {visible(note, 2_000)}")


def _sentence(column: "ColumnComparison") -> str:
    """What changed: what it looks like, and what the verdict rests on."""
    return f"{column.change}; {column.evidence}" if column.change else column.evidence


def _table(found: "Comparison") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from driftwatch.cli.check import probability
    from driftwatch.cli.tables import visible

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("column", "verdict", "p", "ks", "psi", "js", "mean", "spread", "missing", "new"):
        right = title in ("p", "ks", "psi", "js", "new")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for column in found.columns:
        gauges = column.gauges
        cells = (
            visible(column.name, _NAME_SIGNS),
            "differs" if column.differs else "alike",
            probability(column.p_value),
            _ks(column),
            _fixed(gauges.get("psi", nan)),
            _fixed(gauges.get("jensen_shannon", nan)),
            _from_to(column.a.mean, column.b.mean),
            _from_to(column.a.stddev, column.b.stddev),
            _share_from_to(column.a.missing, column.b.missing),
            _share(gauges.get("new_category_ratio", nan)),
        )
        table.add_row(*map(Text, cells))
    return table


def _ks(column: "ColumnComparison") -> str:
    """The distance, or the two that it lies between."""
    least = column.gauges.get("ks_statistic", nan)
    largest = column.gauges.get("ks_upper_bound", nan)
    if f"{least:.3f}" == f"{largest:.3f}" or not isfinite(largest):
        return _fixed(least)
    return f"{least:.3f} to {largest:.3f}"


def _fixed(value: float) -> str:
    return f"{value:.3f}" if isfinite(value) else "-"


def _share(value: float) -> str:
    return f"{100.0 * value:.2g}%" if isfinite(value) else "-"


def _from_to(a: float, b: float) -> str:
    return f"{a:.4g} to {b:.4g}" if isfinite(a) and isfinite(b) else "-"


def _share_from_to(a: float, b: float) -> str:
    return _share(a) if _share(a) == _share(b) else f"{_share(a)} to {_share(b)}"
