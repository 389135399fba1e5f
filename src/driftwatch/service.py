"""The daemon as a process: signals, the HTTP server, reloads, and the loop between them."""

import gc
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import structlog

from driftwatch.assembly import (
    make_dead_letters,
    make_decoder,
    make_ledger,
    make_monitor,
    make_source,
    needs_all_partitions,
    start_of,
)
from driftwatch.baselines import Baselines, make_baselines
from driftwatch.config import MetricsSettings, Settings, baseline_files, check_files, load, masked
from driftwatch.daemon import Loop, LoopPolicy, Parts
from driftwatch.errors import ConfigError, DriftwatchError
from driftwatch.export.exporter import Exporter
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.governing import governing
from driftwatch.journal import Journal
from driftwatch.logs import configure_logs
from driftwatch.memory import find_trim
from driftwatch.monitor.report import Report
from driftwatch.native import compiled
from driftwatch.serving import make_credentials, make_intake, make_limits, make_tls
from driftwatch.sources.http import HttpSource
from driftwatch.web.app import WebParts, make_app
from driftwatch.web.server import WebServer

POLL_SECONDS = 0.2
AT_A_TIME_SECONDS = 0.02
"""How long the loop may be busy with one thing before it turns to the next."""
LINGER_SECONDS = 1.0
"""How long it rests where little comes: what it shows is of the last checkpoint anyway."""
REJOIN_SECONDS = 10.0
"""What a group may take to share out anew, once it has missed a member."""
BASELINES_EVERY_S = 30.0
RELOAD_TIMEOUT_S = 30.0
STUCK_AFTER_S = 60.0
"""A loop that has not turned for this long is not healthy."""
FIXED = ("source", "state", "http", "dead_letters", "show_values")
"""Settings that take a restart to change."""

log = structlog.get_logger("driftwatch")


def now_us() -> int:
    """The time by the clock on the wall, in microseconds since the epoch."""
    return time.time_ns() // 1000


