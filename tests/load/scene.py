"""A topic, a daemon that reads it, and whoever writes it: what a load test begins with."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.harness.broker import KafkaCluster
from tests.harness.process import Driftwatch, OwnedProcess
from tests.harness.tools import ROOT
from tests.harness.waiting import wait_until
from tests.load.records import baseline
from tests.load.watch import Sample, Watch

PARTITIONS = 4
BACKLOG_RECORDS = 400_000
BACKLOG_SECONDS = 150.0
"""Of event time: once that is read all windows are full, and the longer one is rolled up."""
CONFIGURATION = """
source:
  kafka: {{bootstrap_servers: {bootstrap}, topics: [{topic}], group_id: {topic}, start: earliest}}
decode: {{timestamp: ts, model: {{const: m}}, features: features}}
models: {{m: {{baselines: {{"1": m.baseline.json.gz}}}}}}
pane: 1s
windows: [10s, 2m]
lateness: 10s
checkpoint_every: 1s
state: {{path: state}}
http: {{listen: "127.0.0.1:0"}}
"""


class Log:
    """A topic of one's own, and how many records it has."""

    def __init__(self, kafka: KafkaCluster, folder: Path) -> None:
        self.bootstrap = kafka.bootstrap
        self.topic = kafka.create_topic(partitions=PARTITIONS)
        self.records = 0
        self._kafka = kafka
        self._folder = folder

    def write(self, rate: float, seconds: float, age_s: float, *, at_once: bool = False) -> float:
        """Write as much as comes in so many seconds, from a process of its own.

        Takes those seconds, unless it is to be at once: then the event times are of the seconds
        before. age_s: from an event to its writing. Returns how many records a second it came to.
        """
        asked = {
            "bootstrap": self.bootstrap,
            "topic": self.topic,
            "partitions": PARTITIONS,
            "rate": rate,
            "seconds": seconds,
            "age": age_s,
        }
        command = [sys.executable, "-m", "tests.load.producer"]
        command += [f"--{name}={value}" for name, value in asked.items()]
        command += ["--at-once"] if at_once else []
        output = self._folder / "producer.log"
        with OwnedProcess(command, stdout=output, cwd=ROOT) as producer:
            if producer.wait(2 * seconds + 120) != 0:
                raise RuntimeError(producer.stdout)
        done = json.loads(producer.stdout.splitlines()[-1])
        self.records += done["written"]
        return float(done["written"] / done["seconds"])

    @property
    def end(self) -> int:
        """How many records the broker says it has."""
        return sum(self._kafka.end_offsets(self.topic).values())


class Scene:
    """A daemon that has read a backlog, with full windows.

    rate: records that it read of the backlog in a second. most: in a second of one core's time,
    which is the same where it has a core to itself.
    """

    def __init__(self, log: Log, watch: Watch) -> None:
        self.log = log
        self.watch = watch
        busy = _busy(watch)
        records = busy[-1].counted - busy[0].counted
        self.rate = records / (busy[-1].saved_at_s - busy[0].saved_at_s)
        self.most = max(self.rate, records / (busy[-1].cpu_s - busy[0].cpu_s))

    def wait_until_all_is_counted(self, timeout: float) -> None:
        """Wait until the daemon has saved the whole topic, and says that nothing waits."""
        wait_until(
            lambda: self.watch.latest.counted >= self.log.records and self.watch.latest.lag == 0,
            what=f"{self.log.records} records are counted",
            timeout=timeout,
            every=0.5,
        )


@contextmanager
def scene(folder: Path, kafka: KafkaCluster, age_s: float = 0.0) -> Iterator[Scene]:
    """Write a backlog whose last record is `age_s` old, and let a daemon read it.

    The daemon ends with the block, and is asked to do so in order.
    """
    log = Log(kafka, folder)
    log.write(BACKLOG_RECORDS / BACKLOG_SECONDS, BACKLOG_SECONDS, age_s, at_once=True)
    baseline().save(folder / "m.baseline.json.gz")
    config = folder / "driftwatch.yaml"
    config.write_text(CONFIGURATION.format(bootstrap=log.bootstrap, topic=log.topic))
    with Driftwatch("run", "-c", config, folder=folder) as daemon:
        daemon.wait_until_said("started")
        found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', daemon.stderr)
        assert found is not None, daemon.stderr
        with Watch(int(found[1])) as watch:
            wait_until(
                lambda: watch.samples and watch.latest.counted == log.records,
                what="the backlog is counted",
                timeout=180,
            )
            yield Scene(log, watch)
        code = daemon.terminate()
        assert code == 0, daemon.stderr


def _busy(watch: Watch) -> Sequence[Sample]:
    """The samples from while there was enough to read.

    Without the first tenth, in which the group comes together and caches fill.
    """
    whole = watch.latest.counted
    return [sample for sample in watch.samples if whole / 10 <= sample.counted < whole]
