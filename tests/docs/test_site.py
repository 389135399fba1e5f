"""The documents as a site: it builds without a warning, and asks nothing of anybody else."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.harness.tools import ROOT

pytestmark = pytest.mark.surfaces


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Loaded(HTMLParser):
    """Collects what a browser loads for a page without being asked, and what the page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.resources: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag in ("img", "script", "iframe", "source"):
            self.resources.append(found.get("src") or "")
        if tag == "link" and found.get("rel") != "canonical":
            self.resources.append(found.get("href") or "")


def test_no_page_asks_anything_of_anybody_else(site: Path) -> None:
    foreign = []
    for page in site.rglob("*.html"):
        parser = Loaded()
        parser.feed(page.read_text(encoding="utf-8"))
        foreign += [(page.name, url) for url in parser.resources if re.match(r"\w+:|//", url)]
    assert foreign == []
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\((?!['\"]?data:)['\"]?\w+:", styles) == []


def test_every_document_is_a_page(site: Path) -> None:
    for document in (ROOT / "docs").rglob("*.md"):
        place = document.relative_to(ROOT / "docs").with_suffix("")
        folder = place.parent if place.name in ("index", "README") else place
        assert (site / folder / "index.html").is_file(), document


def test_a_link_out_of_docs_leads_to_a_page_of_the_site(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="repository/#see-it-first"' in index
    assert 'id="see-it-first"' in (site / "repository" / "index.html").read_text(encoding="utf-8")


def test_a_file_in_a_block_has_its_name_above_it(site: Path) -> None:
    tutorial = (site / "tutorial" / "index.html").read_text(encoding="utf-8")
    assert '<span class="filename">driftwatch.yaml</span>' in tutorial
