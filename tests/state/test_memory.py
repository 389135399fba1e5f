from collections.abc import Callable

import pytest

from driftwatch.state.memory import MemoryStore
from driftwatch.state.port import Checkpoint, Store
from tests.state.contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def new_store(self) -> Callable[[], Store]:
        return MemoryStore

    def reopened(self, store: Store) -> Store:
        # It ends with the process, so nobody can find it after.
        return store


def test_nothing_is_written_anywhere() -> None:
    assert MemoryStore().save(Checkpoint(panes={}, partitions={})) == 0
