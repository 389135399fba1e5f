"""`driftwatch run`, which tells at its end how long it did not read: for `benchmarks.standing`.

It is the daemon as it is, with a stop watch around each turn of the loop. `pauses.json` in the
configuration's folder then has, for each turn, when it began and how long everything took but
polling, decoding and counting: by step, and all of it until the next turn began (`turn`). `cpu` is
what the loop's own thread had of the processor in that turn, polling, decoding and counting
included: on a busy machine the rest was waiting for others.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from driftwatch.service import Service, signals

WORK = ("poll", "decode", "count")
"""Steps that are no pause: records come in and are counted."""
PAUSES = "pauses.json"


def main(config: Path) -> None:
    """Run until SIGTERM, then write what was seen."""
    service = Service(config, os.environ)
    loop, turn = service.loop, service.loop.turn
    seen: list[tuple[float, dict[str, float]]] = []
    began, before, cpu = time.perf_counter(), dict(loop.seconds), time.thread_time()

    def watched() -> None:
        nonlocal began, before, cpu
        now, after, cpu_now = time.perf_counter(), dict(loop.seconds), time.thread_time()
        steps = {step: after[step] - before[step] for step in after}
        # What came between two turns (a reload) belongs to the first of them.
        steps["turn"] = now - began - sum(steps[step] for step in WORK)
        steps["cpu"] = cpu_now - cpu
        seen.append((time.time(), {name: s for name, s in steps.items() if name not in WORK}))
        began, before, cpu = now, after, cpu_now
        turn()

    loop.turn = watched  # type: ignore[method-assign]
    with signals({signal.SIGTERM: service.stop}):
        service.run()
    (config.parent / PAUSES).write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("-c") + 1]))
