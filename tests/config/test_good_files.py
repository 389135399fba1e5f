"""Files that are right, and what they say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driftwatch.config import (
    Address,
    Const,
    Duration,
    PathPattern,
    Settings,
    StdinSource,
    Threshold,
    load,
    masked,
    parse,
)
from driftwatch.config.section import Section
from tests.config.corpus import ENV, GOOD, HERE


def read(name: str) -> Settings:
    return load(HERE / "good" / f"{name}.yaml", ENV)


def test_the_example_of_the_documents_says_what_it_seems_to() -> None:
    settings = read("full")
    kafka = settings.source.kafka
    assert kafka is not None
    assert kafka.bootstrap_servers == ("localhost:9092",)
    assert kafka.topics == ("fraud-log",)
    assert (kafka.group_id, kafka.client, kafka.start) == ("driftwatch", "kafka-python", "window")
    decode = settings.decode
    assert (decode.format, decode.timestamp, decode.timestamp_unit) == ("json", "ts", "auto")
    assert decode.model == Const(const="fraud")
    assert (decode.model_version, decode.features) == ("meta.version", "features")
    assert decode.predictions == {"score": "prediction"}
    fraud = settings.models["fraud"]
    assert fraud.baselines == {"3": HERE / "good/fraud-3.baseline.json.gz"}
    assert not fraud.columns["request_id"].monitor
    assert fraud.columns["amount"].thresholds == {"psi": Threshold(page=0.2)}
    assert settings.tolerance("fraud", "amount") == 0.05
    assert settings.alarms.false_alarms.budget.panes(settings.pane.us) == 43_200
    assert fraud.columns["email_domain"].sensitive
    assert settings.pane == Duration.parse("1m")
    assert settings.windows == (Duration.parse("1h"), Duration.parse("1d"))
    assert settings.lateness == Duration.parse("2m")
    assert settings.checkpoint_every == Duration.parse("10s")
    assert settings.state.path == Path("/var/lib/driftwatch")
    assert settings.state.history == Duration.parse("7d")
    assert settings.metrics.max_series == 20_000
    assert not settings.metrics.p_values
    assert settings.http.listen == Address("0.0.0.0", 8710)


def test_what_is_left_out_has_its_default() -> None:
    settings = read("smallest")
    assert settings.source.stdin == StdinSource()
    assert settings.decode.features == "."
    assert settings.decode.model_version is None
    assert (settings.decode.predictions, settings.decode.labels) == ({}, {})
    assert settings.decode.limits.max_value_bytes == 1 << 20
    times = (settings.pane, settings.lateness, settings.max_ahead, settings.idle_after)
    assert [str(time) for time in times] == ["1m", "2m", "10m", "1m"]
    assert str(settings.checkpoint_every) == "10s"
    assert settings.state.path is None
    alarms = settings.alarms
    assert (alarms.enabled, alarms.min_rows, str(alarms.hold)) == (True, 50, "10m")
    assert settings.alarm_window == Duration.parse("1h")
    assert str(alarms.false_alarms) == "1 per 30d"
    assert settings.thresholds("fraud", "amount") == {}
    assert settings.tolerance("fraud", "amount") == 0.03
    assert (settings.log.level, settings.log.format) == ("info", "auto")


def test_every_key_is_read() -> None:
    settings, default = read("every_key"), read("smallest")
    kafka = settings.source.kafka
    assert kafka is not None
    assert kafka.bootstrap_servers == ("kafka-1:9093", "[fd00::2]:9093")
    assert kafka.start == Duration.parse("6h")
    assert (kafka.sasl_mechanism, kafka.sasl_username) == ("SCRAM-SHA-512", "driftwatch")
    assert kafka.ssl_cafile == HERE / "good/certificates/ca.pem"
    assert kafka.ssl_keyfile == Path("/etc/driftwatch/client.key")
    assert settings.decode.limits.max_value_bytes == 256 << 10
    assert settings.models["fraud"].fallback_version == "3"
    assert settings.models["churn"].baselines == (
        PathPattern(HERE / "good", "baselines/churn-*.json"),
        PathPattern(HERE / "good", "/srv/churn/**/*.json.gz"),
    )
    assert settings.http.listen == Address("::1", 0)
    same = {
        name for name in Settings.model_fields if getattr(settings, name) == getattr(default, name)
    }
    assert same == set()


def test_every_field_of_every_section_is_in_a_good_file() -> None:
    given: dict[type[Section], set[str]] = {}

    def visit(section: Section) -> None:
        given.setdefault(type(section), set()).update(section.model_fields_set)
        for _, value in section:
            for inner in _sections(value):
                visit(inner)

    for file in GOOD:
        visit(load(file, ENV))
    assert {(kind, name) for kind in given for name in kind.model_fields} == {
        (kind, name) for kind, names in given.items() for name in names
    }


def _sections(value: object) -> Iterator[Section]:
    if isinstance(value, Section):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _sections(item)


def test_dead_letters_go_nowhere_unless_it_is_said() -> None:
    assert read("smallest").dead_letters is None
    folder, topic = read("files").dead_letters, read("every_key").dead_letters
    assert folder is not None
    assert topic is not None
    assert (folder.folder, folder.max_bytes) == (HERE / "good/rejected", 10 << 20)
    assert (folder.include, folder.max_value_bytes) == (("rejected",), 900 << 10)
    assert topic.kafka is not None
    assert (topic.kafka.topic, topic.folder) == ("fraud-log-rejected", None)
    assert topic.include == ("rejected", "unrouted", "late")


def test_values_of_few_records_are_shown_on_request_only() -> None:
    assert not read("smallest").show_values
    assert read("every_key").show_values


def test_thresholds_of_a_column_go_over_those_of_the_alarms_one_at_a_time() -> None:
    settings = read("every_key")
    assert settings.thresholds("fraud", "amount") == {
        "ks_statistic": Threshold(info=0.1, page=0.2),
        "psi": Threshold(page=0.2),
    }
    assert settings.thresholds("churn", "amount") == {
        "psi": Threshold(page=0.2),
        "missing_ratio": Threshold(page=0.5),
    }


def test_a_column_may_have_a_tolerance_of_its_own() -> None:
    settings = read("every_key")
    assert settings.tolerance("fraud", "amount") == 0.05
    assert settings.tolerance("fraud", "age") == 0.1


def test_variables_are_filled_in_as_what_is_due() -> None:
    settings = read("every_key")
    kafka = settings.source.kafka
    assert kafka is not None
    assert kafka.sasl_password is not None
    assert kafka.group_id == "drift-test"
    assert type(kafka.group_id) is str
    assert kafka.sasl_password.get_secret_value() == "hunter2"
    assert settings.alarms.min_rows == 20
    assert settings.metrics.p_values is True


def test_links_are_those_of_this_machine_unless_others_are_given() -> None:
    local, given = read("smallest").links, read("every_key").links
    assert local.status_page == "http://localhost:8710"
    assert given.status_page == "https://driftwatch.example.com/fraud"
    assert given.dashboards == "https://[fd00::3]:3000"
    assert given.runbooks == "https://wiki.example.com/on-call/test/driftwatch"


def test_a_list_may_be_a_text_where_one_is_usual() -> None:
    one, several = read("one_folder").source.files, read("files").source.files
    assert one is not None
    assert several is not None
    assert one.path == (HERE / "good/logs",)
    assert one.pattern == ("*.log", "*.log.1")
    assert several.path == (Path("/var/log/fraud"), HERE / "good/old logs/fraud.jsonl")
    assert several.pattern == ("*.jsonl",)


def test_what_yaml_would_take_for_something_else_is_text() -> None:
    settings = read("traps")
    assert settings.source.files is not None
    assert settings.source.files.path == (HERE / "good/no",)
    assert settings.decode.timestamp == "on"
    assert settings.decode.model == Const(const="off")
    assert settings.decode.model_version == Const(const="2024-05-01")
    assert settings.decode.predictions == {"y": "n", "1:30": "010"}
    model = settings.models["off"]
    assert model.baselines == {
        "2024-05-01": HERE / "good/0x1F",
        "0b1": HERE / "good/1_000",
        "7": HERE / "good/seven",
    }
    assert set(model.columns) == {"yes", "null_", "null", "${braces}"}
    assert settings.state.path == HERE / "good/${HOME}/$HOME/$"


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_what_may_be_shown_reads_back_as_the_same_settings_without_secrets(file: Path) -> None:
    settings = load(file, ENV)
    shown = masked(settings)
    assert "hunter2" not in repr(shown)
    assert "hunter2" not in repr(settings)
    again = parse(shown, Path("/elsewhere/driftwatch.yaml"))
    assert masked(again) == shown
