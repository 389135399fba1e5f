"""What a comparison comes to: the verdict, the worst inputs, and what limits both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.parity.cells import Recorded
from driftwatch.parity.columns import ComparedColumn, share
from driftwatch.parity.outcome import Difference, Parity, ParityPolicy, Share, Verdict
from driftwatch.parity.pairs import Pairs
from driftwatch.records import BoolArray


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what came out of one comparison."""

    golden: Recorded
    log: Recorded
    pairs: Pairs
    policy: ParityPolicy

    def unknown(self, reason: str) -> Parity:
        """Nothing could be compared."""
        return Parity(
            "unknown", reason, self.golden.rows, self.log.rows, share(0, 0, self.policy.confidence)
        )

    def outcome(self, columns: Sequence[ComparedColumn], lacking: Sequence[str]) -> Parity:
        """The verdict on the columns that were compared."""
        inputs = np.unique(self.pairs.golden)
        differing = np.zeros(self.golden.rows, dtype=np.bool_)
        for column in columns:
            differing[self.pairs.golden[column.rows.differs]] = True
        found = share(int(differing.sum()), len(inputs), self.policy.confidence)
        doubts = list(self._doubts(columns, lacking))
        verdict, reason = _verdict(found, doubts)
        shown = self.pairs.missing[: self.policy.most_inputs].tolist()
        return Parity(
            verdict,
            reason,
            self.golden.rows,
            self.log.rows,
            found,
            tuple(sorted((c.told for c in columns), key=lambda c: -c.differing.ratio)),
            tuple(self._differences(columns)),
            tuple(self._name(row) for row in shown),
            len(self.pairs.missing),
            self.pairs.extra,
            self.pairs.golden_duplicates,
            self.pairs.log_duplicates,
            tuple(doubts),
        )

    def _doubts(self, columns: Sequence[ComparedColumn], lacking: Sequence[str]) -> Iterator[str]:
        """What keeps a clean comparison from being a clean bill."""
        if missing := len(self.pairs.missing):
            yield f"{missing:,} of {self.golden.rows:,} golden inputs have no answer in the log"
        if lacking:
            yield f"the log lacks {', '.join(lacking)}; --ignore leaves columns out"
        for column in columns:
            if unreadable := int(column.rows.unreadable.sum()):
                yield f"{column.told.name} holds arrays or objects in {unreadable:,} rows"

    def _differences(self, columns: Sequence[ComparedColumn]) -> Iterator[Difference]:
        """The worst column of each of the worst inputs."""
        if not columns:
            return
        excess = np.stack([column.rows.excess for column in columns])
        differs: BoolArray = np.any([column.rows.differs for column in columns], axis=0)
        worst = excess.max(axis=0)
        told: set[int] = set()
        for at in sorted(np.flatnonzero(differs).tolist(), key=lambda at: (-worst[at], at)):
            row = int(self.pairs.golden[at])
            if row in told or len(told) >= self.policy.most_inputs:
                continue
            told.add(row)
            yield self._difference(columns[int(np.argmax(excess[:, at]))], at, row)

    def _difference(self, column: ComparedColumn, at: int, row: int) -> Difference:
        worst = int(np.argmax([rows.excess[at] for _, rows in column.elements]))
        name, rows = column.elements[worst]
        size = float(rows.size[at])
        return Difference(
            self._name(row),
            name,
            column.golden[worst].shown(at),
            column.log[worst].shown(at),
            None if np.isnan(size) else size,
        )

    def _name(self, row: int) -> str:
        key = None if self.golden.keys is None else self.golden.keys[row]
        return f"row {row + 1}" if key is None else key


def _verdict(found: Share, doubts: Sequence[str]) -> tuple[Verdict, str]:
    if found.count:
        differ = "differs" if found.count == 1 else "differ"
        return "differs", f"{found.count:,} of {found.of:,} golden inputs {differ}"
    if doubts:
        return "unknown", doubts[0]
    return "within", f"all {found.of:,} golden inputs are within tolerance"
