"""A canary beside the stable version: what is said of the two, and that a restart keeps it."""

import json
from pathlib import Path

import numpy as np
import pytest

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import Settings, parse
from driftwatch.errors import ConfigError
from driftwatch.export.document import document, to_json
from driftwatch.monitor.alarm_words import alarm_words
from driftwatch.monitor.comparison import rate_words
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.versus import VersusStream
from driftwatch.records import StreamKey
from driftwatch.web.pages.filter import Filter
from driftwatch.web.pages.overview import overview
from driftwatch.web.pages.render import render
from tests.canary import MORE, canary_report, reported, traffic, write_files

AGAINST = StreamKey("fraud", "8", "against 7")


def test_a_canary_that_crosses_a_threshold_twice_as_often_is_said_so_with_both_rates() -> None:
    (found,) = canary_report().comparisons
    assert found.sentence == (
        "the predictions of version 8 differ from those of version 7 (score, rate.high_score), "
        "but the features are alike"
    )
    assert found.pages
    (rate,) = [rate for rate in found.windows[1].rates if rate.role == "rate"]
    assert 1.3 < rate.low < 2.35 < rate.high < 3.5
    assert rate_words(rate, "8", "7").startswith("high_score: 2")
    assert rate_words(rate, "8", "7").endswith(")")
    assert "records for which it holds: 2" in found.words["rate.high_score"]


def test_two_versions_that_answer_alike_are_said_to_be_alike() -> None:
    (found,) = canary_report(0.0).comparisons
    assert found.sentence == "version 8 looks like version 7"
    assert not found.alarms.active.any()


def test_the_comparison_is_no_stream_and_its_alarms_are_among_the_others() -> None:
    report = canary_report()
    assert {stream.key.segment for stream in report.streams} == {"all"}
    alarms = [event for event in report.alarms if event.stream == AGAINST]
    assert {event.column for event in alarms} == {"score", "rate.high_score"}
    assert all("of version 8" in alarm_words(event) for event in alarms)


def test_gauges_between_versions_are_those_of_their_records(tmp_path: Path) -> None:
    (found,) = canary_report().comparisons
    window = found.windows[1]
    assert (window.rows, window.against_rows) == (600, 3_000)
    at = [column.name for column in found.columns].index("score")
    log = traffic(MORE)
    last = max(record["ts"] for record in log) // 60 * 60 + 60
    mine, other = (
        np.array([r["score"] for r in log if r["v"] == v and r["ts"] >= last - 3600])
        for v in ("8", "7")
    )
    assert window.gauges["mean_difference"][at] == pytest.approx(mine.mean() - other.mean())
    at_values = np.unique(np.concatenate((mine, other)))
    cdf = [np.searchsorted(np.sort(x), at_values, "right") / len(x) for x in (mine, other)]
    exact = float(np.abs(cdf[0] - cdf[1]).max())
    assert exact - 0.01 <= window.gauges["ks_statistic"][at] <= exact


def test_answers_to_one_request_are_compared_one_by_one() -> None:
    (found,) = canary_report().comparisons
    assert found.shadow is not None
    assert (found.shadow.pairs, found.shadow.waiting) == (900, 3_600)
    (score,) = found.shadow.columns
    assert 890 <= score.disagreements <= 900
    log = {(record["id"], record["v"]): record["score"] for record in traffic(MORE)}
    for each in score.examples:
        assert float(each.here) == log[each.key, "8"]
        assert float(each.there) == log[each.key, "7"]


def test_of_a_sensitive_prediction_no_value_is_shown(tmp_path: Path) -> None:
    report = reported(tmp_path, traffic(MORE), columns={"score": {"sensitive": True}})
    (found,) = report.comparisons
    assert found.shadow is not None
    (score,) = found.shadow.columns
    assert score.disagreements > 850
    assert score.examples == ()
    assert not any(c.isdigit() for c in found.words["score"].split(":")[0])


