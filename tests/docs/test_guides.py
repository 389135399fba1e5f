"""What the how-to guides tell people to do works: somebody does it, with the README's files."""

import shlex
import shutil
from pathlib import Path
from typing import get_args

import pytest
import yaml

from driftwatch.explain.explanation import ExplanationKind
from tests.docs.blocks import Reader, blocks
from tests.docs.follow import Follower
from tests.docs.fraud import make_data
from tests.docs.pages import FOLLOWED_ELSEWHERE
from tests.harness.ports import PortLease
from tests.harness.tools import ROOT

GUIDES = [
    path
    for path in sorted((ROOT / "docs" / "how-to").glob("*.md"))
    if path.relative_to(ROOT).as_posix() not in FOLLOWED_ELSEWHERE
    and any(block.language == "sh" for block in blocks(path))
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody has who has come to the README's third step."""
    folder = make_data(tmp_path_factory.mktemp("readme") / "data")
    reader = Reader(folder, {})
    for block in blocks(ROOT / "README.md"):
        if block.name == "driftwatch.yaml":
            reader.write(block)
        elif block.text.startswith("driftwatch baseline build"):
            reader.run(block.commands[0])
    return folder


@pytest.mark.surfaces
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_works(guide: Path, made: Path, tmp_path: Path, free_port: int) -> None:
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    config = folder / "driftwatch.yaml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    config.write_text(yaml.safe_dump({**settings, "http": {"listen": f"127.0.0.1:{free_port}"}}))
    with PortLease() as second:
        reader = Reader(folder, {"8710": str(free_port), "8711": str(second.port)})
        with Follower(reader, tmp_path) as follower:
            follower.follow(blocks(guide))


def test_the_guide_to_an_alarm_has_every_kind_of_change() -> None:
    guide = (ROOT / "docs" / "how-to" / "read-an-alarm.md").read_text(encoding="utf-8")
    assert [kind for kind in get_args(ExplanationKind) if f"| `{kind}` |" not in guide] == []


@pytest.mark.surfaces
def test_the_pipelines_call_what_there_is(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    reader = Reader(folder, {})
    calls = []
    for block in blocks(ROOT / "docs" / "how-to" / "put-it-in-ci.md"):
        if block.name.endswith(".yml"):
            texts = _strings(yaml.safe_load(block.text))
            calls += [text for text in texts if shlex.split(text)[:1] == ["driftwatch"]]
    assert len(calls) == 2
    for call in calls:
        reader.run(call)
        assert (folder / "drift.html").is_file()
        (folder / "drift.html").unlink()


def _strings(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in _strings(value)]
    if isinstance(node, list):
        return [text for value in node for text in _strings(value)]
    return [node] if isinstance(node, str) else []
