"""Silence that can't be believed, and a second daemon."""

import json
import re
import time

from numpy.random import Generator

from tests.harness.broker import KafkaCluster
from tests.stories.conftest import Story
from tests.stories.live import Daemon, folder_of_logs
from tests.stories.log import Chapter, Record, lines, write_log
from tests.stories.stage import Stage
from tests.stories.town import PREDICTIONS, in_celsius

A_SECOND = 1 / 60


def without_times(words: str) -> str:
    """Words without the lengths of time in them, so that they are the same each time."""
    return re.sub(r"\d+ (s|min|h)\b", "N", words)


def test_a_log_that_ends_is_no_good_news(stage: Stage, story: Story, free_port: int) -> None:
    """14. The log shipper dies.

    It does so while somebody is already paged for `temperature`, which has come in Celsius for some
    time. Nothing arrives any more. The page stays. (N stands for a length of time that depends on
    when one looks.)
    """
    before = Chapter(40 * A_SECOND, per_minute=12_000)
    after = Chapter(15 * A_SECOND, sent=in_celsius, per_minute=12_000)
    write_log(folder_of_logs(stage) / "log.jsonl", (before, after), 5, time.time() - 55.0)
    daemon = Daemon(stage, free_port)
    daemon.wait_until_paged("temperature")
    paged = daemon.said().page_on("temperature")
    daemon.wait_until_blind("no_records")
    said = daemon.said()
    assert re.fullmatch(r"no record for \d+ s", said.blind()["no_records"])
    assert said.document["last_record"] is not None
    page = said.page_on("temperature")
    assert (page.raised_s, page.cleared) == (paged.raised_s, False)
    assert said.informed() == {"temperature", *PREDICTIONS}
    assert "blind" in daemon.log
    shown = [
        f"blind (no_records): {without_times(said.blind()['no_records'])}",
        f"page on temperature: {page.looks}",
    ]
    story.told_as("blind, no_records; the page on `temperature` stays", "\n".join(shown))


SECRET = "4111 1111 1111 1111"


