"""The reference of the command line is made from the commands."""

from driftwatch.cli import commands
from driftwatch.cli.reference import reference
from tests.harness.tools import ROOT


def test_the_reference_is_the_one_that_the_commands_make() -> None:
    written = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert written == reference(), (
        "python -m driftwatch.cli.reference > docs/reference/command-line.md"
    )


def test_the_reference_has_every_command_with_what_it_does() -> None:
    text = reference()
    for name in commands().commands:
        assert f"\n## driftwatch {name}" in text


def test_the_reference_gives_every_option_a_meaning() -> None:
    rows = [line.split(" | ") for line in reference().splitlines() if line.startswith("| `")]
    assert len(rows) > 30
    assert [row[0] for row in rows if not row[1].strip()] == []
