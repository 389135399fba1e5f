"""The steps of a checkpoint come in their order, and partitions may leave on the way."""

import pytest

from driftwatch.protocol.rounds import Round
from driftwatch.records import Partition

A, B = Partition("t", 0), Partition("t", 1)


def committed(*partitions: Partition) -> Round:
    found = Round(set(partitions))
    found.saved()
    found.was_committed()
    return found


def test_a_round_is_saved_then_committed_then_settled() -> None:
    found = Round({A, B})
    todo = [found.todo]
    found.saved()
    todo.append(found.todo)
    found.was_committed()
    todo.append(found.todo)
    assert todo == ["save", "commit", "settle"]
    assert found.settled() == {A, B}


def test_a_partition_that_goes_before_the_commit_is_not_part_of_it() -> None:
    found = Round({A, B})
    found.saved()
    found.drop([B])
    found.was_committed()
    assert found.committed == {A}
    assert found.settled() == {A}


def test_a_partition_that_goes_after_the_commit_is_settled_and_not_confirmed_to_us() -> None:
    found = committed(A, B)
    found.drop([B])
    assert found.committed == {A, B}
    assert found.settled() == {A}


def test_a_round_that_all_partitions_have_left_comes_to_its_end() -> None:
    found = Round({A})
    found.saved()
    found.drop([A])
    found.was_committed()
    assert found.committed == set()
    assert found.settled() == set()


def test_a_step_out_of_order_is_an_error() -> None:
    found = Round({A})
    with pytest.raises(ValueError, match="is to save can't be told of a commit"):
        found.was_committed()
    found.saved()
    with pytest.raises(ValueError, match="is to commit can't be told of a save"):
        found.saved()
    with pytest.raises(ValueError, match="is to commit can't be told of a settle"):
        found.settled()
