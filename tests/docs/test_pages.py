"""Each block of each page is one that some test runs, and what it configures is understood."""

from pathlib import Path

import pytest
import yaml

from driftwatch.config import parse
from tests.docs.blocks import SHOWN, Block, blocks, documents, merged
from tests.docs.pages import FOLLOWED_ELSEWHERE
from tests.docs.test_guides import GUIDES
from tests.harness.tools import ROOT

PART = "part of driftwatch.yaml"
KAFKA = {"kafka": {"bootstrap_servers": ["localhost:9092"], "topics": ["fraud-log"]}}


def name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def is_followed(document: Path) -> bool:
    return document in GUIDES or name(document) in FOLLOWED_ELSEWHERE


EXPLAINED = [document for document in documents() if not is_followed(document)]


@pytest.mark.parametrize("document", documents(), ids=name)
def test_every_block_is_one_that_is_tested(document: Path) -> None:
    found = blocks(document)
    assert {block.language for block in found} <= {"sh", "yaml", "python", *SHOWN}
    for block in found:
        assert block.language != "yaml" or block.name, "a yaml block needs the name of its file"
    if not is_followed(document):
        untested = [
            b for b in found if b.language not in SHOWN and (b.language, b.name) != ("yaml", PART)
        ]
        assert untested == [], "nothing runs these"


@pytest.mark.parametrize("page", FOLLOWED_ELSEWHERE)
def test_a_page_that_another_test_follows_is_there_and_so_is_the_test(page: str) -> None:
    assert (ROOT / page).is_file()
    assert (ROOT / FOLLOWED_ELSEWHERE[page]).is_file()


@pytest.mark.parametrize(
    ("document", "block"),
    [(d, b) for d in EXPLAINED for b in blocks(d) if b.name == PART],
    ids=lambda value: name(value) if isinstance(value, Path) else "",
)
def test_a_part_of_a_configuration_is_one_that_is_understood(document: Path, block: Block) -> None:
    (whole,) = [b.text for b in blocks(ROOT / "README.md") if b.name == "driftwatch.yaml"]
    settings, part = yaml.safe_load(whole), yaml.safe_load(_filled(block.text))
    if "kafka" in part.get("source", {}):
        settings["source"] = KAFKA
    if "format" in part.get("decode", {}):
        del settings["decode"]
    if "state" in part:
        del settings["state"]
    parse(merged(settings, part), ROOT / "driftwatch.yaml")


def _filled(text: str) -> str:
    return text.replace("${HOSTNAME}", "driftwatch-0")
