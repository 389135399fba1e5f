"""The page of a report: which series it has, and that others read it as it is meant."""

import math
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from driftwatch.deadletters.port import DELIVERIES
from driftwatch.explain import Explanation
from driftwatch.export.exposition import render, render_stalled
from driftwatch.export.facts import STEPS, ProcessFacts
from driftwatch.export.metric import PREFIX
from driftwatch.export.series import ExportPolicy
from driftwatch.export.table import METRICS
from driftwatch.monitor.gauges import GAUGES
from driftwatch.monitor.report import BLIND_REASONS, Column, JoinReport, Report
from driftwatch.records import OUTCOMES, REASONS, SECOND_US, StreamKey
from driftwatch.sources.http import ANSWERED
from tests.canary import canary_report
from tests.export.reports import (
    AMOUNT,
    COUNTRY,
    FRAUD,
    HOUR_US,
    NOW_US,
    SCORE,
    alarm_event,
    applies,
    gauge_value,
    pictures,
    report,
    stream,
)
from tests.harness.tools import program

ALL = ExportPolicy(p_values=True, counts=True)
OF_FRAUD = FRAUD._asdict()
OF_AMOUNT = {**OF_FRAUD, "column": "amount", "role": "feature"}

# With an alarm, so that there is a time since which it stands, and what it looks like.
SOME = report(
    stream(
        columns=(AMOUNT, COUNTRY, SCORE),
        raised={("page", 2): NOW_US - HOUR_US},
        pictures=pictures((AMOUNT, COUNTRY, SCORE)),
    ),
    alarms=(alarm_event(column="score", explanation=Explanation("scale", "doubled", 40.0)),),
)

# What a column may be called, in a world where others choose its name.
WEIRD = (
    'say "hi"',
    "back\\slash",
    "new\nline",
    "\\n",
    "ünï·code 🦉",
    "a/b c",
    "{x=1}",
    "",
    " ",
    "#",
)


class Sample(NamedTuple):
    name: str
    labels: Mapping[str, str]
    value: float


def text(found: Report, policy: ExportPolicy = ALL, facts: ProcessFacts | None = None) -> str:
    return render(found, facts or ProcessFacts(), policy).text(False, b"").decode()


def everything() -> Report:
    """The same beside a model with a contract, of which two versions are compared."""
    versions = canary_report()
    return replace(
        SOME, streams=(*SOME.streams, *versions.streams), comparisons=versions.comparisons
    )


def samples(page: str) -> list[Sample]:
    return [Sample(s.name, s.labels, s.value) for f in parse_text(page) for s in f.samples]


def value(page: str, name: str, **labels: str) -> float:
    """The value of the one series of this name and these labels."""
    (found,) = [s for s in samples(page) if s.name == PREFIX + name and s.labels == labels]
    return found.value


def having(page: str, name: str) -> list[Mapping[str, str]]:
    """The labels of all series of a name."""
    return [s.labels for s in samples(page) if s.name == PREFIX + name]


class Fixed(CollectorRegistry):
    """What a parser found, for the client to write again."""

    def __init__(self, families: Iterable[Metric]) -> None:
        super().__init__()
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def test_a_page_has_every_metric_of_the_table_and_no_other() -> None:
    assert {s.name for s in samples(text(everything()))} == {
        metric.series_name for metric in METRICS
    }


def test_every_series_has_the_labels_of_the_table() -> None:
    labels = {metric.series_name: set(metric.labels) for metric in METRICS}
    wrong = [s for s in samples(text(everything())) if s.labels.keys() != labels[s.name]]
    assert wrong == []


def test_every_family_has_the_type_and_the_help_of_the_table() -> None:
    found = {f.name: (f.type, f.documentation) for f in parse_text(text(everything()))}
    assert found == {
        metric.full_name.removesuffix("_total"): (metric.type, metric.help) for metric in METRICS
    }


