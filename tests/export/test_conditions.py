"""The series of conditions: rates and rules, in windows, in training and since the beginning."""

from dataclasses import replace

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftwatch.export.exposition import render
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.monitor.conditions import conditions_of, held
from driftwatch.monitor.report import Column, Pictures, StreamReport
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.stats.bars import make_bars
from tests.export.reports import report, stream

NONE = np.empty(0, np.uint64)
LAYOUT = Layout(
    (
        CategoricalLayout("country", "feature", ("DE", "FR"), NONE),
        CategoricalLayout("rate.high", "rate", ("false", "true"), NONE),
        CategoricalLayout("contract.age", "contract", ("true",), NONE),
    )
)
"""Cells: DE FR other new null absent wrong | false true other new ... | true other new ..."""
TRAINED = np.array([60, 40, 0, 0, 0, 0, 0, 80, 20, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0])
LIVE = np.array([6, 94, 0, 0, 0, 0, 0, 40, 50, 0, 0, 10, 0, 0, 93, 0, 4, 3, 0, 0])


def conditions(rows: int = 100) -> StreamReport:
    columns = tuple(Column(c.name, c.role, c.kind) for c in LAYOUT.columns)
    found = stream(columns=columns, rows=rows)
    pictures = Pictures(
        LAYOUT,
        make_bars(LAYOUT, TRAINED),
        Counts(100, TRAINED, Moments.empty(0)),
        3 * LIVE,
        frozenset(),
        np.full(3, 0.03),
    )
    counts = Counts(rows, LIVE, Moments.empty(0))
    windows = tuple(replace(window, counts=counts) for window in found.windows)
    return replace(found, pictures=pictures, windows=windows)


def series(found: StreamReport, name: str, label: str) -> dict[str, float]:
    """By a label, in the shortest window where there are several."""
    page = render(report(found), ProcessFacts(), ExportPolicy()).text(False, b"").decode()
    return {
        sample.labels[label]: sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == f"driftwatch_{name}" and sample.labels.get("window", "1h") == "1h"
    }


def test_a_rate_is_the_share_of_all_records_for_which_it_holds() -> None:
    assert series(conditions(), "condition_ratio", "condition") == {"high": 0.5, "age": 0.93}
    assert series(conditions(), "baseline_condition_ratio", "condition") == {
        "high": 0.2,
        "age": 1.0,
    }


def test_a_rate_of_too_few_records_is_not_known() -> None:
    found = series(conditions(rows=49), "condition_ratio", "condition")
    assert all(np.isnan(value) for value in found.values())


def test_a_rule_counts_what_breaks_it_though_training_never_did() -> None:
    # The word `false` came anew; where SQL does not know, the rule is not broken.
    assert series(conditions(), "contract_violations_total", "rule") == {"age": 12.0}
    assert series(conditions(), "baseline_contract_violation_ratio", "rule") == {"age": 0.0}


def test_a_stream_without_conditions_has_no_such_series() -> None:
    assert series(stream(), "condition_ratio", "condition") == {}


@pytest.mark.parametrize("role", ["rate", "contract", "segment"])
def test_a_condition_is_known_by_its_role_and_name(role: str) -> None:
    layout = Layout((CategoricalLayout(f"{role}.x.y", role, ("false", "true"), NONE),))  # type: ignore[arg-type]
    (found,) = conditions_of(layout)
    assert (found.role, found.name) == (role, "x.y")
    cells = np.array([3, 5, 0, 0, 2, 0, 0])
    assert (held(found, layout, cells, 10).true, held(found, layout, cells, 10).false) == (5, 3)
