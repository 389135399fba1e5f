"""Which models are watched, and against what: the `models` section."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from driftwatch.config.alarms import Thresholds, Tolerance, too_high
from driftwatch.config.comparing import CompareSettings, VolumeSettings
from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.shown import did_you_mean, listed, quoted
from driftwatch.config.values import (
    Condition,
    FilePath,
    Listed,
    Name,
    OneOrMany,
    PathPattern,
    Switch,
    Version,
)


class ColumnSettings(Section):
    """What is different about one column."""

    monitor: Switch = Field(default=True, description="Watch this column.")
    sensitive: Switch = Field(
        default=False,
        description=(
            "Show no value of this column anywhere: no word, edge or extreme, of the baseline's "
            "either; only its statistics."
        ),
    )
    tolerance: Tolerance | None = Field(
        default=None, description="The tolerance of this column, instead of that of `alarms`."
    )
    thresholds: Thresholds = Field(
        default_factory=dict,
        description="Thresholds of this column, over those of `alarms`, one statistic at a time.",
        examples=[{"psi": 0.2}],
    )

    def _broken(self) -> Iterator[Broken]:
        yield from too_high(self.thresholds, ("thresholds",))
        if self.thresholds and not self.monitor:
            text = "has no effect with monitor: false"
            yield Broken("thresholds_unmonitored", ("thresholds",), text)
        if self.tolerance is not None and not self.monitor:
            text = "has no effect with monitor: false"
            yield Broken("tolerance_unmonitored", ("tolerance",), text)


def _by_version(value: object) -> Hashable:
    return "by_version" if isinstance(value, Mapping) else "patterns"


Baselines = Annotated[
    Annotated[Mapping[Version, FilePath], Field(min_length=1), Tag("by_version")]
    | Annotated[OneOrMany[PathPattern], Tag("patterns")],
    Discriminator(_by_version),
]
"""Files by version; or paths and globs of files that say themselves which version they are of."""


class ModelSettings(Section):
    """One model: its baselines, and what is different about its columns."""

    baselines: Baselines = Field(
        description=(
            "Baseline files: by version, or as paths and globs (the version is read from each "
            "file). Relative to this file's folder."
        ),
        examples=[{"3": "fraud-3.baseline.json.gz"}],
    )
    fallback_version: Version | None = Field(
        default=None,
        description="Records of versions without a baseline are compared with this version's.",
        examples=["3"],
    )
    segments: Mapping[Name, Condition] = Field(
        default_factory=dict,
        description=(
            "Segments by name, as the baselines were built with: records that are watched on their "
            "own as well. All of a baseline's are watched; those named here have to agree with it."
        ),
        examples=[{"new_customers": "tenure_days < 30"}],
    )
    rates: Mapping[Name, Condition] = Field(
        default_factory=dict,
        description="Conditions whose share is watched; they have to agree as segments do.",
        examples=[{"high_score": "score >= 0.7"}],
    )
    contract: Mapping[Name, Condition] = Field(
        default_factory=dict,
        description=(
            "Rules that every record has to meet, more than the baselines' own contract, or "
            "instead of its rules of the same name."
        ),
        examples=[{"scored": "score IS NOT NULL"}],
    )
    compare: Listed[CompareSettings] | None = Field(
        default=None,
        description="Versions that are compared with each other while both are live.",
        examples=[[{"version": "8", "against": "7"}]],
    )
    volume: VolumeSettings | None = Field(
        default=None,
        description=(
            "Raise an alarm where there are far fewer or far more records than in the same hours "
            "of the week in training, whose times the baseline has to know."
        ),
        examples=[{"low": 0.5, "high": 2.0}],
    )
    columns: Mapping[Name, ColumnSettings] = Field(
        default_factory=dict,
        description="What is different about single columns, by name.",
        examples=[{"request_id": {"monitor": False}}],
    )

    @property
    def versions(self) -> tuple[str, ...] | None:
        """The versions that have a baseline; None where only the files can tell."""
        return tuple(self.baselines) if isinstance(self.baselines, Mapping) else None

    def _broken(self) -> Iterator[Broken]:
        known, fallback = self.versions, self.fallback_version
        if known is not None and fallback is not None and fallback not in known:
            text = f"no baseline of version {quoted(fallback)}"
            text += did_you_mean(fallback, known) or f"; expected {listed(known)}"
            yield Broken("version_without_baseline", ("fallback_version",), text)
        for i, pair in enumerate(self.compare or ()):
            for key, version in (("version", pair.version), ("against", pair.against)):
                if known is not None and version not in known:
                    text = f"no baseline of version {quoted(version)}"
                    text += did_you_mean(version, known) or f"; expected {listed(known)}"
                    yield Broken("version_without_baseline", ("compare", i, key), text)