def test_a_column_has_the_gauges_of_its_kind_with_their_values_and_no_others() -> None:
    page = text(SOME)
    for i, column in enumerate((AMOUNT, COUNTRY, SCORE)):
        for gauge in GAUGES:
            found = [s for s in samples(page) if s.name == PREFIX + gauge]
            own = [s for s in found if s.labels["column"] == column.name]
            if not applies(gauge, column):
                assert own == []
                continue
            assert {s.labels["window"]: s.value for s in own} == {
                "1h": gauge_value(gauge, i, HOUR_US),
                "1d": gauge_value(gauge, i, 24 * HOUR_US),
            }


@pytest.mark.parametrize("weird", [False, True])
def test_the_official_client_writes_the_same_text(weird: bool) -> None:
    found = weird_report() if weird else SOME
    page = text(found)
    assert generate_latest(Fixed(parse_text(page))).decode() == page


@pytest.mark.parametrize("weird", [False, True])
def test_the_official_client_writes_the_same_openmetrics(weird: bool) -> None:
    found = weird_report() if weird else SOME
    page = render(found, ProcessFacts(), ALL).text(True, b"# EOF\n").decode()
    families = Fixed(parse_openmetrics(page))  # type: ignore[no-untyped-call]
    assert openmetrics.generate_latest(families).decode() == page  # type: ignore[no-untyped-call]


def weird_report() -> Report:
    """Weird names, and values of every size."""
    sizes = (0.0, -0.0, 1e-300, 0.1 + 0.2, 123456.789, 1e6, 1234567.25, -1e7, 2e17, 1e300, np.inf)
    columns = [Column(f"{i}", "feature", "numeric") for i in range(len(sizes))]
    (numbers,) = [stream(columns=columns, key=StreamKey("sizes", "1"), windows=("1h",))]
    numbers = replace(numbers, baseline={**numbers.baseline, "mean": np.array(sizes)})
    names = [Column(name, "feature", "categorical") for name in WEIRD]
    key = StreamKey('a "model"', "v\\1", "seg\nment")
    return report(stream(columns=names, key=key), numbers)


def test_any_name_of_a_column_comes_back_as_it_was() -> None:
    page = text(weird_report())
    found = [s.labels for s in samples(page) if s.name == f"{PREFIX}baseline_missing_ratio"]
    weird = [labels for labels in found if labels["model"] == 'a "model"']
    assert tuple(labels["column"] for labels in weird) == WEIRD
    assert {(labels["model_version"], labels["segment"]) for labels in weird} == {
        ("v\\1", "seg\nment")
    }


