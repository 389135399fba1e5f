"""False alarms and delays of Driftwatch and its peers on the same streams.

make bench-alarms                        all of it; writes docs/benchmarks/alarms.*
make bench-alarms ARGS=--quick           a small part of it; prints the tables
make bench-alarms ARGS="--only river"    some of the peers; prints the tables
make bench-alarms ARGS=--render          the document anew from the figures that are there
"""

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.alarms.detectors import PEERS, Peer, Size
from benchmarks.alarms.document import document, tables
from benchmarks.alarms.plots import delays_plot, false_alarms_plot
from benchmarks.alarms.processes import ROOT, Job, PeerError, Processes
from benchmarks.alarms.results import read_answers, summary

DOCS = ROOT / "docs" / "benchmarks"
QUICK_ROWS = 5_000


def main() -> int:
    """Run what was asked for, and write or print what was found."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.alarms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="a small part of it")
    parser.add_argument("--only", nargs="+", choices=PEERS, help="these peers")
    parser.add_argument("--at-once", type=int, default=2, help="processes at a time; 2 by default")
    parser.add_argument("--keep", type=Path, help="keep the answers here, and use those here")
    parser.add_argument("--render", action="store_true", help="write the document anew")
    asked = parser.parse_args()
    if asked.render:
        write(json.loads((DOCS / "alarms.json").read_text()))
        return 0
    peers = {name: peer for name, peer in PEERS.items() if name in (asked.only or PEERS)}
    if asked.quick:
        peers = {name: smaller(peer) for name, peer in peers.items()}
    try:
        with tempfile.TemporaryDirectory(prefix="driftwatch-bench-") as folder:
            if asked.keep:
                asked.keep.mkdir(parents=True, exist_ok=True)
            found = figures(peers, asked.keep or Path(folder), asked.at_once)
    except PeerError as problem:
        print(problem, file=sys.stderr)
        return 1
    if asked.quick or asked.only:
        print(tables(found))
    else:
        write(found)
    return 0


def smaller(peer: Peer) -> Peer:
    """A peer that is given little."""
    return replace(
        peer,
        null=Size(peer.null.copies if peer.null.copies > 4 else 1, 100),
        drift=Size(3 if peer.drift.copies < 20 else peer.drift.copies, 60),
        baselines=(QUICK_ROWS,),
    )


def figures(peers: dict[str, Peer], folder: Path, at_once: int) -> dict[str, Any]:
    """All that is shown, as it is kept in docs/benchmarks/alarms.json."""
    jobs = [(Job(name, rows), peer) for name, peer in peers.items() for rows in peer.baselines]
    jobs.sort(key=lambda job: -job[0].rows)
    paths = Processes(folder, at_once).run(jobs)
    answers = {job: read_answers(path) for job, path in paths.items()}
    sizes = sorted({job.rows for job in answers}, reverse=True)
    return {
        "machine": machine(),
        "cpu_minutes": round(sum(a.about["cpu_s"] for a in answers.values()) / 60, 1),
        "peers": {
            name: {
                **{
                    key: next(a.about[key] for job, a in answers.items() if job.peer == name)
                    for key in ("package", "version", "license")
                },
                "milliseconds": {
                    str(job.rows): round(1e3 * a.about["cpu_s"] / a.about["column_panes"], 2)
                    for job, a in answers.items()
                    if job.peer == name
                },
                "null": asdict(peer.null),
                "drift": asdict(peer.drift),
            }
            for name, peer in peers.items()
        },
        "figures": summary(
            {
                rows: {job.peer: a for job, a in answers.items() if job.rows == rows}
                for rows in sizes
            }
        ),
    }


def machine() -> str:
    """What this runs on."""
    model, cpuinfo = platform.processor(), Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*: (.+)", cpuinfo.read_text())
        model = found[1] if found else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )


def write(found: dict[str, Any]) -> None:
    """The figures, the document and its plots."""
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "alarms.json").write_text(json.dumps(found, indent=1) + "\n")
    (DOCS / "alarms.md").write_text(document(found))
    (DOCS / "false-alarms.svg").write_text(false_alarms_plot(found))
    (DOCS / "delays.svg").write_text(delays_plot(found))


if __name__ == "__main__":
    sys.exit(main())
