"""What all writers have counted together, once what is in doubt is resolved."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import standing
from driftwatch.records import Partition
from driftwatch.sketch.counts import Counts
from driftwatch.state.port import Snapshot
from driftwatch.state.sqlite import SqliteStore
from tests.crash.truth import Counted, tallies_of


def written(
    states: Iterable[Path], commits: Mapping[Partition, Commit | None], scratch: Path
) -> Counted:
    """The sum over state folders, which may be in use. scratch: a folder for their copies."""
    panes: dict[PaneKey, Counts] = {}
    tallies: dict[Partition, dict[str, int]] = {}
    for number, folder in enumerate(states):
        if not (folder / "state.sqlite3").exists():
            continue
        copy = scratch / f"copy-{number}"
        _copy(folder / "state.sqlite3", copy)
        store = SqliteStore(copy)
        try:
            _add(_resolved(store, commits), panes, tallies)
        finally:
            store.close()
    return Counted(panes, tallies)


def _copy(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    with (
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as source,
        closing(sqlite3.connect(folder / "state.sqlite3")) as target,
    ):
        source.backup(target)


def _resolved(store: SqliteStore, commits: Mapping[Partition, Commit | None]) -> Snapshot:
    doubts = store.doubts()
    confirmed = standing(doubts, commits, store.writer)
    store.settle(confirmed, doubts.keys() - confirmed)
    return store.load()


def _add(
    snapshot: Snapshot,
    panes: dict[PaneKey, Counts],
    tallies: dict[Partition, dict[str, int]],
) -> None:
    for key, counts in snapshot.panes.items():
        if key in panes:
            panes[key].add(counts)
        else:
            panes[key] = counts.copy()
    for partition, found in tallies_of(snapshot.partitions, snapshot.halves).items():
        total = tallies.setdefault(partition, {})
        for name, count in found.items():
            total[name] = total.get(name, 0) + count


def differences(found: Counted, truth: Counted) -> list[str]:
    """What is not as it must be, in words; none where all is."""
    words = []
    for partition in sorted(found.tallies.keys() | truth.tallies.keys()):
        have, want = found.tallies.get(partition, {}), truth.tallies.get(partition, {})
        words += [
            f"{partition} {name}: {have.get(name, 0)} written, {want.get(name, 0)} in the log"
            for name in sorted(have.keys() | want.keys())
            if have.get(name, 0) != want.get(name, 0)
        ]
    for key in sorted(found.panes.keys() | truth.panes.keys()):
        if key not in found.panes or key not in truth.panes:
            words.append(f"{key}: only {'written' if key in found.panes else 'in the log'}")
        elif not _are_equal(found.panes[key], truth.panes[key]):
            rows = found.panes[key].rows, truth.panes[key].rows
            words.append(f"{key}: {rows[0]} rows written, {rows[1]} in the log, or other cells")
    return words


def _are_equal(one: Counts, other: Counts) -> bool:
    """Bit for bit, but for what rounding does to means."""
    return (
        one.rows == other.rows
        and np.array_equal(one.cells, other.cells)
        and np.array_equal(one.moments.count, other.moments.count)
        and np.array_equal(one.moments.minimum, other.moments.minimum)
        and np.array_equal(one.moments.maximum, other.moments.maximum)
        and np.allclose(one.moments.mean, other.moments.mean, rtol=1e-9)
        and np.allclose(one.moments.m2, other.moments.m2, rtol=1e-6, atol=1e-6)
    )
