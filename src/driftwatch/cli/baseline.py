"""`driftwatch baseline build DATA... -o FILE` and `driftwatch baseline show FILE`."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from driftwatch.cli import build_options as given
from driftwatch.errors import UsageError

app = typer.Typer(help="Make a baseline of training data; look into one.", no_args_is_help=True)


@app.command()
def build(
    output: given.Output,
    model: given.Model,
    model_version: given.Version,
    data: given.Data = None,
    from_kafka: given.FromKafka = False,
    config: given.Config = None,
    since: given.Since = "7d",
    prediction: given.Predictions = None,
    label: given.Labels = None,
    timestamp: given.Timestamp = None,
    in_order: given.InOrder = False,
    pane: given.Pane = "1m",
    rows_per_pane: given.RowsPerPane = 200,
    false_alarms: given.FalseAlarms = "1 per 30d",
    tolerance: given.Tolerance = 0.03,
    ignore: given.Ignored = None,
    numeric: given.Numeric = None,
    categorical: given.Categorical = None,
    serving: given.Serving = None,
    derive: given.Derivations = None,
    segment: given.Segments = None,
    rate: given.Rates = None,
    contract: given.Contract = None,
) -> None:
    """Make a baseline: what the model's columns looked like in training.

    The data are read twice, in pieces; they may be larger than memory. All columns are features but
    those named here. Floats are numeric, texts and booleans categorical, integers numeric with more
    than 50 distinct values.

    With --timestamp or --in-order it also measures how rows depend on each other and on the hour,
    and replays the last 20% of the rows against the first 80%: how often would they have paged?
    """
    from driftwatch.baseline.options import BuildOptions
    from driftwatch.cli.building import build_from_data, build_from_log
    from driftwatch.derive.kinds import parse_derivation

    _check_output(output)
    _check_one_source(data, from_kafka, config)
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
        pane_us=given.pane_us(pane),
        rows_per_pane=rows_per_pane,
        false_alarms=false_alarms,
        tolerance=tolerance,
        serving=names("--serving", serving),
        derived=tuple(map(parse_derivation, derive or ())),
        conditions=given.conditions(segment, rate, contract),
    )
    options.check()
    if config is not None:
        build_from_log(config, since, options, output)
    else:
        build_from_data(data or [], options, output)


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
    from driftwatch.cli.building import print_told
    from driftwatch.cli.tables import baseline_table, print_table

    times = f", times in {baseline.timestamp}" if baseline.timestamp else ""
    typer.echo(
        f"{baseline.model}, version {baseline.model_version}: {baseline.rows:,} rows, "
        f"{len(baseline.columns):,} columns{times}; data {baseline.data_fingerprint}"
    )
    print_table(baseline_table(baseline))
    print_told(baseline)


def names(option: str, given: list[str] | None) -> tuple[str, ...]:
    """Names given one by one or separated by commas; one with a comma in it stands in quotes.

    >>> names("--ignore", ["a,b", "c", '"d,e"'])
    ('a', 'b', 'c', 'd,e')
    """
    found = [name.strip() for row in csv.reader(given or []) for name in row]
    if not all(found):
        raise UsageError(f"{option}: a name is empty")
    return tuple(dict.fromkeys(found))


def _check_output(output: Path) -> None:
    """Before the data are read, not after."""
    if output.is_dir():
        raise UsageError(f"--output {output}: a folder; expected the name of a file")
    if output.exists() and not output.is_file():  # `save` would put a file in its place
        raise UsageError(f"--output {output}: no regular file; expected the name of one")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: no such folder: {output.parent}")


def _check_one_source(data: list[str] | None, from_kafka: bool, config: Path | None) -> None:
    if from_kafka == bool(data):
        raise UsageError("baseline build needs either DATA or --from-kafka -c FILE")
    if from_kafka != (config is not None):
        raise UsageError("--from-kafka and -c FILE belong together")
