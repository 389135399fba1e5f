"""What the README tells people to do works, in its order and to the letter."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from driftwatch.demo.screen import drawing
from driftwatch.demo.story import Story
from driftwatch.demo.view import Viewer
from tests.conftest import StartDriftwatch, StartPrometheus
from tests.demo.quick import make_files, report_of, write_log
from tests.docs.blocks import Block, Reader, blocks, masked
from tests.docs.fraud import LIVE_ROWS, live_records, make_data
from tests.harness.broker import KafkaCluster
from tests.harness.process import Driftwatch, http_get
from tests.harness.tools import ROOT
from tests.harness.waiting import wait_until

README = ROOT / "README.md"


def sh_blocks() -> list[Block]:
    return [block for block in blocks(README) if block.language == "sh"]


def named(name: str) -> Block:
    (block,) = [block for block in blocks(README) if block.name == name]
    return block


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with what a reader has: training data, a log, a table of last month."""
    return make_data(tmp_path / "data")


class QuickStart:
    """Somebody who follows the README from its first baseline on."""

    def __init__(
        self,
        folder: Path,
        driftwatch: StartDriftwatch,
        port: int,
        kafka: Mapping[str, str] | None = None,
        path: tuple[Path, ...] | None = None,
    ) -> None:
        """kafka: what stands for the README's broker, topic and group; None for files.

        path: where programs are looked for first; by default beside the Python of the tests.
        """
        self.reader = Reader(folder, {"8710": str(port), **(kafka or {})}, path)
        self.port = port
        self.outputs: dict[str, str] = {}
        self.daemon: Driftwatch | None = None
        self._start = driftwatch
        self._with_kafka = kafka is not None

    def follow(self) -> None:
        for block in blocks(README):
            if block.language == "yaml":
                self._write(block)
            elif block.language == "sh":
                for command in block.commands:
                    self._run(command)

    def _write(self, block: Block) -> None:
        if " in " in block.name and not self._with_kafka:
            return
        path = self.reader.write(block)
        if path.name == "driftwatch.yaml":
            # The tests of one machine can't all have the usual port, which it leaves out; and they
            # are in a hurry.
            settings = yaml.safe_load(path.read_text(encoding="utf-8"))
            settings["http"] = {"listen": f"127.0.0.1:{self.port}"}
            settings["checkpoint_every"] = "1s"
            path.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def _run(self, command: str) -> None:
        if command.startswith("make "):
            return  # see below
        if command.startswith("driftwatch run "):
            config = self.reader.folder / command.rsplit(maxsplit=1)[-1]
            self.daemon = self._start("run", "-c", config)
            self.daemon.wait_until_ready(self.port)
            wait_until(self._has_read_all, what="the whole log is counted", timeout=60)
            return
        self.outputs[command] = self.reader.run(command)

    def _has_read_all(self) -> bool:
        _, metrics = http_get(f"http://127.0.0.1:{self.port}/metrics")
        return f'driftwatch_records_total{{outcome="counted"}} {LIVE_ROWS}.0' in metrics

    def output_of(self, part: str) -> str:
        (found,) = [text for command, text in self.outputs.items() if part in command]
        return found


def test_the_quick_start_works(driftwatch: StartDriftwatch, data: Path, free_port: int) -> None:
    reader = QuickStart(data, driftwatch, free_port)
    reader.follow()
    assert "customer_id" not in reader.output_of("baseline show")
    assert "driftwatch.yaml: ok" in reader.output_of("config check")
    alarms = reader.output_of("driftwatch_drift_alarm")
    assert re.search(r'column="amount".*severity="page".* 1\.0', alarms)
    assert re.search(r'column="country".*severity="page".* 0\.0', alarms)
    (column,) = json.loads(reader.output_of("columns/amount"))["streams"][0]["columns"]
    assert column["state"] == "page"
    replayed = reader.output_of("replay -c driftwatch.yaml log/ --html")
    assert set(re.findall(r"^       (\w+): ", replayed, re.MULTILINE)) == {"amount"}
    assert "</html>" in (data / "report.html").read_text(encoding="utf-8")
    assert "3,000 counted" in reader.output_of("last-month.csv")
    assert "alarms: 0" in reader.output_of("last-month.csv")
    assert reader.daemon is not None
    assert reader.daemon.terminate() == 0, reader.daemon.stderr


@pytest.mark.surfaces
def test_the_alert_rules_fire(
    driftwatch: StartDriftwatch, prometheus: StartPrometheus, data: Path, free_port: int
) -> None:
    reader = QuickStart(data, driftwatch, free_port)
    reader.follow()
    (rules,) = (path for path in data.rglob("*rules.yml") if path.is_file())
    server = prometheus(f"127.0.0.1:{free_port}", rules=rules.read_text(encoding="utf-8"))
    alert = server.wait_for_alert("ModelDrift")
    assert re.match(r"amount of fraud\b.* 3\b", alert.annotations["summary"])
    # Nothing new comes into the log; after a while that is blindness.
    assert server.query('driftwatch_blind{reason="no_records"}') != []


@pytest.mark.surfaces
def test_the_source_in_kafka_works(
    driftwatch: StartDriftwatch, kafka: KafkaCluster, data: Path, free_port: int
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, live_records())
    instead = {
        "localhost:9092": kafka.bootstrap,
        "[fraud-log]": f"[{topic}]",
        "group_id: driftwatch": f"group_id: {topic}",
    }
    assert all(usual in named("source in driftwatch.yaml").text for usual in instead)
    reader = QuickStart(data, driftwatch, free_port, instead)
    reader.follow()
    assert f"{topic} from Kafka" in reader.output_of("config check")
    assert reader.daemon is not None
    assert reader.daemon.terminate() == 0, reader.daemon.stderr


def test_what_it_tells_make_to_do_is_what_make_does() -> None:
    asked = [command for block in sh_blocks() for command in block.commands]
    makes = [command for command in asked if command.startswith("make ")]
    assert makes[0] == "make demo"
    # These tests may have been started by make, which would hand its own variables on.
    outside_of_make = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    for command in makes:
        done = subprocess.run(
            ["sh", "-c", f"{command} --dry-run"],
            cwd=ROOT,
            env=outside_of_make,
            capture_output=True,
            text=True,
            check=True,
        )
        options = re.search(r'ARGS="(.*)"', command)
        wanted = f"driftwatch demo {options[1] if options else ''}".rstrip()
        assert done.stdout.rstrip().endswith(wanted)


def test_the_demo_looks_as_it_is_shown(tmp_path: Path) -> None:
    files = make_files(tmp_path)
    # A seed with which the same statistics come first as in the excerpt.
    write_log(files.log / "log.jsonl", Story(), seed=1, seconds=90)
    view = Viewer(Story()).see(report_of(files, files.log / "log.jsonl"), 90.0)
    text = StringIO()
    Console(file=text, width=100, highlight=False).print(drawing(view))
    shown = masked(named("demo").text)
    assert shown[0] in masked(text.getvalue())
    table = shown[2 : 2 + 1 + len(view.rows)]
    assert table == masked(text.getvalue())[2 : 2 + len(table)]
    happened = {event.words for event in view.events if event.what == "world"}
    assert {words for words in happened if words in named("demo").text} == {
        words for at_s, words in Story().chapters if at_s > 0
    }
    for event in view.events:
        if event.what in ("info", "page"):
            assert "".join(masked(event.words)) in " ".join(masked(named("demo").text))