def test_the_page_and_the_document_say_it() -> None:
    report = canary_report()
    page = render("overview.html", page=overview(report, Filter()))
    assert "fraud: version 8 against version 7" in page
    assert "high_score: " in page
    assert "times as often" in page
    found = json.loads(to_json(document(report)))["comparisons"][0]
    assert found["windows"][1]["rates"][0]["ratio"] == pytest.approx(
        report.comparisons[0].windows[1].rates[0].ratio
    )
    assert [c["name"] for c in found["columns"] if c["state"] == "page"] == [
        "score",
        "rate.high_score",
    ]


def test_a_volume_that_is_far_from_the_usual_is_said() -> None:
    report = canary_report()
    ratios = {stream.key.model_version: stream.volume for stream in report.streams}
    stable = ratios["7"]
    assert stable is not None
    # 60 records a minute, where training had 8,000 in two weeks.
    assert stable.ratios[0] == pytest.approx(60 * 60 / (8_000 / 14 / 24), rel=0.7)
    assert stable.words is not None
    assert "times the records of a usual Tuesday" in stable.words


def test_without_times_in_training_nothing_is_said_of_the_volume(tmp_path: Path) -> None:
    settings = write_files(tmp_path, traffic(0.0))
    baselines = {
        route: baseline.model_copy(update={"volume": None})
        for route, baseline in make_baselines(settings).items()
    }
    monitor = make_monitor(settings, baselines, 0)
    assert all(stream.policy.volume is None for stream in monitor.streams.values())


# A restart


def monitors(settings: Settings) -> Monitor:
    return make_monitor(settings, make_baselines(settings), 0)


def test_its_evidence_and_its_alarms_survive_a_restart(tmp_path: Path) -> None:
    settings = write_files(tmp_path, [])
    monitor, after = monitors(settings), monitors(settings)
    stream, again = monitor.streams[AGAINST], after.streams[AGAINST]
    assert isinstance(stream, VersusStream)
    rng = np.random.default_rng(3)
    stable = monitor.streams[StreamKey("fraud", "7")]
    for minute in range(40):
        for each, more in ((stream, 0.3), (stable, 0.0)):
            counts = each.counter.empty()
            score = np.where(rng.random(200) < 0.1 + more, 0.9, 0.3)
            held = (score >= 0.7).astype(np.int32)
            numeric = np.stack((rng.lognormal(3, 1, 200), score))
            names = [c.name for c in each.layout.columns if c.kind == "categorical"]
            cells = np.stack(
                [held if n == "rate.high_score" else np.zeros(200, np.int32) for n in names]
            )
            each.counter.count(numeric, None, cells, counts)
            each.add(minute * 60_000_000, counts)
    for each in monitor.streams.values():
        each.close_panes(40 * 60_000_000)
    assert stream.alarms.active.any()
    again.restore_detector(stream.detector_bytes())
    assert again.alarms.active.tolist() == stream.alarms.active.tolist()
    assert again.evidence.tobytes() == stream.evidence.tobytes()
    assert again.detector_bytes() == stream.detector_bytes()


# What is refused


@pytest.mark.parametrize(
    ("model", "decode", "said"),
    [
        ({"compare": [{"version": "9", "against": "7"}]}, {}, "no baseline of version"),
        ({}, {"correlation": None}, "shadow needs decode.correlation"),
    ],
)
def test_a_comparison_that_can_not_be_is_refused(
    model: dict[str, object], decode: dict[str, object], said: str, tmp_path: Path
) -> None:
    settings = write_files(tmp_path, [])
    changed = {
        "source": {"files": {"path": str(tmp_path / "log")}},
        "decode": {
            "timestamp": "ts",
            "model": {"const": "fraud"},
            "model_version": "v",
            **({"correlation": "id"} if not decode else {}),
        },
        "models": {
            "fraud": {
                "baselines": str(tmp_path / "*.json"),
                "compare": [{"version": "8", "against": "7", "shadow": True}],
                **model,
            }
        },
        "state": {"memory": True},
    }
    assert settings.models
    wrong = parse(changed, tmp_path / "driftwatch.yaml")
    with pytest.raises(ConfigError, match=said):
        make_decoder(wrong, make_baselines(wrong))
