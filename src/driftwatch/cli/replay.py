"""`driftwatch replay`: what an old log would have raised."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftwatch.config import Settings
    from driftwatch.daemon import Decoder
    from driftwatch.monitor.monitor import Monitor
    from driftwatch.monitor.report import Report


def replay(
    data: Annotated[
        list[str], typer.Argument(help="Files or folders: JSON Lines, CSV or Parquet.")
    ],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Settings as the daemon has them.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Instead of a configuration: one baseline, flat records.")
    ] = None,
    timestamp: Annotated[
        str | None, typer.Option(help="The column or path that holds each record's time.")
    ] = None,
    rows_per_pane: Annotated[
        int | None,
        typer.Option(min=1, help="Give records evenly spaced times, so many a pane. [100]"),
    ] = None,
    pane: Annotated[str, typer.Option(help="With --baseline: the length of a pane.")] = "1m",
    window: Annotated[
        list[str] | None, typer.Option(help="With --baseline: a window; repeatable. [1h, 1d]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report, one file of HTML.")
    ] = None,
) -> None:
    """Read an old log as the daemon would have, and say which alarms it would have raised."""
    import json
    import os

    from driftwatch.config import load, parse
    from driftwatch.errors import DataError, UsageError
    from driftwatch.export.document import document
    from driftwatch.logs import configure_logs

    if (config is None) == (baseline is None):
        raise UsageError("replay needs either -c FILE or --baseline FILE")
    if timestamp is not None and rows_per_pane is not None:
        raise UsageError("--rows-per-pane makes times up; leave out --timestamp")
    configure_logs("error", "console")
    if config is not None:
        settings = load(config, os.environ)
        if settings.decode.is_of_events and (timestamp or rows_per_pane):
            raise UsageError(
                f"records of format {settings.decode.format} have times of their own; leave out "
                "--timestamp and --rows-per-pane"
            )
        timestamp = timestamp or settings.decode.timestamp
    else:
        assert baseline is not None
        from driftwatch.baseline.artifact import load_baseline

        artifact = load_baseline(baseline)
        timestamp = timestamp or artifact.timestamp
        settings = parse(
            {
                "source": {"stdin": {}},
                "decode": {
                    "model": {"const": artifact.model},
                    "model_version": {"const": artifact.model_version},
                    "timestamp": timestamp or "timestamp",
                },
                "models": {
                    artifact.model: {"baselines": {artifact.model_version: str(baseline.resolve())}}
                },
                "pane": pane,
                "windows": window or ["1h", "1d"],
                # An old log may be silent for a night, and its first record of a morning is right.
                "max_ahead": "365d",
                "state": {"memory": True},
            },
            baseline,
        )
    if rows_per_pane is not None:
        timestamp = None
    report, monitor = _replay(settings, data, timestamp, rows_per_pane)
    if html is not None:
        from driftwatch.replay import power
        from driftwatch.report_file import replay_report, write_report

        write_report(html, replay_report(report, power(monitor), ", ".join(data)))
    if as_json:
        could = _could_detect(monitor)
        typer.echo(json.dumps(document(report) | {"could_detect": could}, allow_nan=False))
    else:
        _print(report)
        _print_power(monitor)
    if not report.outcomes["counted"]:
        raise DataError(_nothing(report))


def _replay(
    settings: "Settings", data: Sequence[str], timestamp: str | None, rows_per_pane: int | None
) -> "tuple[Report, Monitor]":
    from driftwatch.assembly import make_decoder, make_monitor
    from driftwatch.baselines import make_baselines
    from driftwatch.replay import ROWS_PER_PANE, open_log, replay, spaced

    decode = settings.decode.model_copy(update={"timestamp": timestamp})
    # Whoever replays a log has it: values may be shown, but of columns that are sensitive.
    settings = settings.model_copy(update={"decode": decode, "show_values": True})
    baselines = make_baselines(settings)
    log = open_log(data, settings, baselines)
    decoder: Decoder = log.decoder or make_decoder(settings, baselines)
    monitor = make_monitor(settings, baselines, 0)
    if not decode.tells_time:
        per_pane = rows_per_pane or ROWS_PER_PANE
        decoder = spaced(decoder, settings.pane.us, per_pane)
    return replay(log.source, decoder, monitor, _progress()), monitor


def _progress() -> "Callable[[Report], None] | None":
    """Says on a terminal how far the replay is."""
    from driftwatch.monitor.alarm_words import when

    stderr = typer.get_text_stream("stderr")
    if not stderr.isatty():
        return None

    def show(report: "Report") -> None:
        typer.echo(
            f"\r{sum(report.outcomes.values()):,} records, up to {when(report.now_us)}",
            err=True,
            nl=False,
        )

    return show


def _nothing(report: "Report") -> str:
    reasons = [f"{count} {reason}" for reason, count in report.reasons.items() if count]
    words = f" ({', '.join(reasons)})" if reasons else ""
    hint = ""
    if report.reasons["missing_time"]:
        hint = "; name the column that holds the time by --timestamp, or use --rows-per-pane"
    return f"no record could be counted{words}{hint}"


def _print(report: "Report") -> None:
    from driftwatch.monitor.alarm_words import alarm_words, when
    from driftwatch.monitor.alarms import EVIDENCE
    from driftwatch.web.pages.comparisons import comparison_views

    outcomes = ", ".join(f"{count:,} {name}" for name, count in report.outcomes.items() if count)
    typer.echo(f"records: {outcomes or 'none'}")
    for reason, count in report.reasons.items():
        if count:
            typer.echo(f"  {count:,} {reason}")
    if report.unknown_columns:
        typer.echo(f"columns that no baseline has: {', '.join(report.unknown_columns)}")
    for stream in report.streams:
        key = stream.key
        typer.echo(f"\n{key.model} version {key.model_version}, segment {key.segment}")
        for blind, words in stream.blind.items():
            typer.echo(f"  blind ({blind}): {words}")
        for index, column in enumerate(stream.columns):
            typer.echo(f"  {stream.alarms.level(index):5} {column.name} ({column.role})")
        if stream.volume is not None and stream.volume.alarm is not None:
            typer.echo(f"  volume, at its end: {stream.volume.words}")
    for view in comparison_views(report.comparisons):
        typer.echo(f"\n{view.title}, at its end: {view.sentence}")
        for rate in view.rates:
            typer.echo(f"  {rate}")
    typer.echo(f"\nalarms: {len(report.alarms)}")
    is_one = len(report.streams) == 1
    for event in report.alarms:
        cleared = f", cleared {when(event.cleared_us)}" if event.cleared_us is not None else ""
        evidence = f", evidence {event.value:.2f}" if event.statistic == EVIDENCE else ""
        version, segment = event.stream.model_version, event.stream.segment
        of = "" if is_one else f", {event.stream.model} version {version}, segment {segment}"
        typer.echo(
            f"  {event.severity:4} {when(event.raised_us)}, "
            f"since {when(event.onset_us)}{cleared}{evidence}{of}"
        )
        typer.echo(f"       {alarm_words(event)}")
        for tie in event.explanation.ties if event.explanation is not None else ():
            typer.echo(f"       or as well: {tie.words}")


def _print_power(monitor: "Monitor") -> None:
    """What silence is worth: the smallest changes that would have paged."""
    from driftwatch.replay import power, reach_words

    for key, found in power(monitor).items():
        rows = f"{found.rows_per_pane:,.0f} records a pane"
        typer.echo(
            f"\nwhat {key.model} version {key.model_version}, segment {key.segment}, "
            f"would have paged for ({rows}):"
        )
        for name, reaches in found.columns.items():
            said = [
                f"{reach_words(each)} within {within}"
                for each, within in zip(reaches, found.within, strict=True)
            ]
            typer.echo(f"  {name}: {', '.join(said)}")


def _could_detect(monitor: "Monitor") -> list[dict[str, Any]]:
    from driftwatch.replay import power

    return [
        {
            **key._asdict(),
            "rows_per_pane": found.rows_per_pane,
            "columns": {
                name: [
                    {"kind": each.kind, "size": each.size, "within": within}
                    for each, within in zip(reaches, found.within, strict=True)
                ]
                for name, reaches in found.columns.items()
            },
        }
        for key, found in power(monitor).items()
    ]
