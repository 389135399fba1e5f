"""Alerts about predictions, by the names that people have for what went wrong.

They stand beside `PredictionDrift`, whose budget of false alarms is theirs too: each fires only
while that alarm is raised. An explanation may change as records come; the one that is said now
comes before one that was said a while ago.
"""

from typing import NamedTuple

from driftwatch.generate.rules.addresses import of_column
from driftwatch.generate.rules.drift import ALARM, OUTLASTS, look_first, share_line, what_happened
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.promql import COLUMN, lately
from driftwatch.generate.rules.rule import Alert, AlertName, Recording
from driftwatch.generate.rules.words import NAMED_STREAM, OF_COLUMN, THE_STREAM, joined

_KIND = "column_kind:driftwatch_drift_explanation:max"


class _Named(NamedTuple):
    """kinds: of explanation, as a pattern. summary, sentence: what it is, in words."""

    name: AlertName
    kinds: str
    summary: str
    sentence: str


_NAMED = (
    _Named(
        "ModelPredictsOneValue",
        "one_value|all_zero",
        "answers the same to everybody",
        "gives nearly every record the same answer",
    ),
    _Named(
        "ModelPredictsNewClass",
        "new_value",
        "predicts a class that it never predicted before",
        "gives an answer that training never saw",
    ),
    _Named(
        "ModelPredictionsConcentrated",
        "concentrated",
        "gives most records one and the same class",
        "gives one class far more often than in training, and the others together less than half "
        "as often",
    ),
)


def prediction_recordings(policy: RulesPolicy) -> tuple[Recording, ...]:
    """What alarms of predictions look like, of all replicas together."""
    if not policy.alarms:
        return ()
    by = f"{COLUMN}, severity"
    explained = 'driftwatch_drift_explanation{role="prediction"}'
    now = f"max by ({by}, kind) ({explained})"
    before = f"max by ({by}, kind) ({lately(explained, OUTLASTS)})"
    expr = f"{now}\nor\n(\n{before}\nunless on ({by})\nmax by ({by}) ({explained})\n)"
    return (Recording(_KIND, expr),)


def prediction_alerts(policy: RulesPolicy) -> tuple[Alert, ...]:
    """One for each name."""
    return tuple(_alert(policy, named) for named in _NAMED) if policy.alarms else ()


def _alert(policy: RulesPolicy, named: _Named) -> Alert:
    by = f"{COLUMN}, severity"
    raised = f'{ALARM}{{severity="page", role="prediction"}} == 1'
    looks = f'max by ({by}) ({_KIND}{{severity="page", kind=~"{named.kinds}"}}) == 1'
    return Alert(
        named.name,
        f"{raised}\nand on ({by})\n{looks}",
        "page",
        f"{{{{ $labels.column }}}} of {THE_STREAM} {named.summary}",
        joined(
            NAMED_STREAM,
            OF_COLUMN,
            f"The prediction {{{{ $labels.column }}}} of {{{{ $stream }}}} {named.sentence}.\n",
            what_happened(policy, "page"),
            share_line(policy, "The most frequent class", "top_class_ratio"),
            look_first(policy, named.name),
        ),
        of_column(policy.links, named.name),
    )
