"""Only the demo's log, for a daemon that runs elsewhere: in a container beside it, for instance.

The folder that is kept gets the training data, the baseline and a configuration, once; the log goes
on until somebody ends it. A second start finds them there, and only writes on.
"""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from driftwatch.demo.files import DemoFiles, open_folder, prepare, writable
from driftwatch.demo.lines import line
from driftwatch.demo.story import Story
from driftwatch.demo.view import Event, clock
from driftwatch.demo.writer import PER_SECOND, LogFile, Sink, Writer
from driftwatch.errors import DriftwatchError
from driftwatch.service import signals

PORT = 8710
GROUP = "driftwatch"
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """What a person may choose.

    folder: keeps the files. brokers, topic: where the log goes; into the folder without them. port:
    of the daemon, for its configuration. seconds: None runs until a signal.
    """

    folder: Path
    brokers: tuple[str, ...] = ()
    topic: str | None = None
    port: int = PORT
    seconds: float | None = None
    story: Story = field(default_factory=Story)


def feed(options: FeedOptions, say: Callable[[str], None]) -> None:
    """Write the log to its end: a signal, or the seconds that were asked for.

    say: a line to the user. Raises DriftwatchError. Call it in the main thread: it handles signals.
    """
    ended = threading.Event()
    stops = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), ended.set)
    with signals(stops), ExitStack() as opened:
        files = _files(options, opened)
        with writable(files.folder):
            source, sink = _log(options, files, say)
            if not files.config.exists():  # it is written last
                prepare(files, source, options.port, say)
        writer = Writer((sink,), options.story, seed=int.from_bytes(os.urandom(4)))
        opened.callback(writer.stop)
        say(_opening(options, files))
        writer.start()
        _tell(writer, options, ended, say)
    if writer.error is not None:
        raise DriftwatchError(f"the serving log can't be written: {writer.error}")
    say("Ended.")


def _files(options: FeedOptions, opened: ExitStack) -> DemoFiles:
    files = DemoFiles(options.folder)
    if not files.baseline.exists():
        opened.enter_context(open_folder(options.folder))
    return files


def _log(options: FeedOptions, files: DemoFiles, say: Callable[[str], None]) -> tuple[str, Sink]:
    """The source's line in the configuration, and where the log goes."""
    if options.topic is None:
        return "files: {path: log}", LogFile(files.log)
    from driftwatch.demo.kafka import Topic, ensure_topic

    ensure_topic(options.brokers, options.topic, say)
    brokers = ", ".join(f'"{broker}"' for broker in options.brokers)
    source = (
        f"kafka: {{bootstrap_servers: [{brokers}], topics: [{options.topic}], group_id: {GROUP}}}"
    )
    return source, Topic(options.topic, options.brokers)


def _tell(
    writer: Writer, options: FeedOptions, ended: threading.Event, say: Callable[[str], None]
) -> None:
    """Say what happens in the story, until the end."""
    told = 0
    while writer.error is None and not ended.wait(LOOK_SECONDS):
        elapsed = writer.elapsed_s
        chapters = options.story.told(elapsed)
        for at_s, words in chapters[told:]:
            say(line(Event(at_s, "world", words)))
        told = len(chapters)
        if options.seconds is not None and elapsed >= options.seconds:
            return


def _opening(options: FeedOptions, files: DemoFiles) -> str:
    where = f"the topic {options.topic}" if options.topic is not None else str(files.log)
    happens = "\n".join(f"  {clock(at_s)}  {words}" for at_s, words in options.story.chapters[1:])
    return f"""\
The model answers, and logs {PER_SECOND:.0f} records a second to {where}.
Its daemon runs elsewhere, with the baseline {files.baseline}
and a configuration like {files.config}.

What will happen:
{happens}

Ctrl-C ends it.
"""
