"""A million mutated records, and the worst configurations and artifacts: does anything give way?

    make hostile                                    some four minutes on two cores
    make hostile ARGS="--records 20000 --seed 7"    fewer records, from another seed

Ends with 1 where a record raised something, had no fate or two, where memory grew, where the daemon
became slower by what it had been sent, and where a file was answered with anything but a message.
"""

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

from tests.hostile import artifacts, configurations
from tests.hostile.attack import Findings, HostileError, attack
from tests.hostile.contained import contained
from tests.hostile.formats import FORMATS

PROCESSES = 2
MOST_GROWTH_BYTES = 16 << 20
"""By how much a process may grow in its second half: the allocator's rest, no record's trace."""
MOST_SLOWDOWN = 3.0
CONFIGURATION_BYTES = 1 << 20
"""As large as one may be."""
ARTIFACT_BYTES = 280_000_000
"""Unpacked; a little more than one may be."""
DAMAGED_CONFIGURATIONS, EDITED_ARTIFACTS = 5_000, 1_000
CONFIGURATION_MEMORY, ARTIFACT_MEMORY = 1 << 30, 3 << 30
CPU_SECONDS = 600
"""For all files of a kind; some take a few seconds each."""


class _Job(NamedTuple):
    format_name: str
    records: int
    seed: str


def main() -> int:
    """Run it all, print what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", default="1")
    asked = parser.parse_args()
    records = _records(asked.records, asked.seed)
    files = _files(asked.seed)
    return int(not (records and files))


def _records(count: int, seed: str) -> bool:
    """Whether nothing gave way to so many records."""
    share = count // (PROCESSES * len(FORMATS))
    jobs = [_Job(name, share, f"{seed}.{part}") for name in FORMATS for part in range(PROCESSES)]
    begin, outcomes, held = time.monotonic(), Counter[str](), True
    # Each in a process of its own, so that its memory is its own.
    with multiprocessing.get_context("spawn").Pool(PROCESSES, maxtasksperchild=1) as pool:
        for job, found in pool.imap_unordered(_attack, jobs, chunksize=1):
            held &= isinstance(found, Findings) and not _faults(found)
            print(f"{job.format_name}, seed {job.seed}: {_told(found)}", flush=True)
            if isinstance(found, Findings):
                outcomes.update(found.outcomes)
    fates = ", ".join(f"{number:,} {name}" for name, number in outcomes.items() if number)
    print(f"{fates}; in {time.monotonic() - begin:.0f} s", flush=True)
    return held


def _attack(job: _Job) -> tuple[_Job, Findings | str]:
    try:
        return job, attack(*job)
    except HostileError as problem:  # as text: what caused it may not cross to another process
        return job, str(problem)


def _faults(found: Findings) -> list[str]:
    faults = []
    if found.growth_bytes > MOST_GROWTH_BYTES:
        faults.append(f"memory grew by {found.growth_bytes >> 20} MiB in the second half")
    if found.slowdown > MOST_SLOWDOWN:
        faults.append(f"the last tenth took {found.slowdown:.1f} times as long as the first")
    return faults


def _told(found: Findings | str) -> str:
    if isinstance(found, str):
        return f"FAILED: {found}"
    figures = (
        f"{found.records:,} records, {found.records / sum(found.seconds):,.0f} records/s/core, "
        f"last tenth {found.slowdown:.2f} times the first, "
        f"{found.resident_bytes[1] >> 20} MiB, {found.growth_bytes / (1 << 20):+.1f} since half"
    )
    return "; FAILED: ".join((figures, *_faults(found)))


def _files(seed: str) -> bool:
    """Whether every file was answered as it should be, within its bounds."""
    checks: list[tuple[str, Callable[..., Sequence[object]], tuple[Any, ...], int]] = [
        ("configurations", configuration_failures, (seed,), CONFIGURATION_MEMORY),
        ("artifacts", artifact_failures, (seed,), ARTIFACT_MEMORY),
    ]

    def check(check: tuple[str, Callable[..., Sequence[object]], tuple[Any, ...], int]) -> bool:
        name, function, arguments, memory = check
        begin = time.monotonic()
        try:
            failures = contained(function, arguments, memory, CPU_SECONDS)
        except (BrokenProcessPool, MemoryError) as problem:
            failures = [f"more memory or time than there was: {problem!r}"]
        for failure in failures:
            print(f"{name}: FAILED: {failure}", flush=True)
        print(f"{name}: {len(failures)} failed; in {time.monotonic() - begin:.0f} s", flush=True)
        return not failures

    with ThreadPoolExecutor(PROCESSES) as pool:
        return all(list(pool.map(check, checks)))


def configuration_failures(seed: str) -> Sequence[object]:
    """What was wrong with the answers to damaged configurations, and to those that are bombs."""
    files = [
        (name, text.encode()) for name, text in configurations.bombs(CONFIGURATION_BYTES).items()
    ]
    damaged = configurations.damaged(DAMAGED_CONFIGURATIONS, seed)
    return configurations.load_all([*files, *((f"{i}", data) for i, data in enumerate(damaged))])


def artifact_failures(seed: str) -> Sequence[object]:
    """The same for artifacts."""
    failures = []
    for name, data in artifacts.files(ARTIFACT_BYTES):
        failures += artifacts.load_all([(name, data)])
    edited = artifacts.edited(artifacts.documents(), EDITED_ARTIFACTS, seed)
    return failures + artifacts.load_all([(f"{i}", data) for i, data in enumerate(edited)])


if __name__ == "__main__":
    sys.exit(main())
