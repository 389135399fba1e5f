"""What lets the documents of this repository be a site as well, as a hook of mkdocs.

A page is written for whoever reads it in the repository: its links lead to files, also to those
outside docs, and the words behind three backticks tell the tests what a block is. Here

- files outside docs that a page links to come along, and links to folders become plain text;
- blocks that are files have their name as a title, and what a command prints a class;
- a folder in the navigation stands for its pages.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = "repository"

_FENCE = re.compile(r"^```([\w-]+)(?: +([^\n]+))?$")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_FIRST = ("README.md", "index.md")
_ELSEWHERE = re.compile(r"[a-z]+:|#")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write the pages of a folder in its place, in the order of their names."""
    config.nav = _expanded(config.nav)
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Take along what pages link to outside docs, and what these link to."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in _targets(name, text):
            if target in seen or target.startswith("docs/") or not (ROOT / target).is_file():
                continue
            seen.add(target)
            files.append(File.generated(config, _place(target), abs_src_path=str(ROOT / target)))
            if target.endswith(".md"):
                waiting.append(target)
    return files


def on_page_markdown(markdown: str, *, page: Page, **_given: object) -> str:
    """Write a document as its page has it."""
    place = page.file.src_uri
    name = place.removeprefix(f"{OUTSIDE}/") if place.startswith(OUTSIDE) else f"docs/{place}"
    lines = []
    for line, is_code in _lines(markdown):
        fence = _FENCE.match(line)
        if fence:
            lines.append(_titled(fence[1], fence[2] or ""))
        else:
            lines.append(line if is_code else _relinked(line, name, place))
    return "\n".join(lines)


def _expanded(nav: Any) -> Any:
    if isinstance(nav, list):
        return [_expanded(entry) for entry in nav]
    if isinstance(nav, dict):
        return {title: _expanded(entry) for title, entry in nav.items()}
    if not nav.endswith("/"):
        return nav
    pages = [path.name for path in (ROOT / "docs" / nav).glob("*.md")]
    return [f"{nav}{name}" for name in sorted(pages, key=lambda name: (name not in _FIRST, name))]


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is code."""
    fenced = False
    for line in text.split("\n"):
        border = line.startswith("```")
        yield line, fenced or border or line.startswith("    ")
        fenced ^= border


def _targets(name: str, text: str) -> Iterator[str]:
    """The paths that a document links to, from the root of the repository."""
    for line, is_code in _lines(text):
        for link in [] if is_code else _LINK.finditer(line):
            if not _ELSEWHERE.match(link[3]):
                yield _target(name, link[3].partition("#")[0])


def _target(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _place(target: str) -> str:
    """Where a file of the repository is in the site; what has no ending would be downloaded."""
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    return f"{OUTSIDE}/{target}" + ("" if "." in posixpath.basename(target) else ".txt")


def _relinked(line: str, name: str, place: str) -> str:
    def one(link: re.Match[str]) -> str:
        if _ELSEWHERE.match(link[3]):
            return link[0]
        path, mark, anchor = link[3].partition("#")
        target = _target(name, path)
        if (ROOT / target).is_dir():
            return link[2]
        way = posixpath.relpath(_place(target), posixpath.dirname(place) or ".")
        return f"{link[1]}[{link[2]}]({way}{mark}{anchor})"

    return _LINK.sub(one, line)


def _titled(language: str, name: str) -> str:
    """What opens a block on its page: with the name of the file that it is, or is a part of."""
    if name == "output":
        return f"```{{.{language} .output}}"
    file = name.rpartition(" ")[2]
    return f'```{language} title="{file}"' if "." in file else f"```{language}"
