"""Memory of a daemon whose windows of an hour are full, and how long its pages take then."""

import tempfile
import time
from pathlib import Path

from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.shapes import read
from benchmarks.throughput.watched import COUNTED, watched

PARTITIONS = 8
SETTLE_S = 2.0


def work(job: Job) -> Answer:
    """Read a log of files that ends now; then ask for its pages."""
    home, values = Path(job["folder"]), read(Path(job["folder"]) / "records.jsonl")
    with tempfile.TemporaryDirectory(prefix="driftwatch-bench-") as logs:
        for number in range(PARTITIONS):
            part = b"\n".join(values[number::PARTITIONS]) + b"\n"
            (Path(logs) / f"part-{number}.jsonl").write_bytes(part)
        files = {"files": {"path": logs, "start": "earliest"}}
        with watched(home / "bench.baseline.json.gz", files) as daemon:
            daemon.wait_for(COUNTED, float(len(values)))
            time.sleep(SETTLE_S)
            found = {
                "resident_mib": daemon.resident_mib("VmRSS"),
                "peak_mib": daemon.resident_mib("VmHWM"),
                "scrape": daemon.page("/metrics"),
                "status": daemon.page("/"),
                "pages_mib": daemon.resident_mib("VmRSS"),
            }
            return found | daemon.end()


if __name__ == "__main__":
    answer(work)
