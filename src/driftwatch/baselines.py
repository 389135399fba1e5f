"""The baselines of a configuration: its files, and what it says about the conditions in them.

A condition needs counts of its own, which only the training data can give. So the artifact holds
it; the configuration may repeat it, and then has to say the same. Rules of a contract are the
exception: whoever runs a model may ask more of its records than whoever trained it did.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

import structlog

from driftwatch.baseline.artifact import Baseline, CategoricalBaseline, load_baseline
from driftwatch.conditions import ConditionError
from driftwatch.config import ModelSettings, Settings, baseline_files
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.deriver import kinds_of
from driftwatch.errors import ConfigError
from driftwatch.records import ModelVersion

Baselines = Mapping[ModelVersion, Baseline]

log = structlog.get_logger(__name__)


def make_baselines(settings: Settings) -> Baselines:
    """The baselines of all models, less the columns that are not monitored.

    Raises BaselineError for a file that can't be used, ConfigError for one that belongs elsewhere,
    for settings of a column that no baseline has, or for conditions that they don't agree on.
    """
    found: dict[ModelVersion, Baseline] = {}
    for name, model in settings.models.items():
        known: set[str] = set()
        for version, path in _files(model):
            baseline = load_baseline(path)
            if baseline.model != name:
                raise ConfigError(
                    f"{settings.where('models', name, 'baselines')}: {path} is a baseline of model "
                    f"{baseline.model!r}, not of {name!r}"
                )
            route = ModelVersion(name, version or baseline.model_version)
            if route in found:
                raise ConfigError(
                    f"{settings.where('models', name, 'baselines')}: two baselines of version "
                    f"{route.version!r}; the second is {path}"
                )
            known |= {column.name for column in baseline.columns}
            _check_agreement(settings, name, baseline, path)
            kept = _with_contract(settings, name, baseline).without(unmonitored(model))
            found[route] = _with_conditions_read(settings, name, kept, path)
        if known:
            _check_columns(settings, name, known)
    return found


def _files(model: ModelSettings) -> Iterator[tuple[str | None, Path]]:
    """(version, file); the version is None where the file says it."""
    if isinstance(model.baselines, Mapping):
        yield from model.baselines.items()
    else:
        yield from ((None, path) for path in baseline_files(model))


def unmonitored(model: ModelSettings) -> frozenset[str]:
    """The columns that are not to be monitored."""
    return frozenset(name for name, column in model.columns.items() if not column.monitor)


def _check_columns(settings: Settings, model: str, known: set[str]) -> None:
    for name, column in settings.models[model].columns.items():
        # What is not to be monitored need not be in the baseline to begin with.
        if column.monitor and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"{settings.where('models', model, 'columns', name)}: no baseline of {model!r} has "
                f"a column {name!r}{hint}"
            )


def _check_agreement(settings: Settings, model: str, baseline: Baseline, path: Path) -> None:
    """Segments and rates that the configuration names are those of the artifact."""
    built = {one.column: one.text for one in baseline.conditions}
    given = settings.models[model]
    for role, key, texts in (
        ("segment", "segments", given.segments),
        ("rate", "rates", given.rates),
    ):
        for name, text in texts.items():
            known = built.get(f"{role}.{name}")
            if known is not None and known.split() == text.split():
                continue
            has = "knows none of this name" if known is None else f"was built with {known!r}"
            raise ConfigError(
                f"{settings.where('models', model, key, name)}: {text!r}, but {path} {has}; "
                f"build the baseline again with --{role} {name}='{text}', or take over its text"
            )


def _with_contract(settings: Settings, model: str, baseline: Baseline) -> Baseline:
    """The baseline with the rules of its contract that the configuration gives instead or more."""
    known = {one.name: one for one in baseline.conditions if one.role == "contract"}
    replaced: dict[str, NamedCondition] = {}
    for name, text in settings.models[model].contract.items():
        rule = NamedCondition(name=name, role="contract", text=text)
        if name not in known:
            log.info("contract has a rule that training was not asked", model=model, rule=name)
            baseline = _with_rule(baseline, rule)
        elif text != known[name].text:
            replaced[name] = rule
            log.warning(
                "contract has another rule than the baseline's",
                model=model,
                model_version=baseline.model_version,
                rule=name,
                configured=text,
                built=known[name].text,
            )
    conditions = tuple(
        replaced.get(one.name, one) if one.role == "contract" else one
        for one in baseline.conditions
    )
    return baseline.model_copy(update={"conditions": conditions})


def _with_rule(baseline: Baseline, rule: NamedCondition) -> Baseline:
    """The baseline with one more rule, taken to hold for every row of the training data."""

    def held(part: Baseline) -> Baseline:
        column = CategoricalBaseline(
            name=rule.column,
            role="contract",
            null=0,
            absent=0,
            wrong_type=0,
            vocabulary=("true",),
            counts=(part.rows,),
            other=0,
            other_hashes="",
            other_complete=True,
        )
        return part.model_copy(update={"columns": (*part.columns, column)})

    segments = tuple(
        segment.model_copy(update={"baseline": held(segment.baseline)})
        for segment in baseline.segments
    )
    conditions = (*baseline.conditions, rule)
    return held(baseline).model_copy(update={"conditions": conditions, "segments": segments})


def _with_conditions_read(
    settings: Settings, model: str, baseline: Baseline, path: Path
) -> Baseline:
    """The baseline with its conditions read once for all who ask them.

    They have to be understood, and to read columns that are monitored.
    """
    kinds = kinds_of(baseline.layout())
    try:
        conditions = tuple(one.bound(kinds) for one in baseline.conditions)
    except ConditionError as problem:
        raise ConfigError(
            f"{settings.where('models', model)}: a condition of {path} can't be used:\n{problem}"
        ) from problem
    return baseline.model_copy(update={"conditions": conditions})
