"""What a whole build measures, and that it is the same whatever way the rows came."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline import tally as tally_module
from driftwatch.baseline.artifact import Baseline, load_baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.times import column_times
from driftwatch.errors import DataError, UsageError
from driftwatch.stats.evidence import Bank
from driftwatch.timestamps import parse_times
from tests.baseline.data import (
    Array,
    built,
    built_of_arrays,
    chunks_of,
    column,
    numeric,
    options,
)

HOUR_US = 3_600_000_000
START_US = 4 * 24 * HOUR_US + 2_900 * 168 * HOUR_US


def times(rows: int, weeks: float) -> Array:
    return START_US + (np.arange(rows) * (weeks * 168 * HOUR_US / rows)).astype(np.int64)


def columns_of(seed: int, rows: int, times_us: Array) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    angle = times_us / (24 * HOUR_US) * 2 * np.pi
    many = np.array([f"w{i}" for i in range(90)])
    return {
        "daily": rng.normal(size=rows) + 0.5 * np.sin(angle),
        "flat": rng.normal(size=rows),
        "words": many[np.minimum(rng.geometric(0.08, rows), 90) - 1],
    }


@pytest.fixture(scope="module")
def month() -> Baseline:
    at = times(60_000, 5)
    return built_of_arrays(columns_of(0, 60_000, at), at)


def test_strata_are_chosen_where_there_is_a_daily_cycle(month: Baseline) -> None:
    assert [c.strata for c in month.columns] == ["hour_of_day", "none", "none"]


def test_the_counts_of_the_strata_are_those_of_their_hours(month: Baseline) -> None:
    at = times(60_000, 5)
    values = columns_of(0, 60_000, at)["daily"]
    found = numeric(month, "daily")
    basis = month.bases()[0]
    hour = at // HOUR_US % 24
    for stratum in range(24):
        cells = np.searchsorted(found.edges, values[hour == stratum], side="right")
        counted = basis.events.grouped(np.bincount(cells, minlength=len(found.cells())))
        assert basis.groups[stratum].tolist() == counted.tolist()


def test_within_strata_a_daily_cycle_is_no_dependence(month: Baseline) -> None:
    phi = np.array(numeric(month, "daily").phi)
    assert np.median(phi[-1]) < 1.5
    at = times(60_000, 5)
    unaware = built_of_arrays(columns_of(0, 60_000, at), in_order=True, rows_per_pane=50)
    assert np.array(numeric(unaware, "daily").phi)[-1].max() > 10


def test_a_column_with_a_daily_cycle_passes_its_own_test(month: Baseline) -> None:
    for found in month.columns:
        assert found.self_test is not None
        assert found.self_test.page == 0


def test_the_bank_can_be_built_of_it(month: Baseline) -> None:
    bank = Bank(month.bases(), np.full(3, 0.03), 3, 43_200.0)
    pane = np.concatenate([basis.groups.sum(axis=0) for basis in month.bases()])
    state = bank.step(bank.start(), pane, month.rows, START_US)
    assert np.isfinite(state.log_e).all()


def test_it_is_read_as_it_was_written(month: Baseline, tmp_path: Path) -> None:
    month.save(tmp_path / "a.json.gz")
    assert load_baseline(tmp_path / "a.json.gz") == month


def test_a_shuffled_file_with_times_says_the_same_as_a_sorted_one() -> None:
    rows = 12_000
    at = times(rows, 5)
    values = columns_of(1, rows, at)
    del values["words"]  # which half a row is in goes by the file, not by time
    shuffle = np.random.default_rng(0).permutation(rows)
    ordered = built_of_arrays(values, at)
    mixed = built_of_arrays({n: v[shuffle] for n, v in values.items()}, at[shuffle])
    for one, other in zip(ordered.columns, mixed.columns, strict=True):
        for name in ("cells", "strata", "stratum_groups", "phi", "grows", "self_test"):
            left, right = getattr(one, name), getattr(other, name)
            assert (left() == right()) if name == "cells" else (left == right)
    assert ordered.self_test == mixed.self_test
    assert ordered.block_sizes == mixed.block_sizes


def test_strata_of_a_shuffled_file_are_those_of_a_sorted_one(month: Baseline) -> None:
    at = times(60_000, 5)
    values = columns_of(0, 60_000, at)["daily"]
    shuffle = np.random.default_rng(0).permutation(60_000)
    found = numeric(built_of_arrays({"daily": values[shuffle]}, at[shuffle]), "daily")
    assert found.strata == "hour_of_day"
    assert np.array(found.stratum_groups).sum() == 60_000


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 3), st.integers(50, 5_000), st.booleans())
def test_the_size_of_the_chunks_changes_no_byte_of_what_is_measured(
    seed: int, chunk_rows: int, in_order: bool
) -> None:
    at = np.random.default_rng(seed).permutation(times(4_000, 1))
    at[::100] = -1
    values = columns_of(seed, 4_000, at)
    given_: dict[str, Any] = {"in_order": in_order}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally_module, "BLOCK_ROWS", 700)
        patch.setattr("driftwatch.baseline.order.KEPT_ROWS", 3_000)
        whole = built_of_arrays(values, None if in_order else at, 4_000, **given_)
        pieces = built_of_arrays(values, None if in_order else at, chunk_rows, **given_)
    assert pieces.to_bytes() == whole.to_bytes()
    assert whole.block_sizes


def test_rows_without_a_time_count_but_not_in_any_order() -> None:
    at = times(60_000, 5)
    values = columns_of(0, 60_000, at)
    at[::10] = -1
    baseline = built_of_arrays(values, at)
    assert (baseline.order, baseline.untimed) == ("timestamp", 6_000)
    found = numeric(baseline, "daily")
    assert sum(found.cells()) == 60_000
    assert np.array(found.stratum_groups).sum() == 54_000


TIMES_OF = column_times("ts", parse_times)


def test_the_times_may_stand_in_a_column() -> None:
    rows = [{"ts": 1_700_000_000 + i, "x": float(i % 7)} for i in range(200)]
    found = build(lambda: chunks_of(rows, 70), options(timestamp="ts"), times_of=TIMES_OF)
    assert (found.order, found.timestamp, found.untimed) == ("timestamp", "ts", 0)


def test_a_column_of_times_without_any_is_an_error() -> None:
    rows = [{"ts": "soon", "x": 1.5}]
    with pytest.raises(DataError, match="the column 'ts' holds no time that can be read"):
        build(lambda: chunks_of(rows, 1), options(timestamp="ts"), times_of=TIMES_OF)


def test_times_of_the_source_that_are_all_missing_leave_the_order_unknown() -> None:
    found = build(lambda: iter([Chunk.from_records([{"x": 1.5}])]), options())
    assert found.order == "unknown"


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"in_order": True, "timestamp": "ts"}, "--in-order and --timestamp: choose one"),
        ({"rows_per_pane": 0}, "--rows-per-pane 0: expected 1 to"),
        ({"tolerance": -0.1}, "--tolerance -0.1: expected 0 to 1"),
        ({"false_alarms": "never"}, "--false-alarms: expected false alarms like"),
        ({"false_alarms": "1 per 5m"}, "expected at least 10"),
    ],
)
def test_options_that_can_not_be_are_an_error(given_: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        built([{"ts": 1, "x": 1.5}], **given_)


def test_columns_without_values_have_dependence_and_no_alarm() -> None:
    empty = np.full(3_000, None, dtype=object)
    baseline = built_of_arrays(
        {"x": np.random.default_rng(0).normal(size=3_000), "e": empty}, in_order=True
    )
    found = column(baseline, "e")
    assert found.self_test is not None
    assert found.self_test.info == 0
    assert np.isfinite(found.phi).all()


def test_the_artifact_stays_small() -> None:
    rng = np.random.default_rng(0)
    values = {f"x{i}": rng.normal(size=20_000) for i in range(20)}
    plain, measured = built_of_arrays(values), built_of_arrays(values, in_order=True)
    assert len(measured.to_bytes()) - len(plain.to_bytes()) < 20 * 2_500
