import gzip
import json
from pathlib import Path

import pytest

from driftwatch.baseline.read import open_data
from driftwatch.errors import DataError, UsageError
from tests.baseline.data import (
    Record,
    built_of,
    column,
    words,
    write,
    write_jsonl,
    write_parquet,
)

JSONL = '{"x": "a"}\n{"x": "b"}\n'
CSV = "x,y\na,1\nb,2\n"


def rejected(*places: Path) -> str:
    """What is said of data that can't be read."""
    with pytest.raises(DataError) as caught:
        built_of(*places)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV),
        ("a.csv.gz", CSV),
        ("a.jsonl", JSONL),
        ("a.ndjson", JSONL),
        ("a.json", JSONL),
        ("a.jsonl.gz", JSONL),
    ],
)
def test_a_file_is_read_by_its_name(tmp_path: Path, name: str, text: str) -> None:
    assert words(built_of(write(tmp_path / name, text))) == {"a": 1, "b": 1}


def test_a_gzipped_file_needs_no_gz_in_its_name(tmp_path: Path) -> None:
    assert words(built_of(write(tmp_path / "a.csv", gzip.compress(CSV.encode())))) == {
        "a": 1,
        "b": 1,
    }


@pytest.mark.parametrize(("name", "text"), [("a.csv", CSV), ("a.jsonl", JSONL)])
def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path: Path, name: str, text: str) -> None:
    baseline = built_of(write(tmp_path / name, "\ufeff" + text))
    assert words(baseline) == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("name", "text", "end"),
    [
        *(("a.csv", CSV, end) for end in ("\r\n", "\n\n", "\r\n\r\n")),
        *(("a.jsonl", JSONL, end) for end in ("\r\n", "\n\n", "\n \n")),
    ],
)
def test_line_ends_and_empty_lines_change_nothing(
    tmp_path: Path, name: str, text: str, end: str
) -> None:
    lines = text.replace("\n", end)
    expected = built_of(write(tmp_path / "plain" / name, text)).to_bytes()
    assert built_of(write(tmp_path / name, lines)).to_bytes() == expected
    assert built_of(write(tmp_path / name, lines.rstrip())).to_bytes() == expected


def test_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    first = write(tmp_path / "b.csv", "x,y\na,1\n")
    second = write(tmp_path / "a.csv", "y,x\n5,b\n")
    assert built_of(first, second).rows == 2
    assert words(built_of(first, second)) == {"a": 1, "b": 1}


def test_a_folder_is_read_with_all_below_it_in_the_order_of_names(tmp_path: Path) -> None:
    for name, value in (("b/1.jsonl", 2), ("a.jsonl", 1), ("b/0.jsonl", 3)):
        write(tmp_path / "data" / name, json.dumps({f"x{value}": value}))
    baseline = built_of(tmp_path / "data")
    assert [column.name for column in baseline.columns] == ["x1", "x3", "x2"]


def test_what_a_folder_hides_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", JSONL)
    for name in ("_SUCCESS", ".a.jsonl.crc", ".git/config", "_delta_log/0.json"):
        write(tmp_path / name, "not data")
    assert built_of(tmp_path).rows == 2


def test_several_formats_at_once_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", CSV)
    write(tmp_path / "b.jsonl", JSONL)
    with pytest.raises(UsageError, match=r"several formats \(.*a\.csv and .*b\.jsonl\)"):
        open_data([str(tmp_path)])


@pytest.mark.parametrize("name", ["a.log", "a.jsonl.1", "a.log.2.gz", "a.jsonl-20260131.gz"])
def test_a_log_is_json_lines_under_the_names_that_rotation_gives(tmp_path: Path, name: str) -> None:
    assert built_of(write(tmp_path / name, JSONL)).rows == 2


def test_an_unknown_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.xlsx: not a kind of file that can be read; expected"):
        open_data([str(write(tmp_path / "a.xlsx", "x"))])


def test_a_file_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", CSV)
    with pytest.raises(UsageError, match="given twice"):
        open_data([str(path), str(tmp_path)])


