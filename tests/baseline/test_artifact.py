import gzip
import hashlib
import json
import os
import stat
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from driftwatch.baseline import artifact
from driftwatch.baseline.artifact import Baseline, load_baseline
from driftwatch.baseline.volume import Volume
from driftwatch.conditions.stored import StoredCondition
from driftwatch.derive.age import Age
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.probabilities import Probabilities
from driftwatch.derive.vector import Vector
from driftwatch.errors import BaselineError
from driftwatch.records import ModelVersion
from tests.baseline.data import built, built_of_arrays, categorical, numeric
from tests.harness.tools import ROOT

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    rng = np.random.default_rng(0)
    rows = [
        {"amount": float(x), "country": f"c{i % 5}", "id": f"id-{i}", "label": i % 2}
        for i, x in enumerate(rng.normal(size=300))
    ]
    return built(rows, labels=("label",), timestamp=None)


def rejected(path: Path) -> str:
    with pytest.raises(BaselineError) as caught:
        load_baseline(path)
    found = str(caught.value)
    assert found.startswith(f"{path}: ")
    return found.removeprefix(f"{path}: ")


def edited(baseline: Baseline, path: Path, edit: Edit) -> Path:
    """A baseline whose content was changed and whose checksum was made to fit again."""
    document = json.loads(baseline.to_bytes())
    del document["checksum"]
    edit(document)
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    document["checksum"] = artifact._checksum(body)
    path.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    return path


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_baseline_is_read_as_it_was_written(
    baseline: Baseline, tmp_path: Path, name: str
) -> None:
    baseline.save(tmp_path / name)
    assert load_baseline(tmp_path / name) == baseline


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_the_same_baseline_is_the_same_file_at_any_time(
    baseline: Baseline, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline.save(tmp_path / name)
    monkeypatch.setattr("time.time", lambda: 1_000_000_000.0)
    first = (tmp_path / name).read_bytes()
    load_baseline(tmp_path / name).save(tmp_path / f"again-{name}")
    assert (tmp_path / f"again-{name}").read_bytes() == first


def test_a_gzipped_baseline_may_have_any_name(baseline: Baseline, tmp_path: Path) -> None:
    (tmp_path / "fraud.baseline").write_bytes(gzip.compress(baseline.to_bytes()))
    assert load_baseline(tmp_path / "fraud.baseline") == baseline


@given(st.integers(0, 2**32), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(where: int, change: int) -> None:
    data = bytearray(SMALL.to_bytes())
    data[where % len(data)] ^= change
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(data)
        file.flush()
        try:
            found = load_baseline(Path(file.name))
        except BaselineError:
            return
    assert found == SMALL  # white space, say: what it means is the same


SMALL = built([{"x": 1.5, "c": "a"}, {"x": 2.5, "c": "b"}])


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
@pytest.mark.parametrize("left", [0, 1, 10, 400, -100, -2])
def test_a_truncated_baseline_is_an_error(
    baseline: Baseline, tmp_path: Path, name: str, left: int
) -> None:
    baseline.save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:left])
    assert rejected(tmp_path / name).startswith(("the baseline is truncated", "not a Driftwatch"))


def test_an_edited_baseline_is_an_error(baseline: Baseline, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(baseline.to_bytes().replace(b'"rows":300', b'"rows":301'))
    assert "edited or damaged after it was built" in rejected(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "truncated or not JSON"),
        (b"hello", "truncated or not JSON"),
        (b"\xff\xfe", "not a Driftwatch baseline (not UTF-8)"),
        (b"[]", "not a Driftwatch baseline; `driftwatch baseline build` makes one"),
        (b"{}", "not a Driftwatch baseline; `driftwatch baseline build` makes one"),
        (b"[" * 100_000, "truncated or not JSON"),
        (b'{"format":"driftwatch-baseline"}', "no valid schema_version"),
        (b'{"format":"driftwatch-baseline","schema_version":"1"}', "no valid schema_version"),
        (b'{"format":"driftwatch-baseline","schema_version":0}', "no valid schema_version"),
        (b'{"format":"driftwatch-baseline","schema_version":1}', "edited or damaged"),
        (b'{"format":"driftwatch-baseline","schema_version":1,"m":"\\ud800"}', "edited or damaged"),
        (
            b'{"format":"driftwatch-baseline","schema_version":7}',
            "has schema version 7, this program reads up to 1; upgrade Driftwatch",
        ),
    ],
)
def test_what_is_no_baseline_is_an_error(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert words in rejected(tmp_path / "a.json")


def test_a_missing_baseline_is_an_error(tmp_path: Path) -> None:
    assert rejected(tmp_path / "a.json") == "no such baseline"
    assert rejected(tmp_path) == "can't read the baseline: Is a directory"


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_is_larger_than_any_baseline_is_refused_before_it_is_parsed(
    tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "MOST_BYTES", 100_000)
    content = b" " * 100_001
    (tmp_path / "a.json").write_bytes(gzip.compress(content) if packed else content)
    assert rejected(tmp_path / "a.json").startswith("larger than 100,000 bytes (unpacked")
    content = b" " * 100_000
    (tmp_path / "a.json").write_bytes(gzip.compress(content) if packed else content)
    assert rejected(tmp_path / "a.json").startswith("the baseline is truncated or not JSON")


def test_a_gzip_bomb_takes_no_more_memory_than_the_largest_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "MOST_BYTES", 1 << 20)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b" " * (100 << 20), 9))
    tracemalloc.start()
    try:
        rejected(tmp_path / "a.json.gz")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_more_values_than_any_baseline_has_are_refused_before_they_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "MOST_VALUES", 1_000)
    (tmp_path / "a.json").write_bytes(b"[" + b"{}," * 501 + b"{}]")
    assert (
        rejected(tmp_path / "a.json") == "more than 1,000 values in one file, which no baseline has"
    )


