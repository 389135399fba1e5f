"""The documents hold together: links lead somewhere, make targets that they name exist."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.tools import ROOT


def documents() -> Iterator[Path]:
    """Every Markdown file of the project, but not those of what it has installed."""
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if not name.startswith(".") and name != "node_modules"]
        yield from (Path(folder, name) for name in files if name.endswith(".md"))


DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in documents())


def prose(path: Path) -> str:
    """The text of a document without its blocks of code."""
    text = re.sub(
        r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    return re.sub(r"^(    |\t).*$", "", text, flags=re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What a link into a document may name after its ``#``."""
    headings = re.findall(r"^#+ +(.+?) *$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_inside_the_project_leads_somewhere(name: str) -> None:
    document = ROOT / name
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_that_is_named_exists(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    text = (ROOT / name).read_text(encoding="utf-8")
    # As code only: "make sense" is no target.
    named = set(re.findall(r"(?:`|^ {4}|^\$ )make ([a-z]+)", text, re.MULTILINE))
    assert named <= targets
