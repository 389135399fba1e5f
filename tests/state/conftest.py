from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from driftwatch.state.sqlite import SqliteStore
from tests.state.contract import ALL, checkpoint, counts, pane


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteStore]:
    """A store in `folder` with something in it."""
    with closing(SqliteStore(folder)) as store:
        store.save(checkpoint({pane(3): counts(1, 2), pane(4): counts(3, 4)}, detector={ALL: b"d"}))
        yield store