def test_a_device_without_an_end_is_no_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MOST_BYTES", 1 << 20)
    assert rejected(Path("/dev/zero")).startswith("larger than 1,048,576 bytes")


def column_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(column for column in document["columns"] if column["name"] == name)


def more_rows(document: dict[str, Any], rows: int) -> None:
    """So many more rows, in which every value is null."""
    document["rows"] += rows
    for column in document["columns"]:
        column["null"] += rows


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda d: d.update(surprise=1), "surprise: Extra inputs are not permitted"),
        (lambda d: d.pop("model"), "model: Field required"),
        (lambda d: d.update(rows="300"), "rows: Input should be a valid integer"),
        (lambda d: d.update(rows=299), "the counts of column 'amount' do not add up to the rows"),
        (lambda d: more_rows(d, 2**53), f"{2**53 + 300} rows are not from 0 to {2**53}"),
        (lambda d: more_rows(d, 2**70), f"{2**70 + 300} rows are not from 0 to {2**53}"),
        (lambda d: d["columns"].append(d["columns"][0]), "two columns have one name"),
        (lambda d: column_of(d, "amount").update(low=-1), "the range of column 'amount'"),
        (lambda d: column_of(d, "amount").update(high=9_999), "the range of column 'amount'"),
        (lambda d: column_of(d, "amount")["edges"].reverse(), "are not ascending"),
        (lambda d: column_of(d, "amount")["edges"].pop(), "are not ascending"),
        (lambda d: column_of(d, "amount").update(count=7), "do not add up to its count"),
        (lambda d: column_of(d, "amount").update(role="boss"), "columns.0.numeric.role: Input"),
        (lambda d: column_of(d, "country")["vocabulary"].pop(), "does not fit its counts"),
        (
            lambda d: column_of(d, "country")["vocabulary"].__setitem__(0, "c1"),
            "the vocabulary of column 'country' does not fit its counts",
        ),
        (
            lambda d: column_of(d, "country").update(null=-60, other=60),
            "the counts of column 'country' do not add up",
        ),
        (
            lambda d: column_of(d, "id").update(other_hashes="0f"),
            "other_hashes: String should match",
        ),
        (
            lambda d: column_of(d, "id").update(other_hashes="f" * 16 + "0" * 16),
            "the hashes of column 'id' are not ascending",
        ),
    ],
)
def test_a_baseline_that_does_not_hold_together_is_an_error_that_names_the_place(
    baseline: Baseline, tmp_path: Path, edit: Edit, words: str
) -> None:
    found = rejected(edited(baseline, tmp_path / "a.json", edit))
    assert found.startswith("the baseline does not hold together: ")
    assert words in found


@pytest.fixture(scope="module")
def measured() -> Baseline:
    """With strata, dependence, halves and a self-test."""
    rows, hour_us = 60_000, 3_600_000_000
    times = 5_800 * 72 * hour_us + np.arange(rows) * (35 * 24 * hour_us // rows)
    rng = np.random.default_rng(0)
    angle = times / (24 * hour_us) * 2 * np.pi
    words = np.array([f"w{i}" for i in range(80)])
    columns = {
        "x": rng.normal(size=rows) + np.sin(angle),
        "c": words[np.minimum(rng.geometric(0.05, rows), 80) - 1],
    }
    return built_of_arrays(columns, times)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda d: d.update(block_sizes=[50, 200]), "dependence of column 'x' does not fit"),
        (lambda d: d.update(block_sizes=[50, 50, 800]), "the block sizes are not ascending"),
        (lambda d: d.update(untimed=-1), "more rows are without a time than there are"),
        (lambda d: d.update(untimed=1), "strata of column 'x' do not add up to its counts"),
        (lambda d: d.update(order="chaos"), "order: Input should be"),
        (lambda d: column_of(d, "x")["phi"][1].pop(), "dependence of column 'x' does not fit"),
        (lambda d: column_of(d, "x")["phi"][1].__setitem__(0, 0.9), "phi of column 'x' is below"),
        (lambda d: column_of(d, "x")["grows"].pop(), "the growth of column 'x' does not fit"),
        (lambda d: column_of(d, "x").update(strata="none"), "strata of column 'x' do not fit"),
        (lambda d: column_of(d, "x")["stratum_groups"].pop(), "strata of column 'x' do not fit"),
        (
            lambda d: column_of(d, "x")["stratum_groups"][0].pop(),
            "strata of column 'x' do not fit",
        ),
        (
            lambda d: column_of(d, "x")["stratum_groups"][3].__setitem__(0, 9_999),
            "strata of column 'x' do not add up",
        ),
        (
            lambda d: column_of(d, "c")["half"]["new"].append(0),
            "the half counts of column 'c' do not fit its strata",
        ),
        (
            lambda d: column_of(d, "c")["half"].update(values=[60_001]),
            "the half counts of column 'c' do not fit its counts",
        ),
        (
            lambda d: column_of(d, "c")["half"].update(values=[2**70]),
            "the baseline does not hold together: ",
        ),
        (
            lambda d: column_of(d, "c")["self_test"].update(page=-1),
            "the self-test of column 'c' counts less than nothing",
        ),
    ],
)
def test_measurements_that_do_not_fit_are_an_error(
    measured: Baseline, tmp_path: Path, edit: Edit, words: str
) -> None:
    assert words in rejected(edited(measured, tmp_path / "a.json", edit))


