"""A folder of schemas, one a file."""

from pathlib import Path

import pytest

from driftwatch.errors import SourceError
from driftwatch.sources.schema_folder import SchemaFolder

INTEGER = '{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}'


def test_schemas_are_found_by_number_and_may_come_later(tmp_path: Path) -> None:
    (tmp_path / "7.avsc").write_text(INTEGER, encoding="utf-8")
    (tmp_path / "README.avsc").write_text("not one of them", encoding="utf-8")
    schemas = SchemaFolder(tmp_path)
    assert schemas(7) is not None
    assert schemas(8) is None
    (tmp_path / "8.avsc").write_text(INTEGER[:-2], encoding="utf-8")
    assert schemas(8) is None  # half written
    (tmp_path / "8.avsc").write_text(INTEGER, encoding="utf-8")
    assert schemas(8) is not None


def test_one_that_is_of_no_use_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "7.avsc").write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match=r"7\.avsc is of no use"):
        SchemaFolder(tmp_path)


def test_a_folder_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no folder"):
        SchemaFolder(tmp_path / "schemas")
