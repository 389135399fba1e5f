"""Reading the file itself, its variables and its secrets; and settings that come from code."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from driftwatch.config import (
    Address,
    Const,
    Duration,
    PathPattern,
    Settings,
    Threshold,
    load,
    parse,
)
from driftwatch.config.explain import explain
from driftwatch.config.problems import Places
from driftwatch.errors import ConfigError
from tests.config.corpus import HERE

SMALLEST = (HERE / "good/smallest.yaml").read_text(encoding="utf-8")
WITH_A_LOGIN = (HERE / "good/password_file.yaml").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A name for a configuration in an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return Path("driftwatch.yaml")


def error_of(file: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load(file, {})
    return str(error.value)


def test_a_file_that_is_missing_is_said_to_be(file: Path) -> None:
    assert error_of(file) == "driftwatch.yaml: no such file"


def test_a_folder_is_no_configuration(file: Path) -> None:
    file.mkdir()
    assert error_of(file) == "driftwatch.yaml: can't be read: Is a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_said_to_be(file: Path) -> None:
    file.write_text(SMALLEST, encoding="utf-8")
    file.chmod(0)
    assert error_of(file) == "driftwatch.yaml: can't be read: Permission denied"


def test_a_name_that_no_file_can_have_is_an_error_like_any_other(file: Path) -> None:
    assert error_of(Path("a\0b")) == "a\0b: can't be read: embedded null byte"
    assert error_of(Path("x" * 300)).endswith(": can't be read: File name too long")


def test_a_huge_file_is_refused_unread(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(1 << 34)
    expected = "driftwatch.yaml: larger than 1,048,576 bytes, which no configuration is"
    assert error_of(file) == expected


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(file: Path) -> None:
    file.write_text(SMALLEST, encoding="utf-8")
    before = load(file, {})
    file.write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert load(file, {}) == before


def test_json_is_a_configuration_too(file: Path) -> None:
    file.write_text(
        '{"source": {"stdin": {}}, "decode": {"timestamp": "ts", "model": {"const": "fraud"}},'
        ' "models": {"fraud": {"baselines": "fraud.json"}}, "state": {"memory": true}}',
        encoding="utf-8",
    )
    before = load(file, {})
    file.write_text(SMALLEST, encoding="utf-8")
    assert load(file, {}) == before


def test_two_files_that_differ_in_layout_only_are_the_same_settings(file: Path) -> None:
    file.write_text(SMALLEST, encoding="utf-8")
    before = load(file, {})
    file.write_text(f"# a comment\n\n{SMALLEST}\npane: 60s\n", encoding="utf-8")
    assert load(file, {}) == before
    file.write_text(f"{SMALLEST}\npane: 30s\n", encoding="utf-8")
    assert load(file, {}) != before


def test_settings_know_where_they_stand(file: Path) -> None:
    file.write_text(SMALLEST, encoding="utf-8")
    settings = load(file, {})
    assert settings.origin == file
    assert settings.where("models", "fraud") == "driftwatch.yaml:3:10: models.fraud"
    assert settings.where("pane") == "driftwatch.yaml: pane"


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        (b"hunter2", "hunter2"),
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b" two words \n", " two words "),
        (b"not ${FILLED} in\n", "not ${FILLED} in"),
    ],
)
def test_a_secret_is_read_from_its_file(file: Path, secret: bytes, expected: str) -> None:
    file.write_text(WITH_A_LOGIN, encoding="utf-8")
    Path("secrets").mkdir()
    Path("secrets/kafka").write_bytes(secret)
    kafka = load(file, {}).source.kafka
    assert kafka is not None
    assert kafka.sasl_password is not None
    assert kafka.sasl_password.get_secret_value() == expected


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"hunter2\xff", "is not UTF-8 text"),
        (b"hunter2" * 10_000, "is larger than 65,536 bytes, so it is no password"),
    ],
)
def test_a_file_that_holds_no_secret_is_an_error_that_shows_none(
    file: Path, secret: bytes, what: str
) -> None:
    file.write_text(WITH_A_LOGIN, encoding="utf-8")
    Path("secrets").mkdir()
    Path("secrets/kafka").write_bytes(secret)
    place = "driftwatch.yaml:8:5: source.kafka.sasl_password_file"
    assert error_of(file) == f"{place}: secrets/kafka {what}"


def test_a_default_counts_where_a_variable_is_unset_or_empty(file: Path) -> None:
    file.write_text(f"{SMALLEST}\nlateness: ${{LATE:-3m}}\n", encoding="utf-8")
    assert [str(load(file, env).lateness) for env in ({}, {"LATE": ""}, {"LATE": "4m"})] == [
        "3m",
        "3m",
        "4m",
    ]


def test_a_variable_without_a_default_may_be_empty_only_where_text_may(file: Path) -> None:
    file.write_text(f"{SMALLEST}\nlateness: ${{LATE}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"lateness: expected a duration .*the value of \$\{LATE"):
        load(file, {"LATE": ""})


def test_a_mapping_from_code_needs_no_file() -> None:
    settings = parse(
        {
            "source": {"files": {"path": ["log.jsonl"], "start": "earliest"}},
            "decode": {"timestamp": "ts", "model": {"const": "fraud"}},
            "models": {"fraud": {"baselines": {"3": Path("/srv/fraud.json")}}},
            "state": {"memory": True},
        },
        Path("folder/command line"),
    )
    assert settings.source.files is not None
    assert settings.source.files.path == (Path("folder/log.jsonl"),)
    assert settings.models["fraud"].baselines == {"3": Path("/srv/fraud.json")}
    assert settings.where("models", "fraud") == "folder/command line: models.fraud"


def test_a_mapping_from_code_may_hold_values_that_are_made_already() -> None:
    text, made = (
        {
            "source": {"files": {"path": "logs"}},
            "decode": {"timestamp": "ts", "model": const},
            "models": {"fraud": {"baselines": [pattern]}},
            "state": {"memory": True},
            "pane": pane,
            "windows": windows,
            "http": {"listen": listen},
            "alarms": {"thresholds": {"psi": threshold}},
        }
        for const, pattern, pane, windows, listen, threshold in (
            ({"const": "fraud"}, "fraud.json", "30s", ["1h"], "[::1]:0", {"page": 0.2}),
            (
                Const(const="fraud"),
                PathPattern(Path(), "fraud.json"),
                Duration.parse("30s"),
                (Duration.parse("1h"),),
                Address("::1", 0),
                Threshold(page=0.2),
            ),
        )
    )
    assert parse(text, Path("replay")) == parse(made, Path("replay"))


def test_an_error_in_a_mapping_from_code_names_its_origin_and_key() -> None:
    with pytest.raises(ConfigError) as error:
        parse({"source": {"stdin": {}}, "pane": None, "windows": {1, 2}}, Path("replay"))
    lines = str(error.value).splitlines()
    assert "replay: pane: expected a duration like 90s, 2m, 1h30m or 1d, found nothing" in lines
    hint = "write [one, two], or one a line behind a dash"
    assert f"replay: windows: expected a list, found a Python set; {hint}" in lines


def test_settings_are_frozen() -> None:
    settings = load(HERE / "good/smallest.yaml", {})
    with pytest.raises(ValidationError, match="frozen"):
        settings.pane = settings.lateness  # type: ignore[misc]


def test_an_error_that_a_later_pydantic_may_know_is_told_in_its_words() -> None:
    detail: InitErrorDetails = {"type": "date_type", "loc": ("pane",), "input": "hunter2"}
    error = ValidationError.from_exception_data(Settings.__name__, [detail])
    (problem,) = explain(error, {"pane": "hunter2"}, Places())
    assert problem.line("x") == "x: pane: Input should be a valid date"


def test_beyond_a_thousand_problems_they_are_not_even_counted(file: Path) -> None:
    file.write_text(SMALLEST + "".join(f"key{i}: 1\n" for i in range(1_500)), encoding="utf-8")
    *lines, last = error_of(file).splitlines()
    assert len(lines) == 50
    assert last == "driftwatch.yaml: and at least 950 more"


def test_keys_that_are_there_twice_by_the_thousand_are_told_alone(file: Path) -> None:
    file.write_text(SMALLEST + "key: 1\n" * 1_500 + "other: 1\n", encoding="utf-8")
    *lines, last = error_of(file).splitlines()
    assert all("is here twice" in line for line in lines)
    assert last == "driftwatch.yaml: and at least 950 more"


def test_a_key_without_an_end_is_cut_where_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "driftwatch.yaml"
    file.write_text("x" * 50_000 + ": 1\nstate: {" + "y" * 50_000 + ": 2}\n")
    with pytest.raises(ConfigError) as error:
        load(file, {})
    assert len(str(error.value)) < 2_000 + 10 * len(str(file))
