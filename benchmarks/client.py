"""What a call of `ServingLog.log` costs the model server that makes it.

    python -m benchmarks.client

Asked for: under 10 microseconds for 20 columns. Printed are the mean of a caller who logs as a
server does, with a pause behind each call, and the slowest calls, which met the writing thread.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from driftwatch.client import ServingLog

COLUMNS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=20_000)
    calls: int = parser.parse_args().calls
    features = {f"column_{i:02}": 0.5 * i for i in range(COLUMNS)}
    arrays = {name: np.float32(value) for name, value in features.items()}
    with tempfile.TemporaryDirectory() as folder:
        for what, given in (("floats", features), ("numpy's float32", arrays)):
            with ServingLog(
                path=Path(folder) / "m.jsonl", model="m", version="1", queue_records=calls
            ) as log:
                seconds = np.array([measured(log, given) for _ in range(calls)]) * 1e6
                begin = time.process_time()
                log.flush(60)
                spent = time.process_time() - begin
            print(f"{COLUMNS} columns of {what}: {seconds.mean():.1f} us a call in the mean,")
            middle, most = np.percentile(seconds, [50, 99.9])
            print(f"  {middle:.1f} us in the middle, {most:.0f} us at 99.9%;")
            print(f"  {log.written:,} written, {log.dropped} dropped, {log.failed} failed;")
            print(f"  {spent:.2f} s of processor time after the last call")


def measured(log: ServingLog, features: object) -> float:
    begin = time.perf_counter()
    log.log(features=features, predictions={"score": 0.5}, request_id="7", latency_ms=3.5)
    seconds = time.perf_counter() - begin
    time.sleep(0)  # the server has other things to do
    return seconds


if __name__ == "__main__":
    main()
