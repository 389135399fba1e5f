"""`driftwatch baseline build DATA... -o FILE` and `driftwatch baseline show FILE`."""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from driftwatch.errors import UsageError

if TYPE_CHECKING:
    from driftwatch.baseline.artifact import Baseline
    from driftwatch.baseline.build import Built, ChunksFactory, Progress
    from driftwatch.baseline.options import BuildOptions
    from driftwatch.derive.derivation import NamedCondition

app = typer.Typer(help="Make a baseline of training data; look into one.", no_args_is_help=True)

_LONGEST_LINE = 2_000
_COLUMNS = "Repeat it, or separate names by commas; 'embedding.*' names all that begin so."


@app.command()
def build(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The file to write; gzipped if it ends in .gz."),
    ],
    model: Annotated[str, typer.Option(help="The model's name in the serving log.")],
    model_version: Annotated[str, typer.Option(help="Its version in the serving log.")],
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA...",
            help="CSV or JSON Lines (also .gz) or Parquet: files, folders, or URLs (s3://, gs://).",
        ),
    ] = None,
    from_kafka: Annotated[
        bool, typer.Option("--from-kafka", help="Instead of DATA: the serving log itself.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="With --from-kafka: where the log is, how it reads."),
    ] = None,
    since: Annotated[
        str, typer.Option(help="With --from-kafka: how far back, as in 12h or 7d.")
    ] = "7d",
    prediction: Annotated[
        list[str] | None, typer.Option(help=f"Columns that the model puts out. {_COLUMNS}")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Columns that hold the truth, where it is known.")
    ] = None,
    timestamp: Annotated[
        str | None, typer.Option(help="The column that holds the time; it is not monitored.")
    ] = None,
    in_order: Annotated[
        bool, typer.Option("--in-order", help="The rows stand in the order of their time.")
    ] = False,
    pane: Annotated[str, typer.Option(help="The daemon's `pane`.")] = "1m",
    rows_per_pane: Annotated[
        int, typer.Option(help="With --in-order: rows that a pane will usually hold.")
    ] = 200,
    false_alarms: Annotated[
        str, typer.Option(help="The daemon's `false_alarms`, for the self-test.")
    ] = "1 per 30d",
    tolerance: Annotated[
        float, typer.Option(help="The daemon's `tolerance`, for the self-test.")
    ] = 0.03,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Columns not to monitor: ids, free text.")
    ] = None,
    numeric: Annotated[
        list[str] | None, typer.Option(help="Columns to take as numbers, whatever they look like.")
    ] = None,
    categorical: Annotated[
        list[str] | None, typer.Option(help="Columns to take as categories.")
    ] = None,
    serving: Annotated[
        list[str] | None,
        typer.Option(help="Columns that say how a record was served: its latency, its status."),
    ] = None,
    derive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:SOURCE",
            help="Columns to make of one that holds a text, an age (a time), a vector, a list, a "
            "shape (of an array) or probabilities: text:review, probabilities:scores=cat,dog. "
            "Repeat it.",
        ),
    ] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=CONDITION",
            help="Records to watch on their own as well: sunny=\"weather = 'sunny'\". Repeat it.",
        ),
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=CONDITION", help="A share of the records to watch. Repeat it."),
    ] = None,
    contract: Annotated[
        Path | None,
        typer.Option(help="A YAML file of conditions, by name, that every record must meet."),
    ] = None,
) -> None:
    """Make a baseline: what the model's columns looked like in training.

    The data are read twice, in pieces; they may be larger than memory. All columns are features but
    those named here. Floats are numeric, texts and booleans categorical, integers numeric with more
    than 50 distinct values.

    With --timestamp or --in-order it also measures how rows depend on each other and on the hour,
    and replays the last 20% of the rows against the first 80%: how often would they have paged?
    """
    from driftwatch.baseline.options import BuildOptions
    from driftwatch.derive.kinds import parse_derivation

    _check_output(output)
    if from_kafka == bool(data):
        raise UsageError("baseline build needs either DATA or --from-kafka -c FILE")
    if from_kafka != (config is not None):
        raise UsageError("--from-kafka and -c FILE belong together")
    options = BuildOptions(
        model=model,
        model_version=model_version,
        predictions=names("--prediction", prediction),
        labels=names("--label", label),
        timestamp=timestamp,
        ignore=names("--ignore", ignore),
        numeric=names("--numeric", numeric),
        categorical=names("--categorical", categorical),
        in_order=in_order,
        pane_us=_pane_us(pane),
        rows_per_pane=rows_per_pane,
        false_alarms=false_alarms,
        tolerance=tolerance,
        serving=names("--serving", serving),
        derived=tuple(map(parse_derivation, derive or ())),
        conditions=_conditions(segment, rate, contract),
    )
    options.check()
    if config is not None:
        _build_from_log(config, since, options, output)
        return
    from driftwatch.baseline.raw import sources_of
    from driftwatch.baseline.read import open_data

    build_file(open_data(data or [], sources_of(options.derived)).chunks, options, output)


