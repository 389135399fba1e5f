"""The alert for values that are missing: against the training data, whatever gauges say NaN."""

from pathlib import Path

import pytest

from driftwatch.config import Duration
from driftwatch.generate.rules.policy import RulesPolicy
from tests.generate.rules.promtool import (
    OF_AMOUNT,
    OTHER_REPLICA,
    REPLICA,
    WARNING,
    Labels,
    Series,
    Trial,
    named,
)

pytestmark = pytest.mark.integration

FIRES = {**OF_AMOUNT, **WARNING}
NAN = " NaN" * 60


def missing(values: str, replica: Labels = REPLICA, window: str = "1h") -> Series:
    return {named("driftwatch_missing_ratio", OF_AMOUNT, replica, window=window): values}


def training(ratio: float) -> Series:
    return {named("driftwatch_baseline_missing_ratio", OF_AMOUNT, REPLICA): f"{ratio}x180"}


def test_much_more_is_missing_than_in_training(tmp_path: Path) -> None:
    with Trial(tmp_path, missing("0.05x10 0.2x20 0.05x60") | training(0.05)) as trial:
        trial.is_quiet("ColumnMissingValues", at="13m")
        trial.fires("ColumnMissingValues", "20m", FIRES)
        # It comes and goes, so it stays for a while.
        trial.fires("ColumnMissingValues", "40m", FIRES)
        trial.is_quiet("ColumnMissingValues", at="50m")


def test_what_was_missing_in_training_is_no_alert(tmp_path: Path) -> None:
    with Trial(tmp_path, missing("0.6x60") | training(0.55)) as trial:
        trial.is_quiet("ColumnMissingValues", at="50m")


def test_nan_ends_it_only_after_a_while(tmp_path: Path) -> None:
    with Trial(tmp_path, missing(f"0.5x20{NAN}") | training(0.0)) as trial:
        trial.fires("ColumnMissingValues", "30m", FIRES)
        trial.fires("ColumnMissingValues", "45m", FIRES)
        trial.is_quiet("ColumnMissingValues", at="59m")


def test_a_gap_does_not_begin_it_anew(tmp_path: Path) -> None:
    with Trial(tmp_path, missing("0x2 0.5x2 stale _x2 0.5x20") | training(0.0)) as trial:
        trial.fires("ColumnMissingValues", "10m", FIRES)


def test_two_replicas_are_one_alert_and_one_is_enough(tmp_path: Path) -> None:
    series = missing("0.0x60") | missing("0.5x60", OTHER_REPLICA) | training(0.0)
    with Trial(tmp_path, series) as trial:
        trial.fires("ColumnMissingValues", "30m", FIRES)


def test_where_windows_have_other_names_all_have_to_agree(tmp_path: Path) -> None:
    some = missing("0.5x60", window="10m") | missing("0x30 0.5x30", window="6h")
    with Trial(tmp_path, some | training(0.0)) as trial:
        trial.is_quiet("ColumnMissingValues", at="30m")
        trial.fires("ColumnMissingValues", "50m", FIRES)


def test_a_configuration_says_which_window_is_the_shortest(tmp_path: Path) -> None:
    policy = RulesPolicy(window=Duration.parse("10m"), window_is_known=True)
    some = missing("0.5x60", window="10m") | missing("0x60", window="6h")
    with Trial(tmp_path, some | training(0.0), policy) as trial:
        trial.fires("ColumnMissingValues", "20m", FIRES)


def test_it_says_how_much_is_missing(tmp_path: Path) -> None:
    page = "http://localhost:8710/columns/amount?model=fraud&model_version=3&segment=all"
    text = {
        "summary": "amount of fraud version 3 is often missing",
        "description": f"""\
Records of fraud version 3 come without a usable value of the feature amount: null, absent, NaN \
or of the wrong type.
Missing: 51.2% in the shortest window, 1% in training.
Look first at the status page; it shows which values moved:
{page}""",
        "runbook_url": "http://localhost:8000/runbook/ColumnMissingValues",
        "dashboard_url": "http://localhost:3000/d/driftwatch-column?var-model=fraud"
        "&var-model_version=3&var-segment=all&var-column=amount",
        "status_page_url": page,
    }
    with Trial(tmp_path, missing("0.512x60") | training(0.01)) as trial:
        trial.says("ColumnMissingValues", "30m", (FIRES, text))
