"""How fast Driftwatch and its peers are on the same records, and what the machine could do.

make bench-throughput                            all of it; writes docs/benchmarks/throughput.*
make bench-throughput ARGS="--only peers"        some parts anew; the other figures stay
make bench-throughput ARGS="--peers duckdb"      some peers anew
make bench-throughput ARGS="--quick --to FOLDER" little of everything, to see that it works
make bench-throughput ARGS=--render              the page anew from the figures that are there
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.spine import machine
from benchmarks.throughput.document import write
from benchmarks.throughput.parts import PARTS, Bench, Effort
from benchmarks.throughput.rivals import RIVALS

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks"
FIGURES = "throughput.json"


def main() -> int:
    """Run what was asked for, and write what was found."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts")
    parser.add_argument("--peers", nargs="+", choices=RIVALS, help="these peers, and nothing else")
    parser.add_argument("--quick", action="store_true", help="little of everything")
    parser.add_argument("--to", type=Path, default=DOCS, help="where the page and its figures go")
    parser.add_argument("--render", action="store_true", help="write the page anew")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    kept = asked.to / FIGURES
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    if not asked.render:
        parts = ["peers"] if asked.peers else asked.only or list(PARTS)
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="driftwatch-bench-") as folder:
            bench = Bench(Path(folder), Effort.of(quick=asked.quick), tuple(asked.peers or RIVALS))
            for name in parts:
                print(f"{name}:", file=sys.stderr, flush=True)
                part = PARTS[name](bench)
                found[name] = found.get(name, {}) | part if asked.peers else part
                found["quick"] = asked.quick
                found["machine"] = machine().removeprefix("machine: ")
                # Kept at once: what a later part meets loses nothing.
                kept.write_text(json.dumps(found, indent=1) + "\n")
        minutes = (time.monotonic() - begin) / 60
        if set(parts) == set(PARTS):
            found["minutes"] = round(minutes, 1)
            kept.write_text(json.dumps(found, indent=1) + "\n")
        print(f"{minutes:.1f} minutes", file=sys.stderr)
    write(found, asked.to)
    problems = [f"{name}: {text}" for name, text in problems_in(found)]
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


def problems_in(found: dict[str, Any], where: str = "") -> Iterator[tuple[str, str]]:
    """What could not be measured, and why."""
    for name, each in found.items():
        if name == "problem":
            yield where, each
        elif isinstance(each, dict):
            yield from problems_in(each, f"{where}, {name}" if where else name)


if __name__ == "__main__":
    sys.exit(main())
