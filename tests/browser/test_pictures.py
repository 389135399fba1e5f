"""The pictures that the documents show."""

import re
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.pictures import IMAGES, MOST_BYTES, make_pictures
from tests.harness.tools import ROOT

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def test_all_pictures_can_be_made_anew_and_are_small(browser: Browser, tmp_path: Path) -> None:
    files, images = tmp_path / "files", tmp_path / "images"
    files.mkdir()
    images.mkdir()
    made = {path.name: path.stat().st_size for path in make_pictures(browser, files, images)}
    assert set(made) == {path.name for path in IMAGES.glob("*.png")}
    assert max(made.values()) < MOST_BYTES


def test_every_picture_that_a_document_shows_is_there() -> None:
    shown = [
        (document.parent / target).resolve()
        for document in DOCUMENTS
        for target in re.findall(r"[\w./-]*images/[\w-]+\.png", document.read_text("utf-8"))
    ]
    assert [path for path in shown if not path.is_file()] == []
    assert all(path.stat().st_size < MOST_BYTES for path in shown)
