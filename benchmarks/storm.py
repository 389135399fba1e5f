"""What a storm of scrapes costs the loop that counts records in the same process.

    python -m benchmarks.storm                     50 clients, each asking again as soon as it can
    python -m benchmarks.storm --clients 200 --path /api/v1/status

One thread decodes and counts records, as the daemon's loop does; another one serves a page of some
17,000 series; the clients are a process of their own. Rounds without and with the storm take turns,
since the machine may have other things to do. A `cpu_ratio` of 1 is no limit.

What the loop loses is the time that it neither runs nor waits for a core: it waits for Python's
lock. Linux tells these apart (/proc/self/task/*/schedstat), so other work on the machine is none.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp

from benchmarks.records import baseline, settings, values
from benchmarks.spine import machine, median, say, spread, tune_like_the_daemon
from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import parse
from driftwatch.export.exporter import Exporter
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.monitor.report import Column
from driftwatch.records import Partition
from driftwatch.replay import replay
from driftwatch.sources.memory import MemorySource
from driftwatch.web.app import WebParts, make_app
from driftwatch.web.limits import Limits
from driftwatch.web.server import WebServer
from tests.export.reports import report, stream

ROUNDS = 5
ROUND_SECONDS = 4.0
BEGUN = "begun\n"
STORM_SECONDS = 2 * ROUND_SECONDS
COLUMNS = 600
RECORDS = 5_000


class Storm(NamedTuple):
    """What the clients saw: statuses by number, and the seconds that answers took."""

    answers: dict[str, int]
    middle_seconds: float
    longest_seconds: float


def main() -> None:
    """Measure with the limit that holds by default, and without one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--path", default="/metrics")
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.port:
        print(json.dumps(asyncio.run(storm(asked.port, asked.clients, asked.path))))
        return
    print(machine())
    with tempfile.TemporaryDirectory(prefix="driftwatch-bench-") as folder:
        work = Work(Path(folder))
        tune_like_the_daemon()
        for ratio in (Limits().cpu_ratio, 1.0):
            measure(work, asked.clients, asked.path, ratio)


def measure(work: "Work", clients: int, path: str, ratio: float) -> None:
    """Rounds without and with a storm, and a line for each figure."""
    calm, stormy, storms = [], [], []
    # A port for each round: none begins with what another has saved or owes.
    for _ in range(ROUNDS):
        with WebServer(page(), "127.0.0.1", 0, limits=Limits(cpu_ratio=ratio)) as server:
            calm.append(work.round())
            command = [sys.executable, "-m", "benchmarks.storm"]
            options = [f"--port={server.port}", f"--clients={clients}", f"--path={path}"]
            child = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
            assert child.stdout is not None
            assert child.stdout.readline() == BEGUN
            work.round()  # until what was saved is spent
            stormy.append(work.round())
            storms.append(Storm(*json.loads(child.communicate()[0])))
    statuses = sorted({status for storm in storms for status in storm.answers})
    answered = [sum(storm.answers.values()) / STORM_SECONDS for storm in storms]
    middle, longest = (max(column) for column in list(zip(*storms, strict=True))[1:])
    say(f"cpu_ratio {ratio:g}: {clients} clients of {path}, statuses", ", ".join(statuses))
    for what, rounds in (("without", calm), ("with", stormy)):
        rates = [one.records_per_second for one in rounds]
        say(f"  records/s of the loop's own time {what}", f"{median(rates):,.0f} ({spread(rates)})")
        lost = [100 * one.waiting_ratio for one in rounds]
        say(f"  the loop waits {what}", f"{median(lost):.1f}% ({spread(lost, 1)})")
    shares = [100 * one.others_ratio for one in stormy]
    say("  processor time of the other threads", f"{median(shares):.1f}% ({spread(shares, 1)})")
    say("  answers/s", f"{median(answered):,.0f} ({spread(answered)})")
    say("  an answer takes, in the middle and at most", f"{middle:.2f} s, {longest:.2f} s")


class Round(NamedTuple):
    """What the loop did in a round.

    records_per_second: while it held the lock and a core. waiting_ratio: of its time, the part that
    it waited for the lock. others_ratio: processor time of the other threads, of one core.
    """

    records_per_second: float
    waiting_ratio: float
    others_ratio: float


def stood() -> tuple[float, float, float, float]:
    """Seconds: of the clock, run by this thread, waited for a core by it, run by the others."""
    ran, queued, _ = (
        Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text().split()
    )
    others = time.process_time() - time.thread_time()
    return time.monotonic(), int(ran) / 1e9, int(queued) / 1e9, others


class Work:
    """What the loop does with records, over and over."""

    def __init__(self, folder: Path) -> None:
        baseline(20).save(folder / "bench.baseline.json.gz")
        self._settings = parse(settings({"stdin": {}}, {"memory": True}), folder / "storm.yaml")
        self._baselines = make_baselines(self._settings)
        self._log = values(20, RECORDS, per_second=1000.0)

    def round(self) -> Round:
        """Work for the length of a round."""
        begin, count = stood(), 0
        while time.monotonic() - begin[0] < ROUND_SECONDS:
            source, partition = MemorySource(batch_records=1000), Partition("bench", 0)
            source.append(partition, self._log)
            source.end()
            source.assign(partition)
            decoder = make_decoder(self._settings, self._baselines)
            replay(source, decoder, make_monitor(self._settings, self._baselines, 0))
            count += RECORDS
        passed, ran, queued, others = (b - a for a, b in zip(begin, stood(), strict=True))
        own = passed - queued
        return Round(count / ran, (own - ran) / own, others / passed)


def page() -> ASGIApp:
    """The application, with a page of many columns on it."""
    columns = [Column(f"feature_{i:03}", "feature", "numeric") for i in range(COLUMNS)]
    exporter = Exporter(ExportPolicy())
    exporter.publish(report(stream(columns=columns)), ProcessFacts(), time.monotonic())
    return make_app(WebParts(exporter, time.monotonic, lambda: None, None, dict))


async def storm(port: int, clients: int, path: str) -> Storm:
    """Every client asks again as soon as it was answered, for two rounds."""
    answers: dict[str, int] = {}
    taken: list[float] = []
    sys.stdout.write(BEGUN)
    sys.stdout.flush()
    end = time.monotonic() + STORM_SECONDS
    request = f"GET {path} HTTP/1.1\r\nhost: storm\r\naccept-encoding: gzip\r\n\r\n".encode()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (begin := time.monotonic()) < end:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = head.partition("content-length: ")[2].partition("\r\n")[0]
            await reader.readexactly(int(length))
            taken.append(time.monotonic() - begin)
            status = head.split(" ")[1]
            answers[status] = answers.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return Storm(answers, median(taken), max(taken))


if __name__ == "__main__":
    main()
