from pathlib import Path

import pytest

from driftwatch.baseline.read import open_data
from driftwatch.errors import DataError
from tests.baseline.data import Record, built_of, write_csv, write_jsonl, write_parquet
from tests.baseline.object_store import object_store

fs = pytest.importorskip("pyarrow.fs")
pytestmark = pytest.mark.skipif(not hasattr(fs, "S3FileSystem"), reason="pyarrow without S3")

ROWS: list[Record] = [{"x": i / 8, "c": f"w{i % 3}"} for i in range(400)]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_bucket_is_read_like_a_folder(tmp_path: Path, name: str) -> None:
    write = {"a.csv": write_csv, "a.jsonl": write_jsonl, "a.parquet": write_parquet}[name]
    first = write(tmp_path / name, ROWS[:300])
    second = write(tmp_path / f"b{name[1:]}", ROWS[300:])
    objects = {
        f"lake/train/{name}": first.read_bytes(),
        f"lake/train/day 2/{second.name}": second.read_bytes(),
        "lake/train/_SUCCESS": b"",
        "lake/other/x.xlsx": b"",
    }
    expected = built_of(first, second).to_bytes()
    with object_store(objects) as query:
        assert built_of(f"s3://lake/train?{query}").to_bytes() == expected
        assert built_of(f"s3://lake/train/{name}?{query}").rows == 300
        with pytest.raises(DataError, match=r"s3://lake/nothing.*: no such file or folder"):
            open_data([f"s3://lake/nothing?{query}"])


def test_a_store_that_does_not_answer_is_an_error() -> None:
    with object_store({}) as query:
        pass
    with pytest.raises(DataError, match=r"s3://lake/a\.csv.*: can't be read: "):
        open_data([f"s3://lake/a.csv?{query}&connect_timeout=1&request_timeout=1"])