@pytest.mark.integration
@pytest.mark.parametrize("found", [SOME, weird_report(), report(stream(rows=10))])
def test_promtool_finds_nothing_to_complain_of(found: Report) -> None:
    done = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=text(found).encode(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


OF_VERSIONS = {
    *("contract_violations_total", "comparison_alarms_total"),
    *("shadow_pairs_total", "shadow_disagreements_total"),
}
"""Counters of a contract and of versions, which have tests of their own."""


def test_every_counter_has_all_of_its_series_from_the_start() -> None:
    columns = (AMOUNT, COUNTRY)
    nothing = report(stream(pictures=pictures(columns)), outcomes={}, reasons={})
    counted: Mapping[str, Sequence[Mapping[str, str]]] = {
        "records_total": [{"outcome": name} for name in OUTCOMES],
        "records_rejected_total": [{"reason": name} for name in REASONS],
        "dead_letters_total": [{"outcome": name} for name in DELIVERIES],
        "loop_seconds_total": [{"step": name} for name in STEPS],
        "event_requests_total": [{"outcome": name} for name in ANSWERED],
        "join_pairs_total": [{}],
        "unknown_columns_total": [{}],
        "checkpoint_bytes_total": [{}],
        "series_dropped_total": [{}],
        "drift_alarms_total": [
            {**OF_FRAUD, "column": name, "role": "feature", "severity": severity}
            for severity in ("info", "page")
            for name in ("amount", "country")
        ],
        "column_records_total": [
            {**OF_FRAUD, "column": name, "role": "feature", "cell": cell}
            for name, cells in (
                ("amount", ("01", "02", "03", "04", "(missing)", "(infinite)")),
                ("country", ("DE", "FR", "(other)", "(new)", "(missing)")),
            )
            for cell in cells
        ],
    }
    assert counted.keys() == {m.name for m in METRICS if m.type == "counter"} - OF_VERSIONS
    page = text(nothing)
    for name, labels in counted.items():
        assert having(page, name) == labels
        assert {value(page, name, **one) for one in labels} == {0.0}


def test_too_few_records_are_nan_and_never_0() -> None:
    page = text(report(stream(columns=(AMOUNT, COUNTRY, SCORE), rows=49)))
    for name in GAUGES:
        found = [s.value for s in samples(page) if s.name == PREFIX + name]
        assert len(found) == len(having(text(SOME), name))
        assert all(math.isnan(value) for value in found)
    assert value(page, "window_records", **OF_FRAUD, window="1h") == 49


@pytest.mark.parametrize(
    "name", ["watermark_timestamp_seconds", "model_version_first_seen_timestamp_seconds"]
)
def test_a_time_that_is_not_known_is_nan(name: str) -> None:
    page = text(report(stream(watermark_us=None, first_seen_us=None)))
    assert math.isnan(value(page, name, **OF_FRAUD))


def test_a_process_that_has_seen_nothing_says_nan() -> None:
    page = text(report(last_record_us=None, checkpoint_us=None))
    assert math.isnan(value(page, "last_record_timestamp_seconds"))
    assert math.isnan(value(page, "checkpoint_timestamp_seconds"))


def test_times_are_seconds_since_the_epoch() -> None:
    page = text(report(stream(watermark_us=1_700_000_000_250_000)))
    assert value(page, "watermark_timestamp_seconds", **OF_FRAUD) == 1_700_000_000.25


def test_p_values_are_there_only_on_request() -> None:
    page = text(SOME, ExportPolicy(p_values=False))
    assert not [s for s in samples(page) if "p_value" in s.name]
    assert "p_value" not in page.replace("p-value", "")


def test_every_reason_for_blindness_is_there_and_0_where_it_does_not_hold() -> None:
    page = text(report(stream(blind={"late": "12% came late"})))
    found = {r: value(page, "blind", **OF_FRAUD, reason=r) for r in BLIND_REASONS}
    assert found == dict.fromkeys(BLIND_REASONS, 0.0) | {"late": 1.0}
    assert "12%" not in page


def test_an_alarm_says_since_when_only_while_it_is_raised() -> None:
    page = text(report(stream(raised={("page", 0): NOW_US - HOUR_US})))
    raised = {**OF_AMOUNT, "severity": "page"}
    assert having(page, "drift_since_timestamp_seconds") == [raised]
    since = value(page, "drift_since_timestamp_seconds", **raised)
    assert since == (NOW_US - HOUR_US) / SECOND_US
    assert value(page, "drift_alarm", **raised) == 1.0
    assert value(page, "drift_alarm", **{**raised, "severity": "info"}) == 0.0


def test_an_alarm_says_what_it_looks_like_while_it_is_raised_and_explained() -> None:
    raised = stream(raised={("page", 0): NOW_US, ("info", 0): NOW_US, ("info", 1): NOW_US})
    doubled, new = Explanation("scale", "doubled", 40.0), Explanation("new_value", "hail", 9.0)
    page = text(
        report(
            raised,
            alarms=(
                alarm_event(severity="page", explanation=new, cleared_us=NOW_US),
                alarm_event(severity="page", explanation=doubled),
                alarm_event(severity="info", explanation=new, cleared_us=NOW_US),
                alarm_event(severity="info", explanation=None),
                alarm_event(column="country", severity="page", explanation=new),
            ),
        )
    )
    assert having(page, "drift_explanation") == [{**OF_AMOUNT, "kind": "scale", "severity": "page"}]
    assert "doubled" not in page


def test_an_alarm_keeps_its_value_while_its_stream_is_blind() -> None:
    raised = stream(rows=0, raised={("page", 0): NOW_US}, blind={"no_records": "for an hour"})
    page = text(report(raised))
    assert value(page, "drift_alarm", **OF_AMOUNT, severity="page") == 1.0


def test_alarms_are_counted_by_severity() -> None:
    page = text(report(stream(alarms_total=np.array([[3.0, 0.0], [1.0, 0.0]]))))
    assert value(page, "drift_alarms_total", **OF_AMOUNT, severity="info") == 3.0
    assert value(page, "drift_alarms_total", **OF_AMOUNT, severity="page") == 1.0


def test_a_stream_without_a_baseline_is_blind_and_has_no_columns() -> None:
    key = StreamKey("spam", "")
    page = text(report(stream(key, columns=(), windows=(), blind={"no_baseline": "build one"})))
    assert value(page, "blind", model="spam", model_version="", segment="all", reason="no_baseline")
    assert having(page, "drift_alarm") == []


def test_the_lag_is_the_sum_over_the_partitions() -> None:
    assert value(text(SOME), "consumer_lag_records") == 12.0


def test_the_lag_is_nan_where_one_partition_does_not_know_its_own() -> None:
    first, second = SOME.partitions
    partly = replace(SOME, partitions=(first, replace(second, lag_records=None)))
    assert math.isnan(value(text(partly), "consumer_lag_records"))


def test_a_standby_without_partitions_has_no_lag() -> None:
    assert value(text(replace(SOME, partitions=())), "consumer_lag_records") == 0.0


def test_the_facts_of_the_process_are_on_the_page() -> None:
    facts = ProcessFacts(
        {"decode": 1.5}, 2048, False, "1.2.3", "3.13.1", {"dropped": 7}, {"full": 3}
    )
    page = text(SOME, facts=facts)
    assert value(page, "loop_seconds_total", step="decode") == 1.5
    assert value(page, "loop_seconds_total", step="save") == 0.0
    assert value(page, "checkpoint_bytes_total") == 2048.0
    assert value(page, "dead_letters_total", outcome="dropped") == 7.0
    assert value(page, "dead_letters_total", outcome="written") == 0.0
    assert value(page, "event_requests_total", outcome="full") == 3.0
    assert value(page, "event_requests_total", outcome="refused") == 0.0
    assert value(page, "config_last_reload_successful") == 0.0
    assert value(page, "build_info", version="1.2.3", python_version="3.13.1") == 1.0


def test_no_word_of_the_data_is_on_the_page() -> None:
    told = stream(new_values={"country": (("Atlantis", 12),)})
    page = text(report(told, unknown_columns=("utm_source", "gclid")))
    assert not [word for word in ("Atlantis", "utm_source", "gclid") if word in page]
    assert value(page, "unknown_columns_total") == 2.0


def test_what_waits_for_its_other_half_and_what_found_it_is_told() -> None:
    page = text(report(joins=JoinReport(pairs=12, waiting=3)))
    assert value(page, "join_pairs_total") == 12.0
    assert value(page, "join_waiting_records") == 3.0


def test_the_series_are_counted() -> None:
    page = text(SOME)
    assert value(page, "series") == len(samples(page))


def test_a_loop_that_has_stopped_says_that_all_is_blind_and_nothing_of_the_data() -> None:
    other = stream(StreamKey("spam", "1"), raised={("page", 0): NOW_US})
    page = render_stalled(report(stream(), other), ProcessFacts(), 7).text(False, b"").decode()
    of_process = {m.full_name for m in METRICS if m.per == "process"}
    assert {s.name for s in samples(page)} == of_process | {f"{PREFIX}blind"}
    assert having(page, "blind") == [
        {**OF_FRAUD, "reason": "stalled"},
        {**OF_FRAUD, "model": "spam", "model_version": "1", "reason": "stalled"},
    ]
    assert value(page, "blind", **OF_FRAUD, reason="stalled") == 1.0
    assert value(page, "records_total", outcome="counted") == 5000.0
    assert math.isnan(value(page, "consumer_lag_records"))
    assert value(page, "series_dropped_total") == 7.0
    assert value(page, "series") == len(samples(page))
