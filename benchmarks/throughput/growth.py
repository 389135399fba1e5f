"""Whether the cost of a record or of a report grows with the time that a process has run."""

import math
import statistics
import time
from pathlib import Path

from benchmarks.spine import tune_like_the_daemon
from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.memory import make_loop, settings_in
from benchmarks.throughput.shapes import read
from driftwatch.monitor.report import Report

REPORTS_AN_HOUR = 60


def work(job: Job) -> Answer:
    """By hour of event time: the microseconds a record without reports, and the usual report (ms).

    A report is made after each minute of event time; one batch has the records of a minute.
    """
    folder = Path(job["folder"])
    values = read(folder / "records.jsonl")
    reports: list[Report] = []
    tune_like_the_daemon()
    config = settings_in(folder, windows=job["windows"])
    loop = make_loop(config, values, job["pane_rows"], reports, math.inf)
    loop.turn()  # the partition is assigned
    hours = []
    for _ in range(len(values) // (REPORTS_AN_HOUR * job["pane_rows"])):
        records, taken = 0.0, []
        for _ in range(REPORTS_AN_HOUR):
            begin = time.process_time()
            loop.turn()
            middle = time.process_time()
            loop.checkpoint()
            records += middle - begin
            taken.append(time.process_time() - middle)
        hours.append(
            {
                "record_us": 1e6 * records / (REPORTS_AN_HOUR * job["pane_rows"]),
                "report_ms": 1e3 * statistics.median(taken),
            }
        )
    return {"hours": hours}


if __name__ == "__main__":
    answer(work)