def test_a_place_where_nothing_is_is_an_error(tmp_path: Path) -> None:
    assert rejected(tmp_path / "a.csv") == f"{tmp_path}/a.csv: no such file or folder"
    assert rejected(tmp_path) == f"{tmp_path}: the folder holds no data"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,y\na,1\nb\n", "a.csv:3: 1 fields where the header has 2"),
        ('x,y\n"a\n",1\n\nb,1,2\n', "a.csv:5: 3 fields where the header has 2"),
        ("x,y\na,1\n" + "b,1\n" * 9_000 + "c\n", "a.csv:9003: 1 fields where the header has 2"),
        ('x,y\na,"1\n', "a.csv:2: not CSV: unexpected end of data"),
        ('x,y\n"a"b,1\n', "a.csv:2: not CSV: ',' expected after '\"'"),
        ("", "a.csv:1: no header"),
        ("x,,y\n", "a.csv:1: column 2 has no name"),
        (",x\n0,1\n", r"a.csv:1: column 1 has no name; give it one, or leave it out \(pandas"),
        ("x,y,x\n", "a.csv:1: two columns have the name 'x'"),
        ("x;y\n1;2\n", "a.csv:1: columns are separated by ';'; expected commas"),
        ("0.5,a\n1.5,b\n", "a.csv:1: '0.5' is no column name; is the header missing?"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_csv_that_is_none_is_an_error_that_names_the_line(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    found = rejected(write(tmp_path / name, text))
    assert found.startswith(f"{tmp_path}/{name}")
    assert words.removeprefix("a.csv").replace("\\", "") in found


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_text_that_is_not_utf8_is_an_error_that_names_the_line(tmp_path: Path, name: str) -> None:
    lines = (CSV if name == "a.csv" else JSONL).encode().splitlines()
    lines.insert(2, lines[-1].replace(b"b", b"\xe9"))
    path = write(tmp_path / name, b"\n".join(lines))
    assert rejected(path) == f"{path}:3: not UTF-8; convert the file"


def test_a_header_without_rows_has_no_rows(tmp_path: Path) -> None:
    assert "no rows" in rejected(write(tmp_path / "a.csv", "x,y\n"))


def test_a_part_without_rows_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "x,y\n")
    write(tmp_path / "b.csv", CSV)
    assert built_of(tmp_path).rows == 2


def test_csv_fields_may_hold_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'x,y\n"a,""b""\n",1\n')
    assert words(built_of(path)) == {'a,"b"\n': 1}


def test_the_header_may_hold_any_signs(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", '"größe, cm",年齢,0,a.b\n1.5,a,0.5,2.5\n')
    assert [c.name for c in built_of(path).columns] == ["größe, cm", "年齢", "0", "a.b"]


@pytest.mark.parametrize("other", ["x,y,z\n1,2,3\n", "x,z\n1,2\n", "x\n1\n"])
def test_csv_files_must_have_the_same_columns(tmp_path: Path, other: str) -> None:
    write(tmp_path / "a.csv", CSV)
    found = rejected(write(tmp_path / "b.csv", other).parent)
    assert "b.csv: " in found
    assert "compared with" in found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "a.jsonl:3: not JSON: "),
        ("[1]", "a.jsonl:3: expected one JSON object, found list"),
        ("7", "a.jsonl:3: expected one JSON object, found int"),
        ("[" * 100_000, "a.jsonl:3: nested too deeply"),
        ('{"x": 1} {"x": 2}', "a.jsonl:3: not JSON: Extra data at column 10"),
    ],
)
def test_a_line_that_is_no_object_is_an_error_that_names_it(
    tmp_path: Path, line: str, words: str
) -> None:
    found = rejected(write(tmp_path / "a.jsonl", f"{JSONL}{line}\n{JSONL}"))
    assert words in found


def test_a_bad_line_far_down_is_named_too(tmp_path: Path) -> None:
    lines = "".join(f'{{"x": {i}, "text": "{"x" * 50}"}}\n' for i in range(60_000))
    assert "a.jsonl:60001: not JSON" in rejected(write(tmp_path / "a.jsonl", lines + "{\n"))


def test_a_json_array_is_an_error_that_says_how_to_turn_it_into_lines(tmp_path: Path) -> None:
    assert "jq -c '.[]'" in rejected(write(tmp_path / "a.json", '\n [{"x": 1},\n{"x": 2}]'))


def test_numbers_are_read_as_pythons_servers_write_them(tmp_path: Path) -> None:
    lines = '{"x": NaN}\n{"x": -Infinity}\n{"x": 1e999}\n{"x": 1}\n{"x": ' + "9" * 400 + "}\n"
    lines += '{"x": -' + "9" * 5_000 + "}\n"
    found = column(built_of(write(tmp_path / "a.jsonl", lines)), "x")
    assert found.kind == "numeric"
    assert (found.nan, found.negative_inf, found.positive_inf, found.count) == (1, 2, 2, 1)


@pytest.mark.parametrize("integer", [-(10**18), 10**19, 2**64, -(10**30)])
def test_an_integer_is_one_beside_a_token_that_only_python_writes(
    tmp_path: Path, integer: int
) -> None:
    plain = built_of(write(tmp_path / "a.jsonl", f'{{"x": {integer}, "y": null}}'))
    token = built_of(write(tmp_path / "b.jsonl", f'{{"x": {integer}, "y": NaN}}'))
    assert words(token) == words(plain)


