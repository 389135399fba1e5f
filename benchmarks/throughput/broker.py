"""Driftwatch from a real broker: the daemon as a process, its CPU time from ready to caught up."""

import uuid
from pathlib import Path

from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.watched import COUNTED, watched


def kafka(job: Job, start: str) -> dict[str, object]:
    """The source of a daemon that is the only member of a new group."""
    return {
        "kafka": {
            "bootstrap_servers": job["bootstrap"],
            "topics": [job["topic"]],
            "group_id": uuid.uuid4().hex,
            "start": start,
            "client": job["client"],
        }
    }


def work(job: Job) -> Answer:
    """Read a topic from its beginning, some times.

    Answers with the records a CPU second of each, the microseconds a record by step, and the
    highest resident memory (MiB).
    """
    rates: list[float] = []
    seconds: dict[str, float] = {}
    peak = longest = 0.0
    for _ in range(job["rounds"]):
        baseline = Path(job["folder"]) / "bench.baseline.json.gz"
        with watched(baseline, kafka(job, "earliest")) as daemon:
            before = daemon.cpu_seconds()
            daemon.wait_for(COUNTED, float(job["records"]))
            rates.append(job["records"] / (daemon.cpu_seconds() - before))
            peak = max(peak, daemon.resident_mib("VmHWM"))
            for step, spent in daemon.loop_seconds().items():
                seconds[step] = seconds.get(step, 0.0) + spent
            longest = max(longest, daemon.end()["longest_ms"])
    read = job["records"] * job["rounds"]
    return {
        "rates": rates,
        "microseconds": {step: 1e6 * spent / read for step, spent in seconds.items()},
        "peak_mib": peak,
        "longest_ms": longest,
    }


if __name__ == "__main__":
    answer(work)
