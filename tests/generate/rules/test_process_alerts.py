"""Alerts about Driftwatch itself: lag, rejects, checkpoints, reloads, targets that are down."""

from pathlib import Path

import pytest

from driftwatch.export.values import REASON
from driftwatch.generate.rules.policy import RulesPolicy
from tests.generate.rules.promtool import (
    OTHER_REPLICA,
    REPLICA,
    WARNING,
    Labels,
    Series,
    Trial,
    named,
)

pytestmark = pytest.mark.integration

JOB = {"job": "driftwatch"}
FIRES = {**JOB, **WARNING}
ADDRESSES = {
    "dashboard_url": "http://localhost:3000/d/driftwatch-itself",
    "status_page_url": "http://localhost:8710/",
}
NAN = " NaN" * 10


def one(metric: str, values: str, replica: Labels = REPLICA, **labels: str) -> Series:
    return {named(f"driftwatch_{metric}", replica, labels): values}


def reads(per_minute: int, replica: Labels = REPLICA) -> Series:
    """What a daemon counts, and half as many again that came too late for the alarms."""
    counted = one("records_total", f"0+{per_minute}x300", replica, outcome="counted")
    again = one("records_total", f"0+{per_minute}x300", replica, outcome="unevaluated")
    return counted | again


def test_it_lags_when_what_waits_takes_five_minutes_to_read(tmp_path: Path) -> None:
    series = reads(60) | one("consumer_lag_records", "290x9 310x30 0x60")
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchLagging", at="18m")
        trial.fires("DriftwatchLagging", "22m", FIRES)
        trial.fires("DriftwatchLagging", "45m", FIRES)
        trial.is_quiet("DriftwatchLagging", at="60m")


def test_a_reader_that_stands_still_lags(tmp_path: Path) -> None:
    with Trial(tmp_path, reads(0) | one("consumer_lag_records", "1x60")) as trial:
        trial.fires("DriftwatchLagging", "30m", FIRES)


def test_a_reader_with_nothing_to_read_does_not_lag(tmp_path: Path) -> None:
    with Trial(tmp_path, reads(0) | one("consumer_lag_records", "0x60")) as trial:
        trial.is_quiet("DriftwatchLagging", at="50m")


def test_a_lag_that_is_not_known_for_a_moment_goes_on(tmp_path: Path) -> None:
    values = f"900x12{NAN[:8]} 900x20"
    with Trial(tmp_path, reads(60) | one("consumer_lag_records", values)) as trial:
        trial.fires("DriftwatchLagging", "14m", FIRES)


def test_a_lag_that_is_never_known_is_no_alert_of_its_own(tmp_path: Path) -> None:
    with Trial(tmp_path, reads(60) | one("consumer_lag_records", "NaN" + " NaN" * 60)) as trial:
        trial.is_quiet("DriftwatchLagging", at="50m")


