"""How many events a second one process takes over HTTP, and what each of them costs it.

A real `driftwatch run` with its state on the disk; senders in another process hold connections open
and post the next event when the last one was answered. The daemon's processor time is read from the
system, so that neither the senders nor anybody else on this machine is in the figure:

    python -m benchmarks.ingest --senders 16 --seconds 10
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions

CONFIGURATION = """
source: {http: {spool: spool}}
decode: {timestamp: ts, model: {const: m}, features: features}
models: {m: {baselines: {"1": m.baseline.json}}}
state: {path: state}
http: {listen: "127.0.0.1:0"}
"""
COLUMNS = 40
EVENT = (
    b"ce-id: 7\r\nce-source: http://localhost:9081/\r\nce-specversion: 1.0\r\n"
    b"ce-type: org.kubeflow.serving.inference.request\r\ncontent-type: application/json\r\n"
)


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        daemon = subprocess.Popen(
            [sys.executable, "-m", "driftwatch", "run", "-c", "driftwatch.yaml"],
            cwd=folder,
            stderr=(folder / "log").open("wb"),
        )
        try:
            port = _port(folder / "log")
            _measure(daemon.pid, port, arguments)
        finally:
            daemon.terminate()
            daemon.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--senders", type=int, default=16, help="connections at a time")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--batch", type=int, default=1, help="records in a request, one a line")
    return parser.parse_args()


def _prepare(folder: Path) -> None:
    (folder / "driftwatch.yaml").write_text(CONFIGURATION)
    values = np.random.default_rng(0).normal(size=(2_000, COLUMNS))
    records = [{f"column_{i:02}": x for i, x in enumerate(row)} for row in values.tolist()]
    training = Chunk.from_records(records)
    build(lambda: iter([training]), BuildOptions("m", "1")).save(folder / "m.baseline.json")


def _port(log: Path) -> int:
    while (found := re.search(r'"listen": "127\.0\.0\.1:(\d+)"', log.read_text())) is None:
        time.sleep(0.1)
    port = int(found[1])
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready").close()
        except OSError:
            time.sleep(0.1)
        else:
            return port


def _measure(pid: int, port: int, arguments: argparse.Namespace) -> None:
    senders = [sys.executable, "-m", "benchmarks.ingest_senders", str(port)]
    senders += [str(arguments.senders), str(arguments.seconds), str(arguments.batch)]
    began, spent = time.monotonic(), _processor_seconds(pid)
    scrapes: list[float] = []
    done = threading.Event()
    watching = threading.Thread(target=_scrape, args=(port, scrapes, done))
    watching.start()
    sent = json.loads(subprocess.run(senders, check=True, capture_output=True).stdout)
    seconds, spent = time.monotonic() - began, _processor_seconds(pid) - spent
    done.set()
    watching.join()
    records = sent["accepted"] * arguments.batch
    print(f"{records / sent['seconds']:,.0f} events of {sent['bytes']:,} bytes a second,")
    print(f"{records / spent:,.0f} for each second of the daemon's processor time,")
    print(f"{spent / seconds:.0%} of a core; {sent['refused']:,} requests refused;")
    print(f"answer: middle {sent['middle_ms']:.1f} ms, 99% within {sent['most_ms']:.1f} ms;")
    print(f"a scrape meanwhile: {max(scrapes) * 1e3:,.0f} ms at the most")


def _scrape(port: int, seconds: list[float], done: threading.Event) -> None:
    while not done.wait(1.0):
        begin = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            page.read()
        seconds.append(time.monotonic() - begin)


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
