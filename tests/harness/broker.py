"""A real Kafka broker for a test, and what tests do with a broker.

Kafka 4 in KRaft mode: one process that is broker and controller, from the jars that ``make tools``
fetched. It is formatted and listens within a few seconds. The sessions of the broker itself are
short, so that one that was killed is taken back soon.
"""

import base64
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from tests.harness.ports import PortLease
from tests.harness.process import OwnedProcess
from tests.harness.tools import kafka_classpath, program

_STARTED = "Kafka Server started"

_LOGGING = """
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c: %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""

_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{more}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{more}
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


class KafkaCluster:
    """A broker that runs somewhere. Tests that share it keep apart by topics of their own.

    Args:
        bootstrap: its address, as ``host:port``.
    """

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def create_topic(
        self,
        name: str | None = None,
        partitions: int = 1,
        configs: Mapping[str, str] | None = None,
    ) -> str:
        """Make a topic, and wait until every partition has a leader.

        Args:
            name: its name; by default a new one that no other test has.
            partitions: how many.
            configs: the topic's own settings.

        Returns:
            Its name.
        """
        name = name or f"test-{uuid.uuid4().hex}"
        settings = {
            "num_partitions": partitions,
            "replication_factor": 1,
            "configs": dict(configs or {}),
        }
        admin = self._admin()
        try:
            admin.create_topics({name: settings}, wait_for_metadata=True)
        finally:
            admin.close()
        return name

    def delete_topic(self, name: str) -> None:
        """Delete a topic."""
        admin = self._admin()
        try:
            admin.delete_topics([name])
        finally:
            admin.close()

    def produce(
        self,
        topic: str,
        values: Iterable[bytes | None],
        *,
        partition: int | None = None,
        keys: Sequence[bytes | None] | None = None,
        timestamps: Sequence[int] | None = None,
        headers: Sequence[Sequence[tuple[str, bytes]]] | None = None,
        compression: str | None = None,
    ) -> list[tuple[int, int]]:
        """Write records, and wait until the broker has them all.

        Args:
            topic: where to; it must exist.
            values: one record each.
            partition: all go there; by default the key decides, or chance.
            keys: one a record.
            timestamps: one a record, in milliseconds since the epoch; now by default.
            headers: those of each record; none by default.
            compression: ``gzip``, ``lz4``, ``snappy`` or ``zstd``.

        Returns:
            Partition and offset of every record, in the order of `values`.
        """
        producer = KafkaProducer(
            bootstrap_servers=[self.bootstrap],
            acks="all",
            compression_type=compression,
            linger_ms=5,
            allow_auto_create_topics=False,
        )
        try:
            sent = [
                producer.send(
                    topic,
                    value=value,
                    key=keys[i] if keys is not None else None,
                    partition=partition,
                    timestamp_ms=timestamps[i] if timestamps is not None else None,
                    headers=list(headers[i]) if headers is not None else None,
                )
                for i, value in enumerate(values)
            ]
            producer.flush(30)
            written = [future.get(30) for future in sent]
        finally:
            producer.close()
        return [(record.partition, record.offset) for record in written]

    def end_offsets(self, topic: str) -> dict[int, int]:
        """For every partition, the offset that its next record gets."""
        consumer = KafkaConsumer(bootstrap_servers=[self.bootstrap])
        try:
            partitions = consumer.partitions_for_topic(topic) or set()
            ends = consumer.end_offsets([TopicPartition(topic, p) for p in sorted(partitions)])
        finally:
            consumer.close()
        return {where.partition: offset for where, offset in ends.items()}

    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=[self.bootstrap])


class KafkaBroker(KafkaCluster):
    """A broker of one's own, that may be stopped, killed and started again.

    Starts at once, on ports that stay its own until `close`.

    Args:
        folder: an empty folder for its data, its settings and its log.
        properties: broker settings on top of those of this module.
        listeners: more addresses (``host:port``) by the name of their listener; `properties` say
            what these ask for.
    """

    def __init__(
        self,
        folder: Path,
        properties: Mapping[str, str] | None = None,
        listeners: Mapping[str, str] | None = None,
    ) -> None:
        self._java = program("java")
        self._classpath = kafka_classpath()
        self._folder = folder
        self._client_port, self._controller_port = PortLease(), PortLease()
        self._process: OwnedProcess | None = None
        self._starts = 0
        super().__init__(f"127.0.0.1:{self._client_port.port}")
        try:
            self._configure(properties or {}, listeners or {})
            self._format()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def log(self) -> str:
        """What the broker has said since its latest start."""
        return self._process.stdout if self._process is not None else ""

    @property
    def is_running(self) -> bool:
        """Whether the broker runs."""
        return self._process is not None and self._process.is_running

    def start(self) -> None:
        """Start it on its ports and its data, and wait until it serves."""
        self._starts += 1
        log = self._folder / f"broker-{self._starts}.log"
        self._process = self._run("kafka.Kafka", self._folder / "server.properties", output=log)
        self._process.wait_until_said(_STARTED, timeout=60)

    def stop(self) -> None:
        """Stop it in order, its data stays."""
        if self._process is not None:
            self._process.terminate(timeout=30)

    def kill(self) -> None:
        """End it as a power failure would, its data stays."""
        if self._process is not None:
            self._process.kill()

    def restart(self) -> None:
        """Stop it if it runs, and start it on the same ports and the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End it for good: the process, its ports and its data."""
        self.kill()
        self._client_port.release()
        self._controller_port.release()
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _configure(self, properties: Mapping[str, str], listeners: Mapping[str, str]) -> None:
        settings = _PROPERTIES.format(
            more="".join(f",{name}://{address}" for name, address in listeners.items()),
            port=self._client_port.port,
            controller=self._controller_port.port,
            data=self._folder / "data",
        )
        settings += "".join(f"{key}={value}\n" for key, value in properties.items())
        (self._folder / "server.properties").write_text(settings, encoding="utf-8")
        (self._folder / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")

    def _format(self) -> None:
        # What it begins with may be a dash.
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = self._run(
            "kafka.tools.StorageTool",
            *("format", f"--cluster-id={cluster}", "-c", self._folder / "server.properties"),
            output=self._folder / "format.log",
        )
        with tool:
            if tool.wait(60) != 0:
                raise RuntimeError(f"the broker's storage could not be formatted:\n{tool.stdout}")

    def _run(self, main: str, *arguments: str | Path, output: Path) -> OwnedProcess:
        return OwnedProcess(
            [
                *(self._java, "-Xms256m", "-Xmx512m"),
                *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
                # What Java leaves behind when it is killed stays in the folder.
                *("-XX:-UsePerfData", f"-Djava.io.tmpdir={self._folder}"),
                f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}",
                *("-cp", self._classpath, main, *arguments),
            ],
            stdout=output,
            cwd=self._folder,
        )
