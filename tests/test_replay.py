"""An old log says the same however it is read."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftwatch import daemon
from driftwatch import replay as module
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.monitor.report import Report
from driftwatch.records import Partition
from driftwatch.replay import EvenlySpaced, replay
from driftwatch.sources.memory import MemorySource
from tests.decode.records import as_json
from tests.decode.reference import raw
from tests.monitor.scenes import BASELINE, POLICY, A, B, monitor_of, only, seen

TIMED = RecordPolicy(timestamp="ts", timestamp_unit="us", const_model="fraud", const_version="1")
TIMELESS = replace(TIMED, timestamp=None)

Entry = tuple[int, int, bool]
"""A time step, how many records, and whether x is missing in them."""
entries = st.tuples(st.integers(-150, 120), st.integers(1, 40), st.booleans())
logs = st.lists(entries, max_size=25)


def values(log: Sequence[Entry]) -> list[bytes]:
    found, time = [b"{"], 10_000
    for step, count, missing in log:
        time = max(0, time + step)
        records = ({"ts": time, "w": "a", **({} if missing else {"x": 5.0})} for _ in range(count))
        found.extend(map(as_json, records))
    return found


def read(parts: dict[Partition, list[bytes]], batch_records: int) -> Report:
    source = MemorySource(batch_records=batch_records)
    for partition, log in parts.items():
        source.append(partition, log)
    source.assign(*parts)
    source.end()
    return replay(source, JsonDecoder(TIMED, {BASELINE.route: BASELINE}), monitor_of())


@given(logs, logs, st.integers(1, 50), st.sampled_from((0.0, 1e9)), st.sampled_from((1, 7, 1000)))
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_a_log_read_in_pieces_says_what_it_says_in_one(
    monkeypatch: pytest.MonkeyPatch,
    first: list[Entry],
    second: list[Entry],
    batch_records: int,
    checkpoint_every_s: float,
    decode_records: int,
) -> None:
    parts = {A: values(first), B: values(second)}
    whole = read(parts, 10**6)
    monkeypatch.setattr(module, "CHECKPOINT_EVERY_S", checkpoint_every_s)
    monkeypatch.setattr(daemon, "MOST_RECORDS", decode_records)
    pieces = read(parts, batch_records)
    assert seen(pieces) == seen(whole)
    assert (pieces.outcomes, pieces.reasons) == (whole.outcomes, whole.reasons)
    assert pieces.alarms == whole.alarms


def test_the_last_report_counts_the_whole_log() -> None:
    report = read({A: values([(0, 60, True), (60, 60, True)])}, 1000)
    assert (report.outcomes["counted"], report.outcomes["rejected"]) == (120, 1)
    assert only(report).alarms.level(0) == "page"
    assert report.now_us == 10_060


def test_an_empty_log_has_a_report() -> None:
    assert read({A: []}, 1000).outcomes["counted"] == 0


def test_progress_is_told_with_every_report() -> None:
    source = MemorySource()
    source.append(A, values([(0, 5, False)]))
    source.assign(A)
    source.end()
    told: list[Report] = []
    decoder = JsonDecoder(TIMED, {BASELINE.route: BASELINE})
    last = replay(source, decoder, monitor_of(), told.append)
    assert told[-1] is last


def test_made_up_times_are_evenly_spaced_over_all_batches() -> None:
    decoder = EvenlySpaced(JsonDecoder(TIMELESS, {BASELINE.route: BASELINE}), 1000, 2.5)
    batches = [decoder.decode(raw([b"{}"] * count)) for count in (2, 0, 3)]
    times = np.concatenate([r.event_times_us for batch in batches for r in batch.rows])
    assert times.tolist() == [1000, 1002, 1005, 1007, 1010]


def test_records_that_can_not_be_read_take_their_time_as_well() -> None:
    decoder = EvenlySpaced(JsonDecoder(TIMELESS, {BASELINE.route: BASELINE}), 1000, 10.0)
    (rows,) = decoder.decode(raw([b"{}", b"{", b"{}"])).rows
    assert rows.event_times_us.tolist() == [1000, 1020]


def test_a_window_with_made_up_times_is_as_full_as_records_fill_it() -> None:
    source = MemorySource()
    source.append(A, [b'{"x":5.0}'] * 700)
    source.assign(A)
    source.end()
    decoder = EvenlySpaced(JsonDecoder(TIMELESS, {BASELINE.route: BASELINE}), 0, 1.0)
    short = only(replay(source, decoder, monitor_of(POLICY))).windows[0]
    assert (short.end_us, short.counts.rows) == (720, 580)
