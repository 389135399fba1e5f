"""The alert that two versions of a model, live at the same time, behave differently."""

from driftwatch.generate.rules.addresses import of_comparison
from driftwatch.generate.rules.drift import OUTLASTS
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.promql import lately, over
from driftwatch.generate.rules.rule import Alert, AlertName, Recording
from driftwatch.generate.rules.words import asked, joined, names

_ALARM = "comparison:driftwatch_comparison_alarm:max"
_PAIR = "model, model_version, against"
_OF_PAIR = (
    '{{ $of := printf "model=%q,model_version=%q,against=%q"'
    " $labels.model $labels.model_version $labels.against -}}\n"
)
"""Makes `$of`, which picks the series of the two versions."""


def comparison_recordings(policy: RulesPolicy) -> tuple[Recording, ...]:
    """Which columns differ, of all replicas together."""
    if not policy.alarms:
        return ()
    alarm = "driftwatch_comparison_alarm"
    by = f"{_PAIR}, column, role, severity"
    return (Recording(_ALARM, over("max", by, alarm, lately(alarm, OUTLASTS))),)


def comparison_alerts(policy: RulesPolicy) -> tuple[Alert, ...]:
    """One for each pair of versions, however many columns differ."""
    if not policy.alarms:
        return ()
    name: AlertName = "ModelVersionsDiffer"
    links = of_comparison(policy.links, name)
    pages = f'{_ALARM}{{%[1]s,severity="page"'
    rate = "driftwatch_comparison_rate_ratio{%[1]s}"
    return (
        Alert(
            name,
            f'max by ({_PAIR}) ({_ALARM}{{severity="page"}}) == 1',
            "page",
            "{{ $labels.model }} version {{ $labels.model_version }} does not behave like version "
            "{{ $labels.against }}",
            joined(
                _OF_PAIR,
                "Versions {{ $labels.model_version }} and {{ $labels.against }} of "
                "{{ $labels.model }} are live at the same time, and differ.\n",
                names(f'{pages},role=~"prediction|rate"}} == 1', "$of", "Their answers do: ", "."),
                names(
                    f'{pages},role!~"prediction|rate"}} == 1',
                    "$of",
                    "What they are asked differs: ",
                    ". Answers may only follow it.",
                ),
                asked(
                    f"max by (condition) ({rate} == {rate})",
                    "$of",
                    "{{ range $i, $rate := . }}{{ if $i }}; {{ end }}"
                    '{{ $rate.Labels.condition }} holds {{ $rate.Value | printf "%.3g" }} times '
                    "as often{{ end }}.",
                ),
                f"Look first at the status page; it shows which values:\n"
                f"{links['status_page_url']}\n",
            ),
            links,
        ),
    )
