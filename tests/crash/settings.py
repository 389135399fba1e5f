"""What all members are configured with, and the baselines that they judge by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.decode.baselines import baseline_of

STREAMS = (("fraud", "1"), ("fraud", "2"), ("churn", "1"))
WORDS = ("a", "b", "c")

_CONFIG = """
source:
  kafka: {{bootstrap_servers: "{bootstrap}", topics: [{topic}], group_id: {topic},
          start: earliest, session_timeout: 3s, client: {client}, assignment: {assignment}}}
decode: {decode}
models:
  fraud: {{baselines: "{folder}/fraud-{versions}.json.gz"}}
  churn: {{baselines: "{folder}/churn-*.json.gz"}}
pane: 10s
windows: [10m]
lateness: 20s
max_ahead: 1h
idle_after: 2s
checkpoint_every: {checkpoint_ms}ms
state: {{{state}, history: 30d}}
http: {{listen: "127.0.0.1:0"}}
log: {{format: json}}
"""


_RECORDS = "{timestamp: ts, model: model, model_version: version, features: features}"
_PAIRS = "{format: kserve, feature_names: [x, w], join: {within: 60s, co_partitioned: %s}}"


def write_baselines(folder: Path) -> None:
    """One baseline a stream, of a number and a word."""
    folder.mkdir(parents=True, exist_ok=True)
    for model, version in STREAMS:
        columns: dict[str, list[object]] = {"x": [*range(100)], "w": ["a", "b"] * 50}
        baseline = baseline_of(columns, model=model, version=version)
        baseline.save(folder / f"{model}-{version}.json.gz")


@dataclass(frozen=True, slots=True)
class Scene:
    """How a world is set up.

    client, assignment: of the members. store: `sqlite`, or `kafka` for a changelog. rate: records a
    second. mutation: what is broken in the members; None where nothing is. pairs: the log holds
    requests and responses apart, each pair `together` in one partition or `anywhere`; then one
    member reads it all.
    """

    client: str = "kafka-python"
    assignment: str = "range"
    store: str = "sqlite"
    rate: float = 400.0
    mutation: str | None = None
    pairs: Literal["together", "anywhere"] | None = None

    def __str__(self) -> str:
        broken = f", {self.mutation}" if self.mutation else ""
        pairs = f", pairs {self.pairs}" if self.pairs else ""
        return f"{self.store}, {self.client}, {self.assignment}{pairs}{broken}"


def changelog_of(topic: str) -> str:
    """The topic of a group's state."""
    return f"{topic}-state"


def write_config(
    path: Path, scene: Scene, *, bootstrap: str, topic: str, state: Path, checkpoint_ms: int
) -> None:
    """The configuration of one member.

    state: its folder; with a changelog its name.
    """
    kept = f'path: "{state}"'
    if scene.store == "kafka":
        replica = "-".join(state.parts[-2:])
        kept = f"kafka: {{topic: {changelog_of(topic)}, replica: {replica}}}"
    text = _CONFIG.format(
        client=scene.client,
        assignment=scene.assignment,
        bootstrap=bootstrap,
        topic=topic,
        decode=_PAIRS % str(scene.pairs == "together").lower() if scene.pairs else _RECORDS,
        versions="1" if scene.pairs else "*",
        folder=path.parents[1] / "baselines",
        state=kept,
        checkpoint_ms=checkpoint_ms,
    )
    path.write_text(text, encoding="utf-8")
