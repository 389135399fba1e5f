from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.texts import Texts
from driftwatch.records import Status


def test_a_key_that_a_record_lacks_is_absent_there() -> None:
    chunk = Chunk.from_records([{"a": 1}, {"b": None}])
    columns = {
        name: c.as_numeric()[1].tolist()
        for name, c in chunk.columns.items()
        if not isinstance(c, Texts)
    }
    assert columns == {"a": [Status.VALUE, Status.ABSENT], "b": [Status.ABSENT, Status.NULL]}


def test_columns_stand_in_the_order_in_which_they_are_met() -> None:
    assert list(Chunk.from_records([{"b": 1}, {"a": 1, "b": 2}, {"c": 0}]).columns) == [
        "b",
        "a",
        "c",
    ]


def test_pieces_end_at_multiples_counted_over_all_chunks() -> None:
    chunk = Chunk.from_records([{"a": i} for i in range(10)])
    assert [piece.rows for piece in chunk.pieces(0, 4)] == [4, 4, 2]
    assert [piece.rows for piece in chunk.pieces(7, 4)] == [1, 4, 4, 1]
    assert [piece.rows for piece in chunk.pieces(8, 16)] == [8, 2]


def test_pieces_hold_the_cells_of_their_rows() -> None:
    chunk = Chunk(3, {"a": Texts(["x", "y", "z"])}, closed=True, read_ratio=0.5)
    pieces = list(chunk.pieces(1, 2))
    assert [piece.columns["a"] for piece in pieces] == [Texts(["x"]), Texts(["y", "z"])]
    assert all(piece.closed and piece.read_ratio == 0.5 for piece in pieces)


def test_no_records_make_a_chunk_without_pieces() -> None:
    assert list(Chunk.from_records([]).pieces(0, 4)) == []
