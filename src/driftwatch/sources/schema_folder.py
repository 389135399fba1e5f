"""Avro schemas in a folder: one file a schema, called by its number, as in `17.avsc`."""

from pathlib import Path

from fastavro.types import Schema

from driftwatch.decode.avro_schemas import SchemaError, parsed_schema
from driftwatch.errors import SourceError


class SchemaFolder:
    """Reads a schema when it is first asked for; a file that comes later is found.

    >>> import tempfile
    >>> SchemaFolder(Path(tempfile.mkdtemp()))(17) is None
    True
    """

    def __init__(self, folder: Path) -> None:
        """Raises SourceError for what can't be used: better now than record by record."""
        if not folder.is_dir():
            raise SourceError(f"there is no folder {folder}; put the schemas there, as 17.avsc")
        self._folder = folder
        self._known: dict[int, Schema] = {}
        for path in sorted(folder.glob("*.avsc")):
            if path.stem.isdecimal():
                self._known[int(path.stem)] = _schema_in(path)

    def __call__(self, number: int) -> Schema | None:
        """The schema of this number; None where there is no file of it that can be used."""
        if number not in self._known:
            path = self._folder / f"{number}.avsc"
            if not path.is_file():
                return None
            try:
                self._known[number] = _schema_in(path)
            except (
                SourceError
            ):  # perhaps half written yet: its records are rejected until it can be
                return None
        return self._known[number]


def _schema_in(path: Path) -> Schema:
    try:
        return parsed_schema(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} can't be read: {error}") from error
    except SchemaError as error:
        raise SourceError(f"{path} is of no use: {error}; put the schema's JSON there") from error
