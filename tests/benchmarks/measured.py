"""A module that is measured, for the tests of `benchmarks.throughput.jobs`."""

import os
import subprocess
import time
from pathlib import Path

from benchmarks.throughput.jobs import Answer, Job, answer


def work(job: Job) -> Answer:
    if "fail" in job:
        raise RuntimeError(job["fail"])
    if "hang" in job:
        child = subprocess.Popen(["sleep", "60"])
        Path(job["hang"]).write_text(str(child.pid))
        time.sleep(60)
    return {"said": job["say"], "threads": os.environ["OMP_NUM_THREADS"]}


if __name__ == "__main__":
    answer(work)
