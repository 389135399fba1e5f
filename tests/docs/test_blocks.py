"""What a page shows is compared as people read it: numbers aside, dots for what is left out."""

from pathlib import Path

import pytest

from tests.docs.blocks import Block, Reader, blocks, looks_like, masked


def test_numbers_and_gaps_are_all_alike() -> None:
    assert masked("1,234 rows   0.5%\n") == masked("7 rows 99.25%\n")
    assert masked("data 42e052e37e0579610442cedf04815b23") == masked("data 7")


def test_whether_a_metric_is_0_or_1_is_no_number_like_others() -> None:
    assert masked('alarm{severity="page"} 1.0') != masked('alarm{severity="page"} 0.0')
    assert masked("lag{} 17.0") == masked("lag{} 4.5")


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        ("a 1\n...\nz\n", "a 2\nb\nc\nz\n"),
        ("...\nz\n", "z\n"),
        ("a ...\n", "a and so on\n"),
        ("z\n...\n", "z\nand\nmore\n"),
    ],
)
def test_dots_stand_for_what_is_left_out(shown: str, seen: str) -> None:
    assert looks_like(shown, seen)


@pytest.mark.parametrize(
    ("shown", "seen"),
    [("a\n", "b\n"), ("a\n", "a\nb\n"), ("a\nb\n", "a\n"), ("...\nz\n", "z\ny\n"), ("a\n", "")],
)
def test_what_is_not_shown_is_told_apart(shown: str, seen: str) -> None:
    assert not looks_like(shown, seen)


def test_a_shell_goes_on_where_the_last_command_left_it(tmp_path: Path) -> None:
    reader = Reader(tmp_path, {})
    reader.run("mkdir below")
    reader.run("cd below")
    reader.run("export COLOUR=blue")
    assert reader.run("pwd; echo $COLOUR") == f"{tmp_path}/below\nblue\n"


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no-such-file"):
        Reader(tmp_path, {}).run("cat no-such-file")


def test_a_part_goes_beside_what_is_there_and_a_key_takes_its_place(tmp_path: Path) -> None:
    reader = Reader(tmp_path, {})
    reader.write(Block("yaml", "a.yaml", "alarms: {hold: 1m}\nstate: {path: here}\n"))
    reader.write(Block("yaml", "part of a.yaml", "alarms: {tolerance: 0.1}\n"))
    reader.write(Block("yaml", "state in a.yaml", "state: {memory: true}\n"))
    assert (tmp_path / "a.yaml").read_text() == (
        "alarms:\n  hold: 1m\n  tolerance: 0.1\nstate:\n  memory: true\n"
    )


def test_the_words_behind_the_backticks_say_what_a_block_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh background\nsleep 1\n```\n\n```yaml part of a.yaml\nb: 1\n```\n")
    assert blocks(page) == [
        Block("sh", "background", "sleep 1\n"),
        Block("yaml", "part of a.yaml", "b: 1\n"),
    ]
