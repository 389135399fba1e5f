"""A daemon beside a sender that writes so many records a second: its share of a core."""

import time
from pathlib import Path

from benchmarks.throughput.broker import kafka
from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.watched import COUNTED, watched

WARM_UP_S = 6.0
SCRAPE_S = 15.0
"""As often as Prometheus scrapes by default of many."""


def work(job: Job) -> Answer:
    """Watch it for `seconds`, scraping it meanwhile."""
    baseline = Path(job["folder"]) / "bench.baseline.json.gz"
    with watched(baseline, kafka(job, "latest")) as daemon:
        time.sleep(WARM_UP_S)
        counted, cpu, begin = daemon.sample(COUNTED), daemon.cpu_seconds(), time.monotonic()
        while (left := job["seconds"] - (time.monotonic() - begin)) > 0.0:
            time.sleep(min(left, SCRAPE_S))
            daemon.sample(COUNTED)
        passed = time.monotonic() - begin
        share = (daemon.cpu_seconds() - cpu) / passed
        found = {
            "core": share,
            "records_per_second": (daemon.sample(COUNTED) - counted) / passed,
            "resident_mib": daemon.resident_mib("VmRSS"),
        }
        return found | daemon.end()


if __name__ == "__main__":
    answer(work)
