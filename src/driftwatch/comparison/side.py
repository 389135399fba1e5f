"""What is compared: a baseline artifact, or a log."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from driftwatch.baseline.artifact import Baseline, load_baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.raw import sources_of
from driftwatch.baseline.read import open_data
from driftwatch.baseline.times import TimesOf, column_times, own_times
from driftwatch.derive.derivation import Derivation
from driftwatch.timestamps import parse_times

_START = b'{"format":"driftwatch-baseline"'
_GZIPPED = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Side:
    """A baseline, or a log. place: where it is; it is called by that as well."""

    place: str
    baseline: Baseline | None = None

    def chunks(self, derived: Iterable[Derivation] = ()) -> Iterator[Chunk]:
        """The rows of a log, with what these columns are derived from. Raises DataError."""
        return open_data([self.place], sources_of(derived)).chunks()

    def as_baseline(self, options: BuildOptions) -> Baseline:
        """Itself, or one that is made of the log in memory. Raises DataError, UsageError."""
        if self.baseline is not None:
            return self.baseline
        times_of: TimesOf = own_times
        if options.timestamp is not None:
            times_of = column_times(options.timestamp, parse_times)
        return build(self.chunks, options, times_of=times_of)


def open_side(place: str) -> Side:
    """A baseline's file; or a log: CSV, JSON Lines or Parquet, a folder of them, or a URL.

    Raises BaselineError, DataError or UsageError.
    """
    path = Path(place)
    if path.is_file() and _is_baseline(path):
        return Side(place, load_baseline(path))
    open_data([place])  # says at once what is not there
    return Side(place)


def _is_baseline(path: Path) -> bool:
    """By how it begins; what can't be read is told by whoever reads it as a log."""
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIPPED)) == _GZIPPED
        with gzip.open(path) if packed else path.open("rb") as content:
            return content.read(len(_START)) == _START
    except (OSError, EOFError, zlib.error):
        return False
