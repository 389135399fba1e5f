"""The files that a configuration names."""

import os
from pathlib import Path

import pytest

from driftwatch.config import Settings, baseline_files, check_files, parse
from driftwatch.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(baselines: object, source: object = None) -> Settings:
    return parse(
        {
            "source": source or {"stdin": {}},
            "decode": {"timestamp": "ts", "model": "model", "model_version": "version"},
            "models": {"fraud": {"baselines": baselines}},
            "state": {"memory": True},
        },
        Path("driftwatch.yaml"),
    )


def error_of(settings: Settings) -> str:
    with pytest.raises(ConfigError) as error:
        check_files(settings)
    return str(error.value)


def test_baselines_that_are_there_are_fine(folder: Path) -> None:
    for name in ("a.json", "b-1.json", "b-2.json"):
        Path(name).touch()
    assert check_files(settings({"1": "a.json"})) == ()
    assert check_files(settings(["a.json", "b-*.json"])) == ()
    assert baseline_files(settings({"1": "a.json"}).models["fraud"]) == (Path("a.json"),)
    assert baseline_files(settings(["b-*.json", "a.json", "b-2.json"]).models["fraud"]) == (
        Path("b-1.json"),
        Path("b-2.json"),
        Path("a.json"),
    )


def test_all_baselines_that_are_missing_are_told_at_once(folder: Path) -> None:
    Path("here.json").mkdir()
    wrong = settings({"1": "a.json", "2": "here.json"})
    assert error_of(wrong).splitlines() == [
        "driftwatch.yaml: models.fraud.baselines.1: there is no file a.json",
        "driftwatch.yaml: models.fraud.baselines.2: here.json is a folder, not a file",
    ]
    assert baseline_files(wrong.models["fraud"]) == ()
    assert error_of(settings(["a.json", "b.json"])).splitlines() == [
        "driftwatch.yaml: models.fraud.baselines[0]: there is no file a.json",
        "driftwatch.yaml: models.fraud.baselines[1]: there is no file b.json",
    ]
    assert error_of(settings("a.json")) == (
        "driftwatch.yaml: models.fraud.baselines: there is no file a.json"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_baseline_without_permission_is_an_error(folder: Path) -> None:
    Path("a.json").touch(mode=0)
    assert error_of(settings("a.json")) == (
        "driftwatch.yaml: models.fraud.baselines: a.json can't be read: Permission denied"
    )


def test_a_glob_that_finds_nothing_is_a_warning_where_its_folder_is(folder: Path) -> None:
    Path("baselines").mkdir()
    assert check_files(settings("baselines/*/fraud-*.json")) == (
        "driftwatch.yaml: models.fraud.baselines: baselines/*/fraud-*.json finds no file yet",
    )
    assert error_of(settings("baseline/*/fraud-*.json")) == (
        "driftwatch.yaml: models.fraud.baselines: baseline/*/fraud-*.json finds no file: "
        "there is no folder baseline that can be read"
    )


def test_a_glob_finds_files_only_and_in_folders_below(folder: Path) -> None:
    Path("a/b.json").mkdir(parents=True)
    Path("a/c.json").touch()
    Path("a/b.json/d.json").touch()
    assert baseline_files(settings("**/*.json").models["fraud"]) == (
        Path("a/b.json/d.json"),
        Path("a/c.json"),
    )
    assert baseline_files(settings(f"{folder}/a/[c-d].json").models["fraud"]) == (
        folder / "a/c.json",
    )


def test_a_file_whose_name_looks_like_a_glob_is_found_by_it(folder: Path) -> None:
    Path("fraud[3].json").touch()
    assert baseline_files(settings("fraud[3].json").models["fraud"]) == (Path("fraud[3].json"),)
    assert check_files(settings("fraud[3].json")) == ()


def test_certificates_have_to_be_there(folder: Path) -> None:
    Path("a.json").touch()
    kafka = {
        "bootstrap_servers": "kafka:9092",
        "topics": ["fraud-log"],
        "security_protocol": "SSL",
        "ssl_cafile": "ca.pem",
        "ssl_certfile": "a.json",
    }
    assert error_of(settings("a.json", {"kafka": kafka})) == (
        "driftwatch.yaml: source.kafka.ssl_cafile: there is no file ca.pem"
    )


def test_a_log_that_is_not_there_yet_is_a_warning(folder: Path) -> None:
    Path("a.json").touch()
    assert check_files(settings("a.json", {"files": {"path": ["logs", "a.json"]}})) == (
        "driftwatch.yaml: source.files.path: nothing to read at logs: No such file or directory",
    )


def test_a_name_that_no_file_can_have_is_an_error_like_any_other(folder: Path) -> None:
    Path("a.json").touch()
    long = "x" * 300
    for baselines in ({"1": long}, long):
        assert error_of(settings(baselines)).endswith(f"{long} can't be read: File name too long")
        assert baseline_files(settings(baselines).models["fraud"]) == ()
    assert error_of(settings(f"{long}/*.json")).endswith(f"no folder {long} that can be read")
    (warning,) = check_files(settings("a.json", {"files": {"path": long}}))
    assert warning.endswith(f"nothing to read at {long}: File name too long")


def test_a_path_through_a_file_is_a_file_that_is_missing(folder: Path) -> None:
    Path("a.json").touch()
    assert error_of(settings("a.json/b.json")).endswith("there is no file a.json/b.json")


def test_files_of_the_port_that_are_missing_are_told(folder: Path) -> None:
    Path("a.json").touch()
    wrong = parse(
        {
            "source": {"stdin": {}},
            "decode": {"timestamp": "ts", "model": "model", "model_version": "version"},
            "models": {"fraud": {"baselines": {"1": "a.json"}}},
            "state": {"memory": True},
            "http": {
                "tls": {"certfile": "a.pem", "keyfile": "b.key"},
                "auth": {"bearer": {"token_file": "token"}},
            },
        },
        Path("driftwatch.yaml"),
    )
    assert error_of(wrong).splitlines() == [
        "driftwatch.yaml: http.tls.certfile: there is no file a.pem",
        "driftwatch.yaml: http.tls.keyfile: there is no file b.key",
        "driftwatch.yaml: http.auth.bearer.token_file: there is no file token",
    ]


def test_the_files_of_a_schema_registry_are_looked_for(folder: Path) -> None:
    Path("a.json").touch()
    registry = {"url": "http://registry:8081", "token_file": "token", "cafile": "ca.pem"}
    wrong = parse(
        {
            "source": {"kafka": {"bootstrap_servers": ["localhost:9092"], "topics": ["log"]}},
            "decode": {
                "format": "avro",
                "model": {"const": "fraud"},
                "schemas": {"registry": registry},
            },
            "models": {"fraud": {"baselines": "a.json"}},
            "state": {"memory": True},
        },
        Path("driftwatch.yaml"),
    )
    assert error_of(wrong).splitlines() == [
        "driftwatch.yaml: decode.schemas.registry.token_file: there is no file token",
        "driftwatch.yaml: decode.schemas.registry.cafile: there is no file ca.pem",
    ]
