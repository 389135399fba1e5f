"""`driftwatch check`: one batch as a gate."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from driftwatch.baseline.artifact import Baseline
    from driftwatch.check import Check, CheckPolicy, Counted

_EXIT_CODES = {"ok": 0, "drift": 1, "unknown": 3}
_MOST_SHOWN = 20
_NAME_SIGNS = 60


def check(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="CSV or JSON Lines (also .gz) or Parquet: files, folders, or URLs (s3://, gs://).",
        ),
    ],
    baseline: Annotated[Path, typer.Option(help="The baseline to compare with.")],
    false_alarm_rate: Annotated[
        float, typer.Option(help="How likely a batch without drift may fail, all columns together.")
    ] = 0.01,
    tolerance: Annotated[
        float | None,
        typer.Option(help="The change too small to be drift; 0.03 is about 1.5% of rows. [0.03]"),
    ] = None,
    min_rows: Annotated[
        int, typer.Option(min=1, help="With fewer rows there is no verdict (exit code 3).")
    ] = 50,
    timestamp: Annotated[
        str | None, typer.Option(help="The column that holds the time. [as in the baseline]")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Columns not to look at; repeat it, or separate names by commas."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", help="The daemon's settings: what they say of the model's columns."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report, one file of HTML.")
    ] = None,
) -> None:
    """Compare one batch with a baseline, all columns together.

    Exit codes: 0 fine, 1 drift, 2 a wrong call, 3 can't tell (too few rows, unreadable data), 4 a
    failure of Driftwatch.
    """
    from driftwatch.errors import DataError, UsageError

    if not 0.0 < false_alarm_rate < 1.0:
        raise UsageError(
            f"--false-alarm-rate {false_alarm_rate}: expected more than 0, less than 1"
        )
    if tolerance is not None and not 0.0 <= tolerance <= 1.0:
        raise UsageError(f"--tolerance {tolerance}: expected 0 to 1")
    from driftwatch.baseline.artifact import load_baseline
    from driftwatch.baseline.raw import sources_of
    from driftwatch.baseline.read import open_data
    from driftwatch.check import Check, CheckPolicy, count
    from driftwatch.check import check as compare
    from driftwatch.cli.baseline import names

    whole = load_baseline(baseline)
    policy, ignored = CheckPolicy(false_alarm_rate, min_rows=min_rows), names("--ignore", ignore)
    if config is not None:
        policy, unmonitored = _configured(policy, config, whole)
        ignored += unmonitored
    if tolerance is not None:
        policy = replace(policy, tolerance=tolerance)
    watched = whole.without(frozenset(ignored))
    if not watched.columns:
        raise UsageError("no column of the baseline is left to look at; leave out some --ignore")
    known = {*ignored, *(column.name for column in whole.columns)}
    progress = reading_progress()
    try:
        chunks = open_data(data, sources_of(watched.derived)).chunks()
        counted = count(watched, chunks, timestamp, known, progress)
        found = compare(watched, counted, policy)
    except DataError as error:
        unread = Check("unknown", str(error), None)
        if as_json:  # whoever reads it finds the verdict where it always is
            _echo_json(unread, policy, whole)
        if html is not None:
            _write_html(html, data, unread, None, watched, policy)
        raise
    finally:
        if progress is not None:
            typer.echo(err=True)  # out of its line
    if html is not None:
        _write_html(html, data, found, counted, watched, policy)
    if as_json:
        _echo_json(found, policy, whole)
    else:
        _print(found, policy, whole)
    raise typer.Exit(_EXIT_CODES[found.verdict])


def _configured(
    policy: "CheckPolicy", config: Path, baseline: "Baseline"
) -> "tuple[CheckPolicy, tuple[str, ...]]":
    """The policy with what the settings say of the model, and the columns not to be monitored."""
    import os

    from driftwatch.config import load
    from driftwatch.errors import ConfigError

    settings = load(config, os.environ)
    model = settings.models.get(baseline.model)
    if model is None:
        raise ConfigError(
            f"{settings.where('models')}: no model {baseline.model!r}, which the baseline is of"
        )
    own = {name: c.tolerance for name, c in model.columns.items() if c.tolerance is not None}
    sensitive = frozenset(name for name, column in model.columns.items() if column.sensitive)
    unmonitored = tuple(name for name, column in model.columns.items() if not column.monitor)
    policy = replace(
        policy, tolerance=settings.alarms.tolerance, tolerances=own, sensitive=sensitive
    )
    return policy, unmonitored


def reading_progress() -> Callable[[int, float | None], None] | None:
    """Says on a terminal how far the reading is."""
    stderr = typer.get_text_stream("stderr")
    if not stderr.isatty():
        return None

    def show(rows: int, ratio: float | None) -> None:
        done = "" if ratio is None else f", {100.0 * ratio:.0f}% of the data"
        typer.echo(f"\r{rows:,} rows{done}", err=True, nl=False)

    return show


def _write_html(
    path: Path,
    data: Sequence[str],
    found: "Check",
    counted: "Counted | None",
    baseline: "Baseline",
    policy: "CheckPolicy",
) -> None:
    # On use: it brings the parts of a replay along, which a gate in CI need not wait for.
    from driftwatch.report_file import check_report, write_report

    write_report(path, check_report(found, counted, baseline, policy, ", ".join(data)))


def _echo_json(found: "Check", policy: "CheckPolicy", baseline: "Baseline") -> None:
    from driftwatch.export.document import to_json

    typer.echo(to_json(_document(found, policy, baseline)), nl=False)


def _document(found: "Check", policy: "CheckPolicy", baseline: "Baseline") -> dict[str, Any]:
    """The outcome as a JSON object; a number that is not known is null."""
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "model": baseline.model,
        "model_version": baseline.model_version,
        "false_alarm_rate": policy.false_alarm_rate,
        "tolerance": policy.tolerance,
        "min_rows": policy.min_rows,
        "rows": found.rows,
        "baseline_rows": baseline.rows,
        "baseline_fingerprint": baseline.data_fingerprint,
        "unknown_columns": list(found.unknown_columns),
        "lacking_columns": list(found.lacking_columns),
        "notes": list(found.notes),
        "columns": [
            {
                "name": column.name,
                "role": column.role,
                "kind": column.kind,
                "drift": column.drift,
                "p_value": column.p_value,
                "threshold": column.threshold,
                "evidence": column.evidence,
                "live_ratio": column.live_ratio,
                "baseline_ratio": column.baseline_ratio,
                **{
                    name: value if isfinite(value) else None
                    for name, value in column.gauges.items()
                },
            }
            for column in found.columns
        ],
    }


def _print(found: "Check", policy: "CheckPolicy", baseline: "Baseline") -> None:
    from driftwatch.cli.tables import print_table

    typer.echo(f"{found.verdict}: {found.reason}")
    typer.echo(
        f"{_rows(found.rows)} against {_rows(baseline.rows)} of {baseline.model} version "
        f"{baseline.model_version}, false-alarm rate {policy.false_alarm_rate:g}, "
        f"tolerance {policy.tolerance:g}"
    )
    if found.columns:
        print_table(_table(found))
    for words, listed in (
        ("columns that the baseline lacks", found.unknown_columns),
        ("columns that the data lacks", found.lacking_columns),
    ):
        if listed:
            typer.echo(f"{words}: {in_a_row(listed)}")
    for note in found.notes:
        typer.echo(f"note: {note}")


def _rows(count: int | None) -> str:
    return f"{count or 0:,} row{'' if count == 1 else 's'}"


def _table(found: "Check") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from driftwatch.cli.tables import visible

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("column", "verdict", "p", "threshold", "ks", "psi", "evidence"):
        right = title in ("p", "threshold", "ks", "psi")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for column in found.columns:
        gauges = (column.gauges.get(name, nan) for name in ("ks_statistic", "psi"))
        cells = (
            visible(column.name, _NAME_SIGNS),
            "drift" if column.drift else "ok",
            probability(column.p_value),
            probability(column.threshold),
            *(f"{value:.3f}" if isfinite(value) else "-" for value in gauges),
            column.evidence if column.drift else "",
        )
        table.add_row(*map(Text, cells))
    return table


def probability(p: float) -> str:
    """Two digits; what is too small to be told from none is said to be.

    >>> probability(0.04321), probability(3.21e-12), probability(0.0)
    ('0.043', '3.2e-12', '<1e-300')
    """
    return f"{p:.2g}" if p >= 1e-300 else "<1e-300"


def in_a_row(names: Sequence[str]) -> str:
    """Names one after the other, as many as a person reads."""
    from driftwatch.cli.tables import visible

    shown = ", ".join(visible(name, _NAME_SIGNS) for name in names[:_MOST_SHOWN])
    more = len(names) - _MOST_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
