"""`driftwatch demo`: the whole system on this machine, with a drift to look at."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from driftwatch.demo.run import Teller


def demo(
    kafka: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Log to a topic of this broker, instead of to files."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Listen here. [8710, or the next free port]"),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Leave the data, configuration and log in this folder."
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1.0, help="End after this long. [at Ctrl-C]")
    ] = None,
    drift_after: Annotated[
        float, typer.Option(min=1.0, help="Seconds until the drift; a second one comes later.")
    ] = 30.0,
    only_log: Annotated[
        bool,
        typer.Option(
            "--only-log", help="Only make the data and write the log; the daemon runs elsewhere."
        ),
    ] = False,
    topic: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="With --only-log: the topic, made where it is missing; it stays."
        ),
    ] = None,
) -> None:
    """Show the whole system on this machine, with a drift to look at.

    A model that tells how long a ride takes writes its log; the daemon watches it. After half a
    minute the temperature comes in another unit, and the daemon says so. It needs no broker, no
    Prometheus and no container, and leaves nothing behind.
    """
    if only_log:
        _only_log(kafka, port, keep, seconds, drift_after, topic)
        return
    typer.echo("Driftwatch demo: a model that tells how long a ride takes, and who watches it.\n")

    from driftwatch.demo.run import DemoOptions, run_demo
    from driftwatch.demo.story import Story
    from driftwatch.errors import UsageError

    if topic is not None:
        raise UsageError("--topic: has no effect without --only-log")
    story = Story(drift_after, 2 * drift_after)
    options = DemoOptions(_brokers(kafka), port, keep, seconds, story=story)
    run_demo(options, _say, _teller)


def _only_log(
    kafka: str | None,
    port: int | None,
    keep: Path | None,
    seconds: float | None,
    drift_after: float,
    topic: str | None,
) -> None:
    from driftwatch.demo.feed import PORT, FeedOptions, feed
    from driftwatch.demo.story import Story
    from driftwatch.errors import UsageError

    if keep is None:
        raise UsageError("--only-log: add --keep FOLDER, where the daemon finds its baseline")
    if (kafka is None) != (topic is None):
        raise UsageError("--only-log: --kafka HOST:PORT and --topic NAME go together")
    story = Story(drift_after, 2 * drift_after)
    feed(FeedOptions(keep, _brokers(kafka), topic, port or PORT, seconds, story), _say)


def _brokers(kafka: str | None) -> tuple[str, ...]:
    """The brokers of --kafka. Raises UsageError."""
    from driftwatch.config.addresses import parses
    from driftwatch.errors import UsageError

    brokers = tuple(part.strip() for part in kafka.split(",")) if kafka is not None else ()
    for broker in brokers:
        if not parses(broker):
            raise UsageError(f"--kafka {broker}: expected HOST:PORT, like localhost:9092")
    return brokers


def _say(words: str) -> None:
    # A pipe holds lines back, and who looks at it wants them now.
    typer.echo(words)
    sys.stdout.flush()


def _teller() -> "Teller":
    from driftwatch.demo.lines import Lines

    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return Lines(_say)
    from driftwatch.demo.screen import Screen

    return Screen()