class Service:
    """One daemon. `run` returns when it was told to stop.

    watchers: called with each report, in the loop.
    """

    def __init__(self, config: Path, env: Mapping[str, str]) -> None:
        """Read the configuration and open everything. Raises DriftwatchError."""
        self._config = config
        self._env = env
        self._settings = load(config, env)
        configure_logs(self._settings.log.level, self._settings.log.format)
        for warning in check_files(self._settings):
            log.warning("configuration", problem=warning)
        baselines = make_baselines(self._settings)
        self._baseline_files = _stamps(self._settings)
        self._stopping = threading.Event()
        self._reloads: queue.SimpleQueue[Future[str | None]] = queue.SimpleQueue()
        self._reloaded = True
        self._turned = time.monotonic()
        self._journal = Journal()
        self._published = False
        self._trim = find_trim()
        self.watchers: list[Callable[[Report], None]] = []
        with ExitStack() as opened:
            decoder = make_decoder(self._settings, baselines)
            source = make_source(self._settings, decoder)
            opened.callback(source.close)
            dead_letters = make_dead_letters(self._settings, source)
            if dead_letters is not None:
                opened.callback(dead_letters.close)
            ledger = make_ledger(self._settings, source)
            opened.callback(ledger.close)
            monitor = make_monitor(self._settings, baselines, now_us())
            kafka = self._settings.source.kafka
            self.exporter = Exporter(_export_policy(self._settings.metrics))
            self.loop = Loop(
                Parts(source, decoder, monitor, ledger, dead_letters),
                LoopPolicy(
                    self._settings.checkpoint_every.seconds,
                    POLL_SECONDS,
                    lambda: start_of(self._settings, now_us()),
                    () if kafka is None else kafka.topics,
                    self._settings.state.give_up_after.seconds,
                    needs_all_partitions(self._settings),
                    0.0 if kafka is None else kafka.session_timeout.seconds + REJOIN_SECONDS,
                    AT_A_TIME_SECONDS,
                    LINGER_SECONDS,
                ),
                now_us,
                self._publish,
            )
            listen = self._settings.http.listen
            where = self._settings.where("http", "listen")
            credentials = make_credentials(self._settings)
            app = make_app(self._web_parts(), credentials)
            intake = make_intake(self._settings, source, credentials)
            limits, tls = make_limits(self._settings.http.limits), make_tls(self._settings)
            self.server = WebServer(app, listen.host, listen.port, where, limits, tls, intake)
            opened.callback(self.server.stop)
            self.server.start()
            self._opened = opened.pop_all()
        log.info(
            "started",
            listen=f"{listen.host}:{self.server.port}",
            models=_summary(baselines),
            compiled=compiled() is not None,
        )

    def run(self) -> None:
        """Turn the loop until told to stop; then save what was counted and close everything."""
        # What was loaded so far stays; and batches of values that die young need no cycle collector
        # after every few hundred of them.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        # Or what is made from now on would never be torn down, and some of it complains of that.
        self._opened.callback(gc.unfreeze)
        with self._opened:
            look_again = time.monotonic() + BASELINES_EVERY_S
            while not self._stopping.is_set():
                self.loop.turn()
                self._turned = time.monotonic()
                self._journal.problems(self.loop.parts.source.problems)
                if self._turned >= look_again:
                    look_again = self._turned + BASELINES_EVERY_S
                    if _stamps(self._settings) != self._baseline_files:
                        log.info("baselines changed")
                        self.ask_reload()
                while not self._reloads.empty():
                    self._reloads.get().set_result(self._reload_or_complain())
            log.info("stopping")
            self.loop.checkpoint()
        log.info("stopped")

    def stop(self) -> None:
        """Ask the loop to end after this turn."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def ask_reload(self) -> "Future[str | None]":
        """Ask for a reload after this turn. The answer is what is wrong, or None."""
        asked: Future[str | None] = Future()
        self._reloads.put(asked)
        return asked

    def _reload_or_complain(self) -> str | None:
        try:
            self._reload()
        except DriftwatchError as error:
            # What ran before runs on.
            self._reloaded = False
            log.warning("configuration not reloaded", problem=str(error))
            return str(error)
        self._reloaded = True
        log.info("configuration reloaded")
        return None

    def _reload_from_web(self) -> None:
        try:
            problem = self.ask_reload().result(RELOAD_TIMEOUT_S)
        except TimeoutError:
            problem = f"no answer within {RELOAD_TIMEOUT_S:g} s; the log will say what became of it"
        if problem is not None:
            raise ConfigError(problem)

    def _reload(self) -> None:
        """Parse first, swap after. Raises DriftwatchError, and then nothing has changed."""
        self._baseline_files = _stamps(self._settings)
        settings = load(self._config, self._env)
        for name in FIXED:
            if getattr(settings, name) != getattr(self._settings, name):
                raise ConfigError(
                    f"{settings.where(name)}: can't change while the daemon runs; restart it"
                )
        for warning in check_files(settings):
            log.warning("configuration", problem=warning)
        baselines = make_baselines(settings)
        decoder = make_decoder(settings, baselines)
        totals = self.loop.parts.monitor.totals
        monitor = make_monitor(settings, baselines, now_us(), totals)
        if not self.loop.replace(decoder, monitor):
            raise ConfigError(f"{self._config}: not reloaded, because the state can't be saved")
        self._settings = settings
        self._baseline_files = _stamps(settings)
        self.exporter.policy = _export_policy(settings.metrics)

    def _publish(self, report: Report) -> None:
        self._journal.write(report)
        saved, letters = self.loop.parts.ledger.saved_bytes, self.loop.parts.dead_letters
        facts = ProcessFacts(self.loop.seconds, saved, self._reloaded)
        if letters is not None:
            facts = replace(facts, dead_letters=letters.deliveries)
            self._journal.dead_letters(facts.dead_letters, letters.problem, report.now_us)
        source = self.loop.parts.source
        if isinstance(source, HttpSource):
            facts = replace(facts, answered=dict(source.answered))
        self.exporter.publish(report, facts, time.monotonic())
        self._published = True
        for watch in self.watchers:
            watch(report)
        self._trim()

    def _web_parts(self) -> WebParts:
        return WebParts(
            exporter=self.exporter,
            last_progress=lambda: self._turned,
            why_not_ready=lambda: None if self._published else "nothing has been read yet",
            reload=self._reload_from_web if self._settings.http.reload else None,
            settings=lambda: masked(self._settings),
            governing=lambda stream, column: tuple(governing(self._settings, stream, column)),
        )


def _export_policy(metrics: MetricsSettings) -> ExportPolicy:
    return ExportPolicy(metrics.max_series, metrics.p_values, metrics.counts)


def _stamps(settings: Settings) -> Mapping[Path, tuple[int, int]]:
    """When each baseline file was written, and its size."""
    found = {}
    for model in settings.models.values():
        for path in baseline_files(model):
            try:
                stat = path.stat()
            except OSError:
                continue
            found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def _summary(baselines: Baselines) -> list[str]:
    return [f"{model}/{version}" for model, version in baselines]


@contextmanager
def signals(handlers: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Call these on signals while the block runs."""

    def handle(number: int, _: FrameType | None) -> None:
        handlers[signal.Signals(number)]()

    before = {number: signal.signal(number, handle) for number in handlers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(config: Path) -> int:
    """Run the daemon until a signal ends it. Returns the exit code. Raises DriftwatchError."""
    service = Service(config, os.environ)

    def stop() -> None:
        if service.stopping:  # asked a second time: at once, without saving
            os._exit(1)
        service.stop()

    def reload() -> None:
        service.ask_reload()

    with signals({signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: reload}):
        service.run()
    return 0
