"""What a stream looked like over the time that is kept: for plots, and for nothing else.

Time is cut into at most 96 slots of equal length: a pane at first, twice that as often as the time
to show outgrows them. A slot holds the counts of the bars (`stats.bars`), summed, and the largest
evidence seen in it. Counts are read off the stored panes again after a restart; evidence, which no
pane knows, is stored beside the alarms, in steps of 1/250.

Nothing in a slot is changed in place, so that a report can hold the slots as they are.
"""

import zlib
from dataclasses import dataclass, field

import msgspec
import numpy as np

from driftwatch.records import CellArray, FloatArray, IntArray
from driftwatch.stats.bars import Bars

SLOTS = 96
FINENESS = 250
_UNKNOWN = 255


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A slot that begins at `start_us`.

    rows: records counted. bars: (G,) counts; None where none are known. evidence: (severities, C)
    the largest; None where none is known.
    """

    start_us: int
    rows: int = 0
    bars: CellArray | None = None
    evidence: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class TrailReport:
    """The slots, oldest first; those in which nothing came are left out."""

    slot_us: int
    slots: tuple[Slot, ...]


NO_TRAIL = TrailReport(1, ())


class _Stored(msgspec.Struct, frozen=True):
    slot_us: int
    starts_us: tuple[int, ...]
    shape: tuple[int, int]
    evidence: bytes


@dataclass(slots=True)
class Trail:
    """The slots of one stream. pane_us: the shortest slot. history_us: how long they are kept."""

    bars: Bars
    pane_us: int
    history_us: int
    _slot_us: int = field(init=False)
    _slots: dict[int, Slot] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._slot_us = self.pane_us

    def add(self, start_us: int, rows: int, cells: IntArray) -> None:
        """Take in the counts of a pane."""
        self._merge(Slot(start_us, rows, self.bars.summed(cells).astype(np.int32)))

    def note(self, start_us: int, evidence: FloatArray) -> None:
        """Take in the evidence after the pane that begins at `start_us`."""
        self._merge(Slot(start_us, evidence=evidence.astype(np.float32)))

    def keep_all(self) -> None:
        """Let no slot go, however old."""
        self.history_us = 1 << 62

    def forget_counts(self) -> None:
        """As before any pane; what was noted of the evidence stays."""
        self._slots = {
            start: Slot(start, evidence=slot.evidence)
            for start, slot in self._slots.items()
            if slot.evidence is not None
        }

    def report(self) -> TrailReport:
        """All slots as they are."""
        return TrailReport(self._slot_us, tuple(self._slots[s] for s in sorted(self._slots)))

    def to_bytes(self) -> bytes:
        """The evidence, for the store."""
        known = sorted(start for start, slot in self._slots.items() if slot.evidence is not None)
        arrays = [array for s in known for array in [self._slots[s].evidence] if array is not None]
        shape = arrays[0].shape if arrays else (0, 0)
        steps = np.stack(arrays) if arrays else np.empty((0, 0, 0))
        coarse = np.where(np.isnan(steps), _UNKNOWN, np.round(np.minimum(steps, 1.0) * FINENESS))
        return msgspec.msgpack.encode(
            _Stored(
                self._slot_us,
                tuple(known),
                (shape[0], shape[1]),
                zlib.compress(coarse.astype(np.uint8).tobytes(), 1),
            )
        )

    def restore(self, data: bytes) -> None:
        """Take up stored evidence. Raises ValueError or msgspec.MsgspecError."""
        stored = msgspec.msgpack.decode(data, type=_Stored)
        try:
            coarse = np.frombuffer(zlib.decompress(stored.evidence), dtype=np.uint8)
        except zlib.error as problem:
            raise ValueError("the stored evidence is damaged") from problem
        steps = coarse.reshape(len(stored.starts_us), *stored.shape)
        for start_us, step in zip(stored.starts_us, steps, strict=True):
            self.note(start_us, np.where(step == _UNKNOWN, np.nan, step / FINENESS))

    def _merge(self, news: Slot) -> None:
        start = news.start_us - news.start_us % self._slot_us
        known = self._slots.get(start)
        self._slots[start] = _merged(start, known, news)
        if known is None:
            self._make_room()

    def _make_room(self) -> None:
        newest = max(self._slots)
        while min(self._slots) <= newest - self.history_us:
            del self._slots[min(self._slots)]
        if (newest - min(self._slots)) // self._slot_us < SLOTS:
            return
        self._slot_us *= 2
        before, self._slots = self._slots, {}
        for start in sorted(before):
            slot = before[start]
            begin = start - start % self._slot_us
            self._slots[begin] = _merged(begin, self._slots.get(begin), slot)
        self._make_room()


def _merged(start_us: int, known: Slot | None, news: Slot) -> Slot:
    if known is None:
        return Slot(start_us, news.rows, news.bars, news.evidence)
    bars, evidence = known.bars, known.evidence
    if news.bars is not None:
        bars = news.bars if bars is None else bars + news.bars
    if news.evidence is not None:
        evidence = news.evidence if evidence is None else np.fmax(evidence, news.evidence)
    return Slot(start_us, known.rows + news.rows, bars, evidence)
