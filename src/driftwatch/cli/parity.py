"""`driftwatch parity`: whether a model predicts the same on another runtime or other hardware."""

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from driftwatch.parity import Parity, ParityPolicy
    from driftwatch.parity.outcome import Share

_EXIT_CODES = {"within": 0, "differs": 1, "unknown": 3}
_NAME_SIGNS = 60
_VALUE_SIGNS = 40


def parity(
    golden: Annotated[
        str,
        typer.Argument(
            help="The inputs with the predictions that are right: CSV, JSON Lines or Parquet."
        ),
    ],
    log: Annotated[str, typer.Argument(help="What was predicted elsewhere, in any of these.")],
    tolerance: Annotated[
        float, typer.Option(help="By how much a number may differ, wherever it is.")
    ] = 1e-6,
    relative: Annotated[
        float, typer.Option(help="By how much more, as a share of the golden number.")
    ] = 1e-4,
    key: Annotated[
        str | None,
        typer.Option(help="The column that says which rows belong together. [their order]"),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=TOLERANCE", help="By how much this column may differ instead; repeat it."
        ),
    ] = None,
    prediction: Annotated[
        list[str] | None,
        typer.Option(help="Compare these columns only; 'p.*' names all that begin so. [all]"),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Columns not to compare; repeat it, or separate names by commas."),
    ] = None,
    inputs: Annotated[int, typer.Option(min=0, help="How many inputs to tell of.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare predictions on golden inputs with those of another runtime or other hardware.

    A number may differ by the tolerance, and by the relative one times the golden number; integers,
    texts and the top class of probabilities have to be the same. NaN equals NaN.

    Exit codes: 0 within, 1 differs, 2 a wrong call, 3 can't tell (inputs without an answer, a
    column that the log lacks, unreadable data), 4 a failure of Driftwatch.
    """
    from driftwatch.cli.baseline import names
    from driftwatch.errors import UsageError
    from driftwatch.parity import ParityPolicy
    from driftwatch.parity import parity as compare

    for option, value in (("--tolerance", tolerance), ("--relative", relative)):
        if not (isfinite(value) and value >= 0.0):
            raise UsageError(f"{option} {value}: expected 0 or more")
    policy = ParityPolicy(
        absolute=tolerance,
        relative=relative,
        tolerances=dict(map(_tolerance, column or [])),
        key=key,
        predictions=names("--prediction", prediction),
        ignore=names("--ignore", ignore),
        most_inputs=inputs,
    )
    found = compare(golden, log, policy)
    if as_json:
        from driftwatch.export.document import to_json

        typer.echo(to_json(_document(found, policy)), nl=False)
    else:
        _print(found, policy)
    raise typer.Exit(_EXIT_CODES[found.verdict])


def _tolerance(given: str) -> tuple[str, float]:
    from driftwatch.errors import UsageError

    name, equals, text = given.rpartition("=")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (name and equals and isfinite(value) and value >= 0.0):
        raise UsageError(f"--column {given}: expected NAME=TOLERANCE, as in score=0.001")
    return name, value


def _document(found: "Parity", policy: "ParityPolicy") -> dict[str, Any]:
    """The outcome as a JSON object."""
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "key": policy.key,
        "absolute": policy.absolute,
        "relative": policy.relative,
        "confidence": policy.confidence,
        "golden_rows": found.golden_rows,
        "log_rows": found.log_rows,
        "inputs": _share(found.inputs),
        "missing_count": found.missing_count,
        "missing": list(found.missing),
        "extra": found.extra,
        "golden_duplicates": found.golden_duplicates,
        "log_duplicates": found.log_duplicates,
        "notes": list(found.notes),
        "columns": [
            {
                "name": column.name,
                "elements": column.elements,
                "absolute": column.absolute,
                "relative": column.relative,
                "rows": _share(column.differing),
                "largest": column.largest,
                "quantiles": column.quantiles,
                "otherwise": column.otherwise,
            }
            for column in found.columns
        ],
        "differences": [
            {
                "input": each.name,
                "column": each.column,
                "golden": each.golden,
                "log": each.log,
                "size": each.size,
            }
            for each in found.differences
        ],
    }


def _share(share: "Share") -> dict[str, Any]:
    """NaN of nothing is null."""
    return {
        "differing": share.count,
        "compared": share.of,
        "ratio": share.ratio if share.of else None,
        "low": share.low,
        "high": share.high,
    }


def _print(found: "Parity", policy: "ParityPolicy") -> None:
    from driftwatch.cli.tables import print_table

    typer.echo(f"{found.verdict}: {found.reason}")
    way = "their order" if policy.key is None else policy.key
    typer.echo(
        f"{found.golden_rows:,} golden rows and {found.log_rows:,} in the log, matched by {way}; "
        f"tolerance {policy.absolute:g} and {policy.relative:g} of the golden number"
    )
    if found.inputs.of:
        typer.echo(f"differing: {_share_words(found.inputs, policy)}")
    if found.columns:
        print_table(_columns(found))
    if found.differences:
        typer.echo("the worst inputs:")
        print_table(_differences(found))
    _print_counts(found)


def _print_counts(found: "Parity") -> None:
    """What did not match, and what limits the verdict."""
    from driftwatch.cli.tables import visible

    for count, words in (
        (found.extra, "rows of the log answer no golden input"),
        (found.log_duplicates, "rows of the log repeat a key; each was compared"),
        (found.golden_duplicates, "golden rows repeat a key; the first of each was compared"),
    ):
        if count:
            typer.echo(f"{count:,} {words}")
    if found.missing:
        names = ", ".join(visible(name, _NAME_SIGNS) for name in found.missing)
        more = found.missing_count - len(found.missing)
        typer.echo(f"without an answer: {names}" + (f" and {more:,} more" if more else ""))
    for note in found.notes:
        typer.echo(f"note: {visible(note, 2_000)}")


def _share_words(share: "Share", policy: "ParityPolicy") -> str:
    from driftwatch.cli.tables import percent

    return (
        f"{share.count:,} of {share.of:,} inputs, {percent(share.count, share.of)} "
        f"({100 * share.low:.2g}% to {100 * share.high:.2g}% with {100 * policy.confidence:g}% "
        "confidence)"
    )


def _columns(found: "Parity") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from driftwatch.cli.tables import percent, visible

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("column", "differ", "share", "median", "90%", "99%", "largest", "no size"):
        right = title != "column"
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for column in found.columns:
        name = visible(column.name, _NAME_SIGNS)
        sizes = (*(column.quantiles or (None,) * 3), column.largest)
        cells = (
            f"{name} [{column.elements}]" if column.elements > 1 else name,
            f"{column.differing.count:,}",
            percent(column.differing.count, column.differing.of),
            *("-" if size is None else f"{size:.2g}" for size in sizes),
            f"{column.otherwise:,}",
        )
        table.add_row(*map(Text, cells))
    return table


def _differences(found: "Parity") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from driftwatch.cli.tables import visible

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("input", "column", "golden", "log", "difference"):
        table.add_column(title, overflow="fold")
    for each in found.differences:
        cells = (
            visible(each.name, _NAME_SIGNS),
            visible(each.column, _NAME_SIGNS),
            visible(each.golden, _VALUE_SIGNS),
            visible(each.log, _VALUE_SIGNS),
            "-" if each.size is None else f"{each.size:.2g}",
        )
        table.add_row(*map(Text, cells))
    return table
