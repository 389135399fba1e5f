"""How `driftwatch baseline build` goes: read with a bar, write, and say what the baseline holds."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from driftwatch.errors import UsageError

if TYPE_CHECKING:
    from driftwatch.baseline.artifact import Baseline
    from driftwatch.baseline.build import Built, ChunksFactory, Progress
    from driftwatch.baseline.options import BuildOptions

_LONGEST_LINE = 2_000


def build_from_data(data: list[str], options: "BuildOptions", output: Path) -> None:
    """Build a baseline of files, folders or URLs. Raises DataError, UsageError."""
    from driftwatch.baseline.raw import sources_of
    from driftwatch.baseline.read import open_data

    build_file(open_data(data, sources_of(options.derived)).chunks, options, output)


def build_from_log(config: Path, since: str, options: "BuildOptions", output: Path) -> None:
    """Build a baseline of the serving log that a configuration names, from `since` ago to now.

    Raises ConfigError, SourceError, DataError, UsageError.
    """
    import os
    import time
    from dataclasses import replace

    from driftwatch.config import Duration, load
    from driftwatch.decoding import make_reader, places_of
    from driftwatch.logs import configure_logs
    from driftwatch.records import ModelVersion
    from driftwatch.training_log import TrainingLog, open_training_log

    configure_logs("error", "console")
    settings = load(config, os.environ)
    try:
        start_us = time.time_ns() // 1000 - Duration.parse(since).us
    except ValueError as problem:
        raise UsageError(f"--since {since}: expected a duration like 12h or 7d") from problem
    decode = settings.decode
    predictions = options.predictions or (*decode.predictions, *(decode.prediction_names or ()))
    if decode.is_of_events and not predictions:
        raise UsageError(
            "which columns are predictions? Say --prediction NAME (or NAME.* for a tensor), or "
            f"decode.prediction_names in {config}"
        )
    if options.in_order:
        raise UsageError("--from-kafka knows the records' times: leave out --in-order")
    options = replace(
        options,
        predictions=predictions,
        labels=options.labels or tuple(decode.labels),
        serving=options.serving or tuple(decode.serving),
    )
    route = ModelVersion(options.model, options.model_version)
    source = open_training_log(settings)
    try:
        wanted = frozenset(each.source for each in options.derived)
        log = TrainingLog(
            source,
            places_of(settings.decode),
            route,
            start_us,
            sources=wanted,
            make_reader=make_reader(settings),
            of_events=settings.decode.is_of_events,
        )
        build_file(log.chunks, options, output)
    finally:
        source.close()
    if log.skipped:
        typer.echo(f"note: {log.skipped:,} records could not be read and were left out", err=True)


def build_file(chunks: "ChunksFactory", options: "BuildOptions", output: Path) -> None:
    """Build a baseline with its progress shown, write it, and print what it holds."""
    from driftwatch.baseline.build import build_with_plans
    from driftwatch.baseline.times import TimesOf, column_times, own_times
    from driftwatch.timestamps import parse_times

    times_of: TimesOf = own_times
    if options.timestamp is not None:
        times_of = column_times(options.timestamp, parse_times)
    with _progress() as progress:
        built = build_with_plans(chunks, options, progress, times_of)
    built.baseline.save(output)
    _print_built(built)
    rows, columns = built.baseline.rows, len(built.baseline.columns)
    size = output.stat().st_size
    typer.echo(
        f"wrote {output}: {rows:,} rows, {columns:,} columns, {size:,} bytes; "
        f"for {options.model} version {options.model_version}",
        err=True,
    )


@contextmanager
def _progress() -> Iterator["Callable[[Progress], None] | None"]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Bars(*parts, TimeElapsedColumn(), console=console, transient=True) as bars:
        task = bars.add_task("reading", total=1.0)

        def update(progress: "Progress") -> None:
            text = f"pass {progress.step} of {progress.steps}: {progress.rows:,} rows"
            bars.update(task, description=text, completed=progress.read_ratio or 0.0)

        yield update


def _print_built(built: "Built") -> None:
    from driftwatch.baseline.hints import hints
    from driftwatch.cli.tables import plan_table, print_table

    print_table(plan_table(built))
    for plan, column in zip(built.plans, built.baseline.columns, strict=True):
        for hint in hints(plan, column):
            typer.echo(f"note: {column.name} {hint}")
    print_told(built.baseline)


def print_told(baseline: "Baseline") -> None:
    """What was measured in the training data, a line each."""
    from driftwatch.baseline.told import told
    from driftwatch.cli.tables import visible

    for line in told(baseline):
        typer.echo(visible(line, _LONGEST_LINE))
