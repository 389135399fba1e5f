"""The tutorial on contracts works, in the folder that the first tutorial leaves."""

from pathlib import Path

import pytest

from tests.docs.blocks import Reader, blocks
from tests.docs.follow import Follower
from tests.harness.tools import ROOT

pytestmark = pytest.mark.surfaces


def test_the_tutorial_on_contracts_works(tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    (folder / "log").mkdir(parents=True)
    reader = Reader(folder, {})
    for block in blocks(ROOT / "docs" / "tutorial.md"):
        if block.name == "company.py":
            reader.write(block)
    reader.run("python company.py training > training.csv")
    with Follower(reader, tmp_path) as somebody:
        somebody.follow(blocks(ROOT / "docs" / "ship-a-contract.md"))
