"""What a commit says, and how much of it a broker keeps."""

import pytest

from driftwatch.errors import SourceError
from driftwatch.protocol.commit import MAX_BYTES, Commit

LONG = Commit(9, "us", 1_000, "id", {f"writer-{n:04}": n for n in range(1_000)}, began_with=6)


def test_a_commit_is_read_as_it_was_written() -> None:
    commit = Commit(7, "us", 1_000, "id", {"first": 3, "second": 5}, began_with=6, number=12)
    again = Commit.parse(7, commit.text)
    assert again == commit
    assert list(again.cuts) == ["first", "second"]


def test_a_text_of_many_cuts_is_one_that_a_broker_keeps() -> None:
    assert MAX_BYTES - 30 < len(LONG.text.encode()) <= MAX_BYTES < 4_096


def test_the_oldest_cuts_go_first() -> None:
    kept = list(Commit.parse(9, LONG.text).cuts)
    assert kept == list(LONG.cuts)[-len(kept) :]


def test_a_text_keeps_all_else_however_many_cuts_go() -> None:
    again = Commit.parse(9, LONG.text)
    assert (again.writer, again.clock_us, again.topic_id, again.began_with) == (
        "us",
        1_000,
        "id",
        6,
    )


def test_a_commit_without_a_text_is_one_that_somebody_made_by_hand() -> None:
    assert Commit.parse(7, "") == Commit(7)


@pytest.mark.parametrize("text", ["{", "offset by cron", '{"v":2,"w":"us"}', "[]", "1"])
def test_a_text_of_another_program_or_a_newer_one_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="group_id of its own"):
        Commit.parse(7, text)


def test_what_a_newer_version_adds_without_a_new_number_is_passed_over() -> None:
    assert Commit.parse(7, '{"v":1,"w":"us","later":1}') == Commit(7, "us")


def test_the_cut_of_the_writer_is_the_offset_itself() -> None:
    commit = Commit(7, "us", cuts={"them": 5})
    assert [commit.cut_of(writer) for writer in ("us", "them", "nobody")] == [7, 5, None]