def test_what_was_measured_reaches_the_bank(measured: Baseline) -> None:
    x, c = measured.bases()
    assert (x.strata, x.groups.shape[0], x.scored, x.half) == ("hour_of_day", 24, True, None)
    assert x.groups.sum() == c.groups.sum() == measured.rows
    assert (c.strata, c.groups.shape[0], c.scored) == ("none", 1, False)
    found = categorical(measured, "c")
    assert found.half is not None
    assert c.half == tuple(found.half.model_dump().values())
    assert x.dependence.sizes == measured.block_sizes
    assert x.dependence.phi.tolist() == [list(row) for row in numeric(measured).phi]
    assert x.dependence.grows.tolist() == list(numeric(measured).grows)
    assert x.sources == len(x.events.events) + 2 == x.dependence.phi.shape[1]


def test_a_baseline_without_measurements_has_bases_too(baseline: Baseline) -> None:
    for basis, column in zip(baseline.bases(), baseline.columns, strict=True):
        assert basis.strata == "none"
        assert basis.groups.tolist() == [basis.events.grouped(np.array(column.cells())).tolist()]
        assert (basis.dependence.largest == 1.0).all()
        assert basis.scored == (column.kind == "numeric")


def test_saving_replaces_the_old_file_in_one_step(
    baseline: Baseline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail(_: int) -> None:
        assert path.read_text() == "old"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(BaselineError, match=r"a\.json: can't write the baseline: No space left"):
        baseline.save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_saving_where_nothing_can_be_written_is_an_error(
    baseline: Baseline, tmp_path: Path
) -> None:
    with pytest.raises(BaselineError, match="can't write the baseline: No such file or directory"):
        baseline.save(tmp_path / "missing" / "a.json")


def test_others_may_read_the_file_and_not_write_it(baseline: Baseline, tmp_path: Path) -> None:
    baseline.save(tmp_path / "a.json")
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o644


def test_a_baseline_knows_whose_it_is(baseline: Baseline) -> None:
    assert baseline.route == ModelVersion("fraud", "3")


def test_columns_can_be_left_out(baseline: Baseline) -> None:
    left = baseline.without(frozenset(("amount", "unknown")))
    assert [column.name for column in left.columns] == ["country", "id", "label"]
    assert left.rows == baseline.rows


def test_hashes_are_read_as_the_numbers_that_were_written(baseline: Baseline) -> None:
    found = categorical(baseline, "id")
    assert len(found.hashes()) == 300
    assert found.other_hashes == "".join(f"{int(h):016x}" for h in found.layout().other)


def test_counts_of_columns_whose_moments_overflowed_are_infinite_and_not_zero() -> None:
    found = built([{"x": 1.7e308}, {"x": -1.7e308}])
    assert numeric(found).m2 is None
    assert np.isinf(found.counts().moments.m2[0])


@pytest.mark.parametrize(
    "part",
    [
        Baseline,
        artifact.NumericBaseline,
        artifact.CategoricalBaseline,
        artifact.Half,
        artifact.SelfTest,
        artifact.FalseAlarms,
        artifact.Segment,
        NamedCondition,
        StoredCondition,
        Age,
        Vector,
        Probabilities,
        Volume,
    ],
    ids=lambda p: p.__name__,
)
def test_every_field_is_in_the_reference(part: type[BaseModel]) -> None:
    text = (ROOT / "docs" / "reference" / "baseline-format.md").read_text(encoding="utf-8")
    rows = "".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    assert [name for name in part.model_fields if f"`{name}`" not in rows] == []


def test_the_checksum_is_as_the_reference_says(baseline: Baseline) -> None:
    document = json.loads(baseline.to_bytes())
    checksum = document.pop("checksum")
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.blake2b(text.encode(), digest_size=16).hexdigest() == checksum
