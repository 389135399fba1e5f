"""All of the demo together: its folder, its log, the daemon, what is shown, and a clean end."""

import os
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from driftwatch.demo.files import DemoFiles, open_folder, prepare, writable
from driftwatch.demo.story import Story
from driftwatch.demo.view import View, Viewer, clock
from driftwatch.demo.writer import PER_SECOND, LogFile, Sink, Writer
from driftwatch.errors import DriftwatchError, UsageError
from driftwatch.logs import configure_logs
from driftwatch.monitor.report import Report
from driftwatch.service import Service, signals

HOST = "127.0.0.1"
PORT = 8710
PORTS_TRIED = 100
"""Where the usual port is taken, one of the next ones is."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What a person may choose.

    kafka: brokers, `host:port` each; none for a log in files. port: None for the usual one, or a
    free one where that is taken. keep: a folder that stays. seconds: None runs until a signal.
    """

    kafka: tuple[str, ...] = ()
    port: int | None = None
    keep: Path | None = None
    seconds: float | None = None
    story: Story = field(default_factory=Story)


class Teller(Protocol):
    """Shows views to people."""

    def show(self, view: View) -> None:
        """Show a view."""
        ...

    def close(self) -> None:
        """Show no more."""
        ...


def run_demo(
    options: DemoOptions, say: Callable[[str], None], make_teller: Callable[[], Teller]
) -> None:
    """Run the demo to its end: a signal, or the seconds that were asked for.

    say: a line to the user. make_teller: called when there is something to show. Raises
    DriftwatchError. Call it in the main thread: it handles signals.
    """
    ending = _Ending()
    stops = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), ending.ask)
    with signals(stops):
        try:
            _run(options, say, make_teller, ending)
        except KeyboardInterrupt:
            if not ending.asked:
                raise
            say("Ended.")


def _run(
    options: DemoOptions,
    say: Callable[[str], None],
    make_teller: Callable[[], Teller],
    ending: "_Ending",
) -> None:
    port = _port(options.port, say)
    with ExitStack() as opened:
        files = DemoFiles(opened.enter_context(open_folder(options.keep)))
        with writable(files.folder):
            source, sinks = _log(options, files, opened, say)
            prepare(files, source, port, say)
        writer = Writer(sinks, options.story, seed=int.from_bytes(os.urandom(4)))
        with _own_log(files.own_log):
            service = Service(files.config, os.environ)
            ending.service = service
            say(_opening(service.server.port, options))
            view = _watch(service, writer, options, make_teller)
        if writer.error is not None:
            raise DriftwatchError(f"the serving log can't be written: {writer.error}")
    say(_closing(view, files, options))


def _watch(
    service: Service, writer: Writer, options: DemoOptions, make_teller: Callable[[], Teller]
) -> View | None:
    """Let the daemon read the log until it is told to stop. Returns the last view."""
    viewer = Viewer(options.story)
    last: list[View] = []
    with ExitStack() as opened:
        teller = make_teller()
        opened.callback(teller.close)

        def watch(report: Report) -> None:
            elapsed = writer.elapsed_s
            if not service.stopping:  # the last report comes when the log has ended
                last[:] = [viewer.see(report, elapsed)]
                teller.show(last[0])
            if writer.error or (options.seconds is not None and elapsed >= options.seconds):
                service.stop()

        service.watchers.append(watch)
        opened.callback(writer.stop)
        writer.start()
        service.run()
    return last[0] if last else None


class _Ending:
    """What a signal does: before the daemon runs it breaks off, afterwards it ends in order.

    Who asks a second time does not want to wait.
    """

    def __init__(self) -> None:
        self.asked = False
        self.service: Service | None = None

    def ask(self) -> None:
        """End the demo."""
        again, self.asked = self.asked, True
        if self.service is None or again:
            raise KeyboardInterrupt
        self.service.stop()


def _port(asked: int | None, say: Callable[[str], None]) -> int:
    """The port to listen on. Raises UsageError if the one that was asked for is taken."""
    if asked is not None:
        if not _is_free(asked):
            raise UsageError(f"--port {asked}: can't listen there, another program does")
        return asked
    for port in range(PORT, PORT + PORTS_TRIED):
        if _is_free(port):
            if port != PORT:
                say(f"Port {PORT} is taken, so this one listens on {port}.")
            return port
    raise UsageError(f"ports {PORT} to {PORT + PORTS_TRIED - 1} are taken; choose one by --port")


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _log(
    options: DemoOptions, files: DemoFiles, opened: ExitStack, say: Callable[[str], None]
) -> tuple[str, Sequence[Sink]]:
    """Where the log goes, and the source's line in the configuration."""
    if not options.kafka:
        return "files: {path: log}", [LogFile(files.log)]
    from driftwatch.demo.kafka import Topic, own_topic

    name = opened.enter_context(own_topic(options.kafka, say))
    brokers = ", ".join(f'"{broker}"' for broker in options.kafka)
    source = f"kafka: {{bootstrap_servers: [{brokers}], topics: [{name}], group_id: {name}}}"
    sinks: list[Sink] = [Topic(name, options.kafka)]
    if options.keep is not None:
        sinks.append(LogFile(files.log))  # the topic will be gone
    return source, sinks


@contextmanager
def _own_log(path: Path) -> Iterator[None]:
    """What the daemon says goes to a file: the terminal is taken."""
    try:
        with path.open("a", encoding="utf-8") as file, redirect_stderr(file):
            yield
    finally:
        configure_logs("error", "console")


def _opening(port: int, options: DemoOptions) -> str:
    url = f"http://{HOST}:{port}"
    where = f"Kafka at {', '.join(options.kafka)}" if options.kafka else "files that rotate"
    changes = "\n".join(f"  {clock(at_s)}  {words}" for at_s, words in options.story.chapters[1:])
    return f"""\
The daemon runs, and reads a serving log of {PER_SECOND:.0f} records a second from {where}.

  {url}/               how things stand, in a browser
  {url}/metrics        what Prometheus scrapes
  {url}/api/v1/status  the same for programs
  {url}/config         the configuration

What will happen:
{changes}

Ctrl-C ends it.
"""


def _closing(view: View | None, files: DemoFiles, options: DemoOptions) -> str:
    words = ["", "Ended."]
    if view is not None:
        pages = sum(event.what == "page" for event in view.events)
        infos = sum(event.what == "info" for event in view.events)
        words[-1] += f" {view.records:,} records in {clock(view.elapsed_s)}: "
        words[-1] += f"{_some(pages, 'page')}, {_some(infos, 'info')}."
    if options.keep is None:
        return "\n".join(
            [
                *words,
                "Nothing of it is left; --keep FOLDER leaves data, configuration and log to try.",
            ]
        )
    command, folder = _command(), shlex.quote(str(options.keep))
    baseline = shlex.quote(str(files.baseline))
    config = shlex.quote(str(files.config))
    return "\n".join(
        [
            *words,
            f"{folder} holds the training data, the baseline, the configuration and the log. Try",
            f"  {command} replay -c {config} {shlex.quote(str(files.log))}",
            f"  {command} baseline show {baseline}",
            f"  {command} config check {config}",
        ]
    )


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _command() -> str:
    """How to call this program from here."""
    called = Path(sys.argv[0])
    if shutil.which("driftwatch"):
        return "driftwatch"
    if called.name == "driftwatch":
        return shlex.quote(os.path.relpath(called))
    return f"{shlex.quote(sys.executable)} -m driftwatch"