def test_half_a_character_in_a_value_is_no_error(tmp_path: Path) -> None:
    assert words(built_of(write(tmp_path / "a.jsonl", '{"x": "\\ud800"}'))) == {"?": 1}


def test_a_compressed_file_that_ends_early_is_an_error(tmp_path: Path) -> None:
    text = CSV + "".join(f"w{i},{i}\n" for i in range(50_000))
    whole = gzip.compress(text.encode())
    for path, data in (("a.csv", whole[: len(whole) // 2]), ("b.csv", whole[:-4])):
        assert "truncated or damaged" in rejected(write(tmp_path / path, data))


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "loop.csv"
    path.symlink_to(path)
    assert "loop.csv: " in rejected(path)


def test_chunks_say_how_much_has_been_read(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, "x,y\n" + "1,2\n" * 150_000)
    ratios = [chunk.read_ratio or 0.0 for chunk in open_data([str(tmp_path)]).chunks()]
    assert len(ratios) > 3
    assert ratios == sorted(ratios)
    assert ratios[-1] == 1.0
    assert 0.2 < ratios[0] <= 0.5


def test_chunks_are_small_whatever_the_size_of_the_file(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "x,y\n" + "1,2\n" * 300_000)
    write(tmp_path / "b.csv", "x,y\n" + f"{'long' * 2_000},2\n" * 2_000)
    for name, rows in (("a.csv", 110_000), ("b.csv", 700)):
        chunks = list(open_data([str(tmp_path / name)]).chunks())
        assert max(chunk.rows for chunk in chunks) < rows


def test_the_row_numbers_that_pandas_stores_are_no_column(tmp_path: Path) -> None:
    rows: list[Record] = [{"x": 1.5, "__index_level_0__": i} for i in range(5)]
    assert [c.name for c in built_of(write_parquet(tmp_path / "a.parquet", rows)).columns] == ["x"]


def test_parquet_files_must_have_the_same_columns(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", [{"x": 1.5, "y": 2}])
    write_parquet(tmp_path / "b.parquet", [{"x": 1.5}])
    assert "b.parquet: lacks the column 'y'" in rejected(tmp_path)


def test_a_parquet_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    assert "a.parquet: can't be read" in rejected(write(tmp_path / "a.parquet", "PAR1 not at all"))
    whole = write_parquet(tmp_path / "b.parquet", [{"x": i / 7} for i in range(900)])
    damaged = bytearray(whole.read_bytes())
    damaged[100:3_000] = bytes(2_900)
    assert "c.parquet: can't be read" in rejected(write(tmp_path / "c.parquet", bytes(damaged)))


def test_two_parquet_columns_of_one_name_are_an_error(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table([pa.array([1.5]), pa.array([2.5])], names=["x", "x"])
    pq.write_table(table, tmp_path / "a.parquet")
    assert "two columns have the name 'x'" in rejected(tmp_path / "a.parquet")


def test_a_dot_in_a_parquet_column_is_a_part_of_its_name(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [{"a": 1.5, "a.b": 2.5, "c.d": "x"}])
    assert [c.name for c in built_of(path).columns] == ["a", "a.b", "c.d"]


@pytest.mark.parametrize("place", ["a.parquet", "s3://bucket/a.csv"])
def test_without_pyarrow_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    write(tmp_path / "a.parquet", "")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"pip install 'driftwatch-daemon\[baseline\]'"):
        open_data([place])


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "b.jsonl", "c.parquet"])
def test_a_url_is_read_like_a_file(tmp_path: Path, name: str) -> None:
    rows: list[Record] = [{"x": "a", "y": 1}, {"x": "b", "y": 2}]
    if name == "c.parquet":
        write_parquet(tmp_path / name, rows)
    elif name == "b.jsonl":
        write_jsonl(tmp_path / name, rows)
    else:
        write(tmp_path / name, CSV)
    url = f"file://{tmp_path}"
    expected = built_of(tmp_path / name).to_bytes()
    assert built_of(f"{url}/{name}").to_bytes() == expected
    assert built_of(url).to_bytes() == expected


def test_a_url_where_nothing_is_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        open_data([f"file://{tmp_path}/a.csv"])
    with pytest.raises(DataError, match=r"nonsense://a\.csv: can't be read"):
        open_data(["nonsense://a.csv"])


@pytest.mark.parametrize("scheme", ["s3", "nonsense"])
def test_a_password_in_a_url_is_never_shown(scheme: str) -> None:
    with pytest.raises((DataError, UsageError)) as caught:
        open_data([f"{scheme}://key:sec/ret:secret@bucket/a.csv?nonsense=secret"])
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
