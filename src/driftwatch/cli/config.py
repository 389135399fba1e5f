"""`driftwatch config check FILE` and `driftwatch config schema`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from driftwatch.config import Settings, baseline_files, check_files, json_schema, load
from driftwatch.config.shown import listed

app = typer.Typer(help="Check a configuration; print its schema for editors.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The configuration, as `driftwatch run -c` has it.")],
) -> None:
    """Say whether a configuration can be run, and if not, all that is wrong with it."""
    settings = load(file, os.environ)
    for warning in check_files(settings):
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"{file}: ok")
    for line in _summary(settings):
        typer.echo(f"  {line}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    typer.echo(json.dumps(json_schema(), indent=2))


def _summary(settings: Settings) -> list[str]:
    return [
        f"reads    {_source(settings)}",
        *(f"watches  {name}: {_baselines(settings, name)}" for name in settings.models),
        f"windows  {listed(map(str, settings.windows), 'and')}, in panes of {settings.pane}",
        f"alarms   {_alarms(settings)}",
        f"state    {_state(settings)}",
        f"listens  {settings.http.listen}",
    ]


def _source(settings: Settings) -> str:
    kafka, files, http = settings.source.kafka, settings.source.files, settings.source.http
    if http:
        return f"events that are posted to /v1/events, by way of {http.spool}"
    if kafka:
        topics = ", ".join(kafka.topics)
        return f"{topics} from Kafka at {', '.join(kafka.bootstrap_servers)} as {kafka.group_id}"
    return f"files in {listed(map(str, files.path), 'and')}" if files else "standard input"


def _baselines(settings: Settings, name: str) -> str:
    model = settings.models[name]
    if isinstance(model.baselines, Mapping):
        word = "version" if len(model.baselines) == 1 else "versions"
        return f"{word} {listed(model.baselines, 'and')}"
    count = len(baseline_files(model))
    return f"{count} baseline file{'' if count == 1 else 's'}"


def _alarms(settings: Settings) -> str:
    if not settings.alarms.enabled:
        return "off"
    budget = f"{settings.alarms.false_alarms} false alarms of each severity, over all columns"
    statistics = [name for name, value in settings.alarms.thresholds.items() if value]
    if not statistics:
        return budget
    return f"{budget}; thresholds on {listed(statistics, 'and')} over {settings.alarm_window}"


def _state(settings: Settings) -> str:
    changelog = settings.state.kafka
    if changelog is not None:
        return f"topic {changelog.topic}, as {changelog.replica}"
    return str(settings.state.path or "in memory only")
