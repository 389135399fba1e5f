"""Which versions of a model are compared with each other, and in which columns."""

from collections.abc import Iterator, Mapping

from driftwatch.baseline.artifact import Baseline
from driftwatch.baselines import Baselines
from driftwatch.config import CompareSettings, Settings
from driftwatch.decode.composer import Views
from driftwatch.errors import ConfigError
from driftwatch.monitor.shadow import ShadowPolicy
from driftwatch.monitor.versus import View
from driftwatch.records import ModelVersion, StreamKey


def make_views(settings: Settings, baselines: Baselines) -> Mapping[StreamKey, View]:
    """By the stream that counts a version's records once more, what it is compared with.

    Raises ConfigError for a version without a baseline, for versions that have no column in common,
    and for answers that can't be joined.
    """
    found: dict[StreamKey, View] = {}
    watched = {route.model for route in baselines}
    for model, i, pair in _pairs(settings):
        if model not in watched:  # it has no baseline yet, and is blind for it
            continue
        here, there = (
            _baseline(settings, baselines, model, i, key, version)
            for key, version in (("version", pair.version), ("against", pair.against))
        )
        name = f"against {pair.against}"
        place = settings.where("models", model, "compare", i)
        shared = _shared(here, there)
        if not shared:
            raise ConfigError(
                f"{place}: the baselines of versions {pair.version!r} and {pair.against!r} have no "
                "column in common"
            )
        if name in {segment.name for segment in here.segments}:
            raise ConfigError(
                f"{place}: version {pair.version!r} has a segment of the name {name!r}, which "
                "the comparison would have; give the segment another one"
            )
        if pair.shadow and settings.decode.correlation is None:
            raise ConfigError(
                f"{place}: shadow needs decode.correlation, where a record says which request it "
                "answers"
            )
        columns = settings.models[model].columns
        shadow = ShadowPolicy(
            pair.disagreement, frozenset(n for n, column in columns.items() if column.sensitive)
        )
        found[StreamKey(model, pair.version, name)] = View(
            there, StreamKey(model, pair.against), shared, shadow if pair.shadow else None
        )
    return found


def decoded_views(views: Mapping[StreamKey, View]) -> Views:
    """The same for a decoder: by whose layouts it reads the records of a version once more."""
    found: dict[ModelVersion, dict[str, Baseline]] = {}
    for key, view in views.items():
        found.setdefault(key.route, {})[key.segment] = view.baseline
    return found


def _pairs(settings: Settings) -> Iterator[tuple[str, int, CompareSettings]]:
    for model, of_model in settings.models.items():
        for i, pair in enumerate(of_model.compare or ()):
            yield model, i, pair


def _baseline(
    settings: Settings, baselines: Baselines, model: str, i: int, key: str, version: str
) -> Baseline:
    found = baselines.get(ModelVersion(model, version))
    if found is None:
        known = sorted(route.version for route in baselines if route.model == model)
        raise ConfigError(
            f"{settings.where('models', model, 'compare', i, key)}: no baseline of version "
            f"{version!r} of {model!r}; there are {', '.join(map(repr, known)) or 'none'}"
        )
    return found


def _shared(here: Baseline, there: Baseline) -> frozenset[str]:
    """Columns that both baselines have, as the same kind and in the same role."""
    mine = {(c.name, c.role, c.kind) for c in here.layout().columns}
    others = {(c.name, c.role, c.kind) for c in there.layout().columns}
    return frozenset(name for name, _, _ in mine & others)