def test_a_format_that_nobody_can_read_is_no_good_news(
    stage: Stage, story: Story, free_port: int
) -> None:
    """15. The model server is updated, and its log format with it.

    A line now has its fields behind each other, with semicolons in between: no record can be read.
    None of their text is shown anywhere. Where `dead_letters` are asked for, they hold each record
    with the reason and its offset.
    """

    def joined(record: Record, _: Generator) -> str:
        return ";".join([SECRET, *map(str, record["features"].values())])

    log = folder_of_logs(stage) / "log.jsonl"
    chapters = Chapter(20 * A_SECOND), Chapter(30 * A_SECOND, logged=joined)
    write_log(log, chapters, 5, time.time() // 1 - 50.0)
    daemon = Daemon(stage, free_port, dead_letters={"folder": "rejected"})
    daemon.wait_until_blind("unparsed")
    said = daemon.said()
    rejected = {reason: n for reason, n in said.document["records"]["rejected"].items() if n}
    whole = log.read_bytes()
    assert rejected == {"unparsable": whole.count(SECRET.encode())}
    words = said.blind()["unparsed"]
    found = re.fullmatch(
        r"59% of the recent records could not be read "
        rf"\(most: unparsable, as at offset (\d+) of {re.escape(str(log))}\)",
        words,
    )
    assert found is not None, words
    assert whole[int(found[1]) :].startswith(SECRET.encode())
    assert said.alarms == ()
    assert daemon.process.terminate() == 0
    assert SECRET not in json.dumps(said.document) + said.page + daemon.log
    (letters,) = (stage.folder / "rejected").iterdir()
    first = json.loads(letters.read_text().splitlines()[0])
    assert first["reason"] == "unparsable"
    assert first["offset"] == whole.index(SECRET.encode())
    shown = [
        f"blind (unparsed): {words.replace(str(log.parent), 'FOLDER')}",
        f"rejected: {rejected['unparsable']} unparsable",
        f"dead letters: the first one is of offset {first['offset']}",
    ]
    story.told_as("blind, unparsed; nothing else", "\n".join(shown))


def test_a_consumer_that_is_behind_says_so(
    stage: Stage, story: Story, free_port: int, kafka: KafkaCluster
) -> None:
    """16. The consumer falls behind.

    The daemon was down for the night, and comes back to a topic with the records of ten hours.
    Three hours before the end `temperature` has become Celsius. (N stands for a length of time that
    depends on when one looks.)
    """
    topic = kafka.create_topic()
    end_s = time.time() // 60 * 60
    chapters = Chapter(420, per_minute=100), Chapter(180, sent=in_celsius, per_minute=100)
    log = [line.encode() for line in lines(chapters, 5, end_s - 10 * 3_600)]
    stamps = [int(1_000 * json.loads(line)["ts"]) for line in log]
    kafka.produce(topic, log, timestamps=stamps)
    server = {"bootstrap_servers": [kafka.bootstrap], "topics": [topic], "group_id": topic}
    daemon = Daemon(
        stage,
        free_port,
        source={"kafka": {**server, "start": "earliest"}},
        pane="1m",
        windows=["1h", "1d"],
        lateness="2m",
        idle_after="1m",
    )
    daemon.process.wait_until_said("lagging", timeout=60)
    daemon.wait_until_paged("temperature", timeout=60)
    page = daemon.said().page_on("temperature")
    changed_s = end_s - 3 * 3_600
    assert abs(page.onset_s - changed_s) <= 60
    assert 0 < page.raised_s - changed_s <= 180
    assert page.looks == "looks like Fahrenheit turned into Celsius"
    behind = re.search(r"reading \d+ (min|h) behind, with records waiting", daemon.log)
    assert behind is not None, daemon.log
    shown = [
        f"blind (lagging): {without_times(behind[0])}",
        f"page on temperature, three hours ago: {page.looks}",
    ]
    story.told_as("blind, lagging; page on `temperature`, dated by event time", "\n".join(shown))


def test_a_version_without_a_baseline_is_no_good_news(stage: Stage, story: Story) -> None:
    """22. A retrained model is deployed without its baseline.

    From 09:00 on 40% of the trips are answered by version 8. There is a baseline of version 7
    alone.
    """

    def retrained(record: Record, rng: Generator) -> Record:
        return {**record, "version": "8"} if rng.random() < 0.4 else record

    said = stage.replay(Chapter(60), Chapter(60, logged=retrained))
    log = (stage.folder / "log.jsonl").read_text().splitlines()
    of_8 = sum(json.loads(line)["version"] == "8" for line in log)
    assert said.document["records"]["unrouted"] == of_8
    assert said.document["records"]["counted"] == len(log) - of_8
    assert list(said.blind()) == ["unrouted"]
    assert said.blind()["unrouted"].endswith(" of a version without a baseline: 8")
    assert said.alarms == ()
    story.told(said)


def test_a_second_daemon_on_the_same_state_does_not_start(
    stage: Stage, story: Story, free_port: int
) -> None:
    """24. A second daemon is started by mistake on the same state.

    It does not start, and names the first one. (FOLDER and PID stand for the state's folder, and
    for the first daemon's process.)
    """
    write_log(folder_of_logs(stage) / "log.jsonl", (Chapter(1),), 5, time.time() - 60.0)
    first = Daemon(stage, free_port)
    second = stage.start("run", "-c", first.configuration)
    code = second.wait()
    refused = second.stderr.strip().splitlines()[-1]
    assert f"in use by process {first.process.pid}" in refused
    assert "Traceback" not in second.stderr
    assert first.process.is_running
    assert first.said().document["records"]["counted"] > 0
    shown = refused.replace(str(stage.folder / "state"), "FOLDER")
    shown = shown.replace(str(first.process.pid), "PID")
    story.told_as("refuses to start, and names the first", f"{shown}\nexit code: {code}")
