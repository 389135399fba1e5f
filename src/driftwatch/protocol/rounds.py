"""The steps of one checkpoint, as a state that is told what happened.

    sealed      what was counted is set apart, to be saved
    saved       the store has it, and can undo it: it is in doubt
    committed   the group has taken it
    (nothing)   the store knows that it was taken: the counts are the state, and the next may begin

Whatever fails is done again, the same step with the same partitions, and nothing new is saved until
this one has come to its end. A partition that goes away on the way leaves the round: what was saved
of it stays in doubt until it is assigned anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from driftwatch.records import Partition

Action = Literal["save", "commit", "settle"]


@dataclass(slots=True)
class Round:
    """One checkpoint on its way.

    todo: what is to be done next. ours: the partitions in it that are still ours.
    committed: those that the group has taken; empty before.

    >>> a, b = Partition("t", 0), Partition("t", 1)
    >>> round = Round({a, b})
    >>> round.saved(); round.todo
    'commit'
    >>> round.drop([b]); round.was_committed(); round.todo, round.committed == {a}
    ('settle', True)
    >>> round.settled() == {a}
    True
    """

    ours: set[Partition]
    todo: Action = "save"
    committed: set[Partition] = field(default_factory=set)

    def saved(self) -> None:
        """The store has all of it."""
        self._expect("save")
        self.todo = "commit"

    def was_committed(self) -> None:
        """The group has taken what is still ours."""
        self._expect("commit")
        self.committed = set(self.ours)
        self.todo = "settle"

    def settled(self) -> frozenset[Partition]:
        """The store knows. Returns the partitions whose counts are the state from now on."""
        self._expect("settle")
        return frozenset(self.ours & self.committed)

    def drop(self, partitions: Iterable[Partition]) -> None:
        """These are no longer ours. What was committed of them is settled all the same."""
        self.ours.difference_update(partitions)

    def _expect(self, action: Action) -> None:
        if self.todo != action:
            raise ValueError(f"a round that is to {self.todo} can't be told of a {action}")
