"""A baseline of what model servers log, in each format."""

from typing import Any

import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.options import BuildOptions
from driftwatch.config import Settings, parse
from driftwatch.decoding import make_reader, places_of
from driftwatch.records import ModelVersion, Partition
from driftwatch.sources.memory import MemorySource
from driftwatch.training_log import TrainingLog
from tests.decode.events.writers import TIMES, WRITERS, Row
from tests.harness.tools import ROOT

REQUESTS = 300


def settings_of(format_name: str, **decode: Any) -> Settings:
    topics = ["log", "mlserver-input", "mlserver-output"]
    return parse(
        {
            "source": {"kafka": {"bootstrap_servers": ["localhost:9092"], "topics": topics}},
            "decode": {
                "format": format_name,
                "model": {"const": "fraud"},
                "feature_names": ["amount", "country"],
                "prediction_names": ["score"],
                **decode,
            },
            "models": {"fraud": {"baselines": {"1": "fraud-1.json"}}},
            "state": {"memory": True},
        },
        ROOT / "driftwatch.yaml",
    )


def built_of(name: str, **decode: Any) -> Baseline:
    """A baseline of some requests of two instances each, written in a format."""
    format_name, write = WRITERS[name]
    source = MemorySource()
    messages = []
    for i in range(REQUESTS):
        features: list[Row] = [
            {"amount": i + j / 2, "country": "DE" if j else "FR"} for j in (0, 1)
        ]
        predictions: list[Row] = [{"score": i / REQUESTS} for _ in (0, 1)]
        messages += write(i, TIMES[0] + i * 1_000_000, features, predictions)
    topics = sorted({message.topic for message in messages})
    source.assign(*(Partition(topic, 0) for topic in topics))
    for topic in topics:
        own = [message for message in messages if message.topic == topic]
        source.append(
            Partition(topic, 0),
            [message.value for message in own] + [b"?"],
            broker_times_us=[message.time_us or 0 for message in own] + [TIMES[59]],
            keys=[message.key for message in own] + [b"?"],
            headers=[[(n, v.encode()) for n, v in m.headers.items()] for m in own] + [[]],
        )
    settings = settings_of(format_name, **decode)
    log = TrainingLog(
        source,
        places_of(settings.decode),
        ModelVersion("fraud", "1"),
        "earliest",
        make_reader=make_reader(settings),
        of_events=settings.decode.is_of_events,
    )
    baseline = build(log.chunks, BuildOptions("fraud", "1", predictions=("score",)))
    assert log.skipped == len(topics)
    return baseline


@pytest.mark.parametrize("name", WRITERS)
def test_a_baseline_of_events_is_that_of_their_instances(name: str) -> None:
    baseline = built_of(name)
    found = {(column.name, column.role, column.kind) for column in baseline.columns}
    assert found == {
        ("amount", "feature", "numeric"),
        ("country", "feature", "categorical"),
        ("score", "prediction", "numeric"),
    }
    assert baseline.rows == 2 * REQUESTS
    assert baseline.order == "timestamp"


def test_a_prediction_of_another_name_is_not_there_twice() -> None:
    baseline = built_of("kserve v2", predictions={"score": "score"})
    assert [column.name for column in baseline.columns] == ["amount", "country", "score"]
