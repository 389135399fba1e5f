"""`driftwatch segments suggest DATA... --timestamp COLUMN`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

if TYPE_CHECKING:
    from driftwatch.baseline.artifact import Baseline
    from driftwatch.slices import Found, Table

app = typer.Typer(help="Slices of the records: where did something change?", no_args_is_help=True)


@app.callback()
def _segments() -> None:
    """A group, though it has one command so far."""


@app.command()
def suggest(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="CSV or JSON Lines (also .gz) or Parquet: files, folders, or URLs (s3://, gs://).",
        ),
    ],
    timestamp: Annotated[
        str | None, typer.Option(help="The column that holds the time. [as in the baseline]")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Look at its columns, cut at its quartiles.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Where the later part begins. [the middle record]"),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Columns not to look at: ids, free text.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many slices to list at most.")] = 10,
    min_rows: Annotated[
        int, typer.Option(min=1, help="Records that a slice has in either part.")
    ] = 100,
    false_alarm_rate: Annotated[
        float, typer.Option(help="How likely a log in which no slice drifts lists one.")
    ] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the slices of a log that drifted in another way than the rest.

    The later part of the log is compared with the earlier one, within each slice and outside of it.
    A slice is a category or a range of one column, or of two. Each is printed as the condition that
    `baseline build --segment NAME=CONDITION` takes.
    """
    from driftwatch.errors import UsageError
    from driftwatch.slices import SearchPolicy, search

    if not 0.0 < false_alarm_rate < 1.0:
        raise UsageError(
            f"--false-alarm-rate {false_alarm_rate}: expected more than 0, less than 1"
        )
    split_us = None if split is None else _split(split)
    table = _table(data, timestamp, baseline, ignore)
    if split_us is None:
        split_us = int(np.median(table.times_us))
    policy = SearchPolicy(false_alarm_rate, top, min_rows)
    found = search(table, split_us, policy)
    later = int((table.times_us >= split_us).sum())
    if as_json:
        from driftwatch.export.document import to_json

        typer.echo(to_json(_document(found, table, split_us)), nl=False)
        return
    kept = f" (one in {table.every} of the log)" if table.every > 1 else ""
    typer.echo(
        f"{len(table.times_us):,} records{kept}, {later:,} of them from {_time(split_us)} on"
    )
    if table.untimed:
        typer.echo(f"note: {table.untimed:,} records have no readable time and were left out")
    if not found:
        typer.echo("nothing found: no slice drifted in another way than the rest")
    for each in found:
        _print(each)


def _split(text: str) -> int:
    from driftwatch.errors import UsageError
    from driftwatch.timestamps import MISSING, parse_times

    try:
        value: Any = float(text)
    except ValueError:
        value = text
    found = int(parse_times([value])[0])
    if found == MISSING:
        raise UsageError(f"--split {text}: expected a time like 2025-06-01T00:00:00Z")
    return found


def _table(
    data: Sequence[str], timestamp: str | None, path: Path | None, ignore: list[str] | None
) -> "Table":
    from driftwatch.baseline.artifact import load_baseline
    from driftwatch.baseline.raw import sources_of
    from driftwatch.baseline.read import open_data
    from driftwatch.baseline.times import column_times
    from driftwatch.cli.baseline import names
    from driftwatch.errors import UsageError
    from driftwatch.slices import read_table
    from driftwatch.timestamps import parse_times

    ignored = names("--ignore", ignore)
    given = None if path is None else load_baseline(path)
    name = timestamp or (given and given.timestamp)
    if not name:
        raise UsageError("--timestamp COLUMN: which column holds the time?")
    known = _overall(data, (name, *ignored)) if given is None else given
    log = open_data(data, sources_of(known.derived))
    watched = known.without(frozenset((name, *ignored)))
    return read_table(watched, log.chunks(), column_times(name, parse_times))


def _overall(data: Sequence[str], without: tuple[str, ...]) -> "Baseline":
    """A baseline of the log itself: what its columns are, and where their quartiles lie."""
    from driftwatch.baseline.build import build
    from driftwatch.baseline.options import BuildOptions
    from driftwatch.baseline.read import open_data

    options = BuildOptions(model="log", model_version="1", ignore=without)
    return build(open_data(data).chunks, options)


def _print(found: "Found") -> None:
    from driftwatch.cli.tables import visible

    earlier, later = found.rows
    typer.echo("")
    typer.echo(visible(found.condition, 1_000))
    typer.echo(f"  {earlier:,} records before, {later:,} after; p {_probability(found.p_value)}")
    typer.echo(
        f"  {visible(found.column, 60)} moved: {visible(found.event, 1_000)} for "
        f"{_move(found.shares)}, elsewhere {_move(found.others)}"
    )


def _move(shares: tuple[float, float]) -> str:
    """Two shares, of which neither is rounded to none.

    >>> _move((0.5, 0.123)), _move((0.0, 0.0004))
    ('50.0% → 12.3%', '0.0% → 0.04%')
    """
    before, after = (
        f"{100 * share:.1f}%" if share in (0.0, 1.0) or share >= 0.001 else f"{100 * share:.1g}%"
        for share in shares
    )
    return f"{before} → {after}"


def _probability(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-300 else "<1e-300"


def _time(time_us: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _document(found: "Sequence[Found]", table: "Table", split_us: int) -> dict[str, Any]:
    return {
        "records": len(table.times_us),
        "every": table.every,
        "untimed": table.untimed,
        "split": _time(split_us),
        "slices": [
            {
                "condition": each.condition,
                "earlier_records": each.rows[0],
                "later_records": each.rows[1],
                "column": each.column,
                "event": each.event,
                "earlier_ratio": each.shares[0],
                "later_ratio": each.shares[1],
                "elsewhere_earlier_ratio": each.others[0],
                "elsewhere_later_ratio": each.others[1],
                "p_value": each.p_value,
            }
            for each in found
        ],
    }
