"""What a commit says besides its offset: who wrote, and what the next writer has to know.

A broker keeps 4,096 bytes with each offset (its `offset.metadata.max.bytes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from driftwatch.errors import SourceError

MAX_BYTES = 3_900
"""What the text of a commit may take; the oldest cuts go first."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A committed offset of one partition, as its writer meant it.

    offset: everything below it is in the state of some writer. writer: whose tile ends here; empty
        where something else made the commit. clock_us: the largest event time accepted below it.
    topic_id: of the topic that was read. cuts: by earlier writer, where its latest tile ended; the
        oldest first. began_with: how many partitions the topic had when the group first placed one.
    number: of the checkpoint, where a changelog has its rows; they are those of this commit.

    >>> commit = Commit(7, "w1", 1_000, "Zr4k", {"w0": 5}, began_with=6)
    >>> Commit.parse(7, commit.text) == commit
    True
    """

    offset: int
    writer: str = ""
    clock_us: int | None = None
    topic_id: str | None = None
    cuts: Mapping[str, int] = field(default_factory=dict)
    began_with: int | None = None
    number: int | None = None

    def cut_of(self, writer: str) -> int | None:
        """Where the latest tile of a writer ended; None where it has none that is known."""
        return self.offset if writer == self.writer else self.cuts.get(writer)

    @property
    def text(self) -> str:
        """The commit without its offset, in at most `MAX_BYTES` of ASCII."""
        cuts = dict(self.cuts)
        while True:
            said = _Said(
                self.writer, self.clock_us, self.topic_id, cuts, self.began_with, self.number
            )
            text = msgspec.json.encode(said).decode()
            if len(text) <= MAX_BYTES or not cuts:
                return text
            del cuts[next(iter(cuts))]

    @staticmethod
    def parse(offset: int, text: str) -> "Commit":
        """The commit that a group holds.

        One without a text is somebody's who reset the group by hand.

        Raises SourceError for a text that is not of this program, or of a newer one.
        """
        if not text:
            return Commit(offset)
        try:
            said = msgspec.json.decode(text, type=_Said)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            raise SourceError(
                "the group's commits were made by another program or by a newer Driftwatch "
                f"({problem}); give this one a group_id of its own"
            ) from problem
        return Commit(offset, said.w, said.m, said.t, said.c, said.b, said.n)


class _Said(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="v", tag=1):
    """The text: version, writer, clock, topic id, cuts, began_with, number."""

    w: str = ""
    m: int | None = None
    t: str | None = None
    c: dict[str, int] = {}
    b: int | None = None
    n: int | None = None