def test_what_lags_is_the_job_and_not_its_replicas(tmp_path: Path) -> None:
    series = reads(60) | reads(60, OTHER_REPLICA)
    series |= one("consumer_lag_records", "500x60")
    series |= one("consumer_lag_records", "0x60", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchLagging", at="50m")
    series |= one("consumer_lag_records", "500x60", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.fires("DriftwatchLagging", "50m", FIRES)


def test_lateness_that_is_long_allows_for_more(tmp_path: Path) -> None:
    series = reads(60) | one("consumer_lag_records", "900x60")
    with Trial(tmp_path, series, RulesPolicy(lagging_after_s=1000)) as trial:
        trial.is_quiet("DriftwatchLagging", at="50m")


def test_lagging_says_how_much_waits_and_where(tmp_path: Path) -> None:
    series = reads(60) | one("consumer_lag_records", "12345x60")
    text = {
        "summary": "Driftwatch (driftwatch) lags behind its log",
        "description": """\
driftwatch has 12.35k records to read, which takes it longer than 5m 0s at the rate of the last \
minutes.
What it says of the models is old, and drift is found late. Nothing is lost while the log keeps \
the records.
a:8710: 12.35k records wait""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchLagging",
        **ADDRESSES,
    }
    with Trial(tmp_path, series) as trial:
        trial.says("DriftwatchLagging", "30m", (FIRES, text))


def rejects(per_minute: str, reason: str = "unparsable") -> Series:
    return one("records_rejected_total", per_minute, reason=reason)


def test_more_than_a_hundredth_refused_is_told_by_reason(tmp_path: Path) -> None:
    series = reads(1000) | rejects("0+0x10 0+30x60") | rejects("0+5x60", "future")
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchRejects", at="15m")
        trial.fires("DriftwatchRejects", "40m", {**JOB, "reason": "unparsable", **WARNING})


def test_rejects_are_forgotten_when_they_end(tmp_path: Path) -> None:
    series = reads(1000) | rejects("0+30x30 900+0x60")
    with Trial(tmp_path, series) as trial:
        trial.fires("DriftwatchRejects", "30m", {**JOB, "reason": "unparsable", **WARNING})
        trial.is_quiet("DriftwatchRejects", at="60m")


def test_a_process_that_reads_nothing_refuses_nothing(tmp_path: Path) -> None:
    with Trial(tmp_path, reads(0) | rejects("0x60")) as trial:
        trial.is_quiet("DriftwatchRejects", at="50m")


def test_a_restart_is_no_burst_of_rejects(tmp_path: Path) -> None:
    series = reads(1000) | rejects("500x20 0x60")
    with Trial(tmp_path, series) as trial:
        for at in ("15m", "25m", "50m"):
            trial.is_quiet("DriftwatchRejects", at=at)


def test_a_version_without_a_baseline_is_told_as_blindness_and_not_twice(tmp_path: Path) -> None:
    with Trial(tmp_path, reads(1000) | rejects("0+500x60", "unknown_version")) as trial:
        trial.is_quiet("DriftwatchRejects", at="50m")


def test_rejects_say_how_many_and_why(tmp_path: Path) -> None:
    text = {
        "summary": "Driftwatch (driftwatch) refuses records: future",
        "description": f"""\
5% of the records that driftwatch reads are refused, and are in no statistic:
{REASON["future"]}.
What is refused may well be what has changed.""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchRejects",
        **ADDRESSES,
    }
    with Trial(tmp_path, reads(1000) | rejects("0+50x60", "future")) as trial:
        trial.says("DriftwatchRejects", "40m", ({**JOB, "reason": "future", **WARNING}, text))


def saved(values: str, replica: Labels = REPLICA) -> Series:
    return one("checkpoint_timestamp_seconds", values, replica)


def test_a_state_that_is_saved_every_minute_is_fine(tmp_path: Path) -> None:
    with Trial(tmp_path, saved("0+60x60")) as trial:
        trial.is_quiet("DriftwatchCheckpointStale", at="50m")


def test_a_state_that_is_not_saved_is_told_of_the_job(tmp_path: Path) -> None:
    series = saved("0+60x10 600x60") | saved("0+60x60", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchCheckpointStale", at="14m")
        trial.fires("DriftwatchCheckpointStale", "20m", FIRES)


def test_a_state_that_was_never_saved_counts_from_the_start_of_the_process(tmp_path: Path) -> None:
    series = saved("NaN" + " NaN" * 60) | {named("process_start_time_seconds", REPLICA): "0x60"}
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchCheckpointStale", at="4m")
        trial.fires("DriftwatchCheckpointStale", "8m", FIRES)


def test_a_replica_that_is_gone_has_nothing_to_save(tmp_path: Path) -> None:
    with Trial(tmp_path, saved("0+60x10 stale") | saved("0+60x60", OTHER_REPLICA)) as trial:
        trial.is_quiet("DriftwatchCheckpointStale", at="40m")


def test_a_stale_checkpoint_says_how_old_it_is(tmp_path: Path) -> None:
    text = {
        "summary": "Driftwatch (driftwatch) can't save its state",
        "description": """\
driftwatch has saved nothing for 20m 0s. What it shows stands still: only what is saved counts.
Nothing is lost yet. What was read since is read again after a restart, as far as the log still \
has it.
a:8710: 20m 0s since its last checkpoint""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchCheckpointStale",
        **ADDRESSES,
    }
    with Trial(tmp_path, saved("0+60x10 600x60")) as trial:
        trial.says("DriftwatchCheckpointStale", "30m", (FIRES, text))


def test_a_reload_that_failed_is_told_until_one_works(tmp_path: Path) -> None:
    series = one("config_last_reload_successful", "1x4 0x20 1x20")
    series |= one("config_last_reload_successful", "1x60", OTHER_REPLICA)
    text = {
        "summary": "Driftwatch (driftwatch) has not taken its new configuration",
        "description": """\
driftwatch was told to read its configuration again, found an error in it, and runs on with the \
one from before.
Its log says what is wrong, with the file and the line; so does `driftwatch config check FILE`.""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchReloadFailed",
        **ADDRESSES,
    }
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchReloadFailed", at="5m")
        trial.says("DriftwatchReloadFailed", "15m", (FIRES, text))
        trial.is_quiet("DriftwatchReloadFailed", at="30m")


def test_a_failed_reload_is_still_told_after_a_missed_scrape(tmp_path: Path) -> None:
    with Trial(tmp_path, one("config_last_reload_successful", "0x5 stale _x2 0x9")) as trial:
        trial.fires("DriftwatchReloadFailed", "7m", FIRES)


def alive(values: str, replica: Labels = REPLICA) -> Series:
    return one("build_info", values, replica, version="1", python_version="3.11")


def up(values: str, replica: Labels = REPLICA) -> Series:
    return {named("up", replica): values}


def test_a_target_that_does_not_answer_is_told_with_its_name(tmp_path: Path) -> None:
    series = alive("1x5 stale") | up("1x5 0x60")
    series |= alive("1x80", OTHER_REPLICA) | up("1x80", OTHER_REPLICA)
    text = {
        "summary": "Driftwatch does not answer (driftwatch)",
        "description": """\
Prometheus gets no answer from 1 of the targets of driftwatch.
While it is down nobody watches its models, and no news is no good news. A restart goes on from \
its last checkpoint.
a:8710: does not answer""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchDown",
        **ADDRESSES,
    }
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchDown", at="9m")
        trial.says("DriftwatchDown", "20m", (FIRES, text))


def test_a_target_that_never_answered_is_told(tmp_path: Path) -> None:
    series = up("0x80") | alive("1x80", OTHER_REPLICA) | up("1x80", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.fires("DriftwatchDown", "20m", FIRES)


def test_all_targets_down_are_one_alert_that_ends_when_they_answer(tmp_path: Path) -> None:
    series = alive("1x5 stale _x20 1x20") | up("1x5 0x20 1x30")
    series |= alive("1x5 stale _x20 1x20", OTHER_REPLICA) | up("1x5 0x20 1x30", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.fires("DriftwatchDown", "15m", FIRES)
        trial.is_quiet("DriftwatchDown", at="35m")


def test_targets_of_others_that_are_down_are_none_of_ours(tmp_path: Path) -> None:
    with Trial(tmp_path, alive("1x60") | up("1x60") | up("0x60", {"job": "other"})) as trial:
        trial.is_quiet("DriftwatchDown", at="50m")


def test_no_target_at_all_is_told(tmp_path: Path) -> None:
    text = {
        "summary": "Driftwatch does not answer",
        "description": """\
Prometheus scrapes no Driftwatch at all: every target is gone, or was never there.
While it is down nobody watches its models, and no news is no good news. A restart goes on from \
its last checkpoint.""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchDown",
        **ADDRESSES,
    }
    with Trial(tmp_path, up("1x60", {"job": "other"})) as trial:
        trial.says("DriftwatchDown", "20m", (WARNING, text))


def test_a_pod_that_was_replaced_is_not_down(tmp_path: Path) -> None:
    series = alive("1x5 stale") | up("1x5 stale")
    series |= alive("_x5 1x60", OTHER_REPLICA) | up("_x5 1x60", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchDown", at="30m")


def test_on_kubernetes_the_namespace_tells_jobs_apart(tmp_path: Path) -> None:
    here = {**REPLICA, "namespace": "fraud"}
    there = {**REPLICA, "namespace": "rides", "instance": "c:8710"}
    series = alive("1x60", here) | up("1x60", here)
    series |= alive("1x5 stale", there) | up("0x60", there)
    text = {
        "summary": "Driftwatch does not answer (driftwatch in rides)",
        "description": """\
Prometheus gets no answer from 1 of the targets of driftwatch in rides.
While it is down nobody watches its models, and no news is no good news. A restart goes on from \
its last checkpoint.
c:8710: does not answer""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchDown",
        **ADDRESSES,
    }
    with Trial(tmp_path, series) as trial:
        trial.says("DriftwatchDown", "20m", ({**FIRES, "namespace": "rides"}, text))
