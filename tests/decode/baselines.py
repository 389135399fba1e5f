"""Baselines of a few records each, for decoders to decode by."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.records import ModelVersion


def baseline_of(
    columns: Mapping[str, Sequence[Any]],
    model: str = "fraud",
    version: str = "1",
    **options: Any,
) -> Baseline:
    """A baseline of these columns, by name."""
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    chunk = Chunk.from_records(records)
    return build(lambda: iter([chunk]), BuildOptions(model, version, **options))


def by_route(*baselines: Baseline) -> dict[ModelVersion, Baseline]:
    return {baseline.route: baseline for baseline in baselines}