def _build_from_log(config: Path, since: str, options: "BuildOptions", output: Path) -> None:
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


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A baseline.")],
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead, and nothing else.")
    ] = False,
) -> None:
    """Say what a baseline holds."""
    from driftwatch.baseline.artifact import load_baseline
    from driftwatch.baseline.summary import summarize

    baseline = load_baseline(file)
    if json:
        from json import dumps

        typer.echo(dumps(summarize(baseline), ensure_ascii=False, indent=2, allow_nan=False))
        return
    from driftwatch.cli.tables import baseline_table, print_table

    times = f", times in {baseline.timestamp}" if baseline.timestamp else ""
    typer.echo(
        f"{baseline.model}, version {baseline.model_version}: {baseline.rows:,} rows, "
        f"{len(baseline.columns):,} columns{times}; data {baseline.data_fingerprint}"
    )
    print_table(baseline_table(baseline))
    _print_told(baseline)


def names(option: str, given: list[str] | None) -> tuple[str, ...]:
    """Names given one by one or separated by commas; one with a comma in it stands in quotes.

    >>> names("--ignore", ["a,b", "c", '"d,e"'])
    ('a', 'b', 'c', 'd,e')
    """
    found = [name.strip() for row in csv.reader(given or []) for name in row]
    if not all(found):
        raise UsageError(f"{option}: a name is empty")
    return tuple(dict.fromkeys(found))


def _conditions(
    segments: list[str] | None, rates: list[str] | None, contract: Path | None
) -> tuple["NamedCondition", ...]:
    from driftwatch.cli.contract_file import read_contract
    from driftwatch.derive.derivation import NamedCondition

    found = []
    given: tuple[tuple[Literal["segment", "rate"], list[str]], ...] = (
        ("segment", segments or []),
        ("rate", rates or []),
    )
    for role, written in given:
        for text in written:
            name, equals, condition = text.partition("=")
            if not equals or not condition.strip():
                raise UsageError(f"--{role} {text}: expected NAME=CONDITION")
            found.append(NamedCondition(name=name.strip(), role=role, text=condition.strip()))
    if contract is not None:
        rules = read_contract(contract)
        found += [NamedCondition(name=n, role="contract", text=t) for n, t in rules.items()]
    return tuple(found)


def _pane_us(pane: str) -> int:
    from driftwatch.config import Duration

    try:
        length = Duration.parse(pane).us
    except ValueError:
        length = 0
    if length <= 0:
        raise UsageError(f"--pane {pane}: expected a duration like 30s, 1m or 1h")
    return length


def _check_output(output: Path) -> None:
    """Before the data are read, not after."""
    if output.is_dir():
        raise UsageError(f"--output {output}: a folder; expected the name of a file")
    if output.exists() and not output.is_file():  # `save` would put a file in its place
        raise UsageError(f"--output {output}: no regular file; expected the name of one")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: no such folder: {output.parent}")


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
    _print_told(built.baseline)


def _print_told(baseline: "Baseline") -> None:
    from driftwatch.baseline.told import told
    from driftwatch.cli.tables import visible

    for line in told(baseline):
        typer.echo(visible(line, _LONGEST_LINE))
