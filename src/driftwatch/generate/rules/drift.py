"""Alerts about columns: drift by severity, drift of a prediction, missing values.

`drift_alarm` has a budget of false alarms of its own, and does not end while its stream is blind.
So these alerts wait for nothing, and have only to outlast a target that does not answer.
"""

from driftwatch.export.values import EXPLANATION
from driftwatch.generate.rules.addresses import of_column
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.promql import COLUMN, known, lately, over
from driftwatch.generate.rules.rule import Alert, AlertName, Recording
from driftwatch.generate.rules.words import (
    NAMED_STREAM,
    NUMBER,
    OF_COLUMN,
    OF_STREAM,
    SHARE,
    THE_STREAM,
    TIME,
    asked,
    compared,
    joined,
    meaning,
    names,
)

OUTLASTS = "30m"
"""So long a raised alarm is believed of a target that no longer answers."""
MUCH_MISSING = 0.1

ALARM = "column:driftwatch_drift_alarm:max"
"""Whether an alarm is raised, by column and severity."""
_MISSING = "column:driftwatch_missing_ratio:max"


def drift_recordings(policy: RulesPolicy) -> tuple[Recording, ...]:
    """What the alerts about columns look at, of all replicas together."""
    alarm = "driftwatch_drift_alarm"
    # What a replica says now comes before what one said that is gone: it would never clear.
    raised = over("max", f"{COLUMN}, severity", alarm, lately(alarm, OUTLASTS))
    recordings = (Recording(ALARM, raised),) if policy.alarms else ()
    return (*recordings, Recording(_MISSING, _missing(policy)))


def _missing(policy: RulesPolicy) -> str:
    ratio = "driftwatch_missing_ratio"
    shortest = known(f'{ratio}{{window="{policy.window}"}}')
    if policy.window_is_known:
        return over("max", COLUMN, shortest)
    # Of windows with other names no one is known to be the shortest: all of them have to agree.
    return over("max", COLUMN, shortest, f"min without (window) ({known(ratio)})")


def drift_alerts(policy: RulesPolicy) -> tuple[Alert, ...]:
    """The alerts about columns."""
    alarms = (_model_drift(policy), _prediction_drift(policy), _info(policy))
    return (*(alarms if policy.alarms else ()), _missing_values(policy))


def _model_drift(policy: RulesPolicy) -> Alert:
    name: AlertName = "ModelDrift"
    return Alert(
        name,
        f'{ALARM}{{severity="page", role!="prediction"}} == 1',
        "page",
        f"{{{{ $labels.column }}}} of {THE_STREAM} has drifted",
        joined(
            NAMED_STREAM,
            OF_COLUMN,
            OF_STREAM,
            "The {{ $labels.role }} {{ $labels.column }} of {{ $stream }} "
            "no longer looks like the data that the model was trained on.\n",
            what_happened(policy, "page"),
            names(
                f'{ALARM}{{%[1]s,role="prediction",severity="page"}} == 1',
                "$of",
                "The model's answers drift as well: ",
                ".",
            ),
            look_first(policy, name),
        ),
        of_column(policy.links, name),
    )


def _prediction_drift(policy: RulesPolicy) -> Alert:
    name: AlertName = "PredictionDrift"
    return Alert(
        name,
        f'{ALARM}{{severity="page", role="prediction"}} == 1',
        "page",
        f"The prediction {{{{ $labels.column }}}} of {THE_STREAM} has drifted",
        joined(
            NAMED_STREAM,
            OF_COLUMN,
            OF_STREAM,
            "The prediction {{ $labels.column }} of {{ $stream }} no longer looks like "
            "the model's answers for its training data.\n",
            what_happened(policy, "page"),
            names(
                f'{ALARM}{{%[1]s,role="feature",severity="page"}} == 1',
                "$of",
                "Features drift at the same time: ",
                ". The answers may only follow them; look at these first.",
            ),
            look_first(policy, name),
        ),
        of_column(policy.links, name),
    )


def _info(policy: RulesPolicy) -> Alert:
    name: AlertName = "ModelDriftInfo"
    return Alert(
        name,
        f'{ALARM}{{severity="info"}} == 1',
        "info",
        f"{{{{ $labels.column }}}} of {THE_STREAM} moves away from its training data",
        joined(
            NAMED_STREAM,
            OF_COLUMN,
            "The {{ $labels.role }} {{ $labels.column }} of {{ $stream }} has changed, "
            "less than what a page takes.\n",
            what_happened(policy, "info"),
            look_first(policy, name),
        ),
        of_column(policy.links, name),
    )


def _missing_values(policy: RulesPolicy) -> Alert:
    name: AlertName = "ColumnMissingValues"
    training = over("max", COLUMN, lately("driftwatch_baseline_missing_ratio", "15m"))
    return Alert(
        name,
        f"{lately(_MISSING, '15m')}\n- on ({COLUMN})\n{training}\n> {MUCH_MISSING:g}",
        "warning",
        f"{{{{ $labels.column }}}} of {THE_STREAM} is often missing",
        joined(
            NAMED_STREAM,
            OF_COLUMN,
            "Records of {{ $stream }} come without a usable value of the {{ $labels.role }} "
            "{{ $labels.column }}: null, absent, NaN or of the wrong type.\n",
            _missing_ratio(policy),
            look_first(policy, name),
        ),
        of_column(policy.links, name),
        after="5m",
        keep="15m",
    )


def what_happened(policy: RulesPolicy, severity: str) -> str:
    """Lines with what a raised alarm looks like, since when, and the numbers beside it."""
    since = f'driftwatch_drift_since_timestamp_seconds{{%[1]s,severity="{severity}"}}'
    explained = f'driftwatch_drift_explanation{{%[1]s,severity="{severity}"}}'
    kind = meaning("$kind", EXPLANATION)
    return (
        asked(
            explained,
            "$at",
            f'{{{{ $kind := . | first | label "kind" -}}}}\nWhat it looks like: {kind}.',
        )
        + asked(f"min(last_over_time({since}[{OUTLASTS}]))", "$at", f"It began at {TIME}.")
        + _numbers(policy)
    )


def _numbers(policy: RulesPolicy) -> str:
    """The mean and what is missing, now and in training."""
    now, training = _now(policy, "column_mean"), _average("baseline_mean")
    return compared("Mean", _when(policy), now, training, "$at", NUMBER) + _missing_ratio(policy)


def _missing_ratio(policy: RulesPolicy) -> str:
    return share_line(policy, "Missing", "missing_ratio")


def share_line(policy: RulesPolicy, title: str, metric: str) -> str:
    """A line with a ratio of the column in the shortest window, and in training."""
    now, training = _now(policy, metric), _average(f"baseline_{metric}")
    return compared(title, _when(policy), now, training, "$at", SHARE)


def _when(policy: RulesPolicy) -> str:
    """What the numbers are of: a window that may have begun before the drift did."""
    return f"in the last {policy.window}" if policy.window_is_known else "in the shortest window"


def _now(policy: RulesPolicy, metric: str) -> str:
    """A gauge of the column in the shortest window."""
    shortest = _average(metric, f',window="{policy.window}"')
    return shortest if policy.window_is_known else f"{shortest} or {_average(metric)}"


def _average(metric: str, labels: str = "") -> str:
    """Over the replicas that know it."""
    series = f"driftwatch_{metric}{{%[1]s{labels}}}"
    return f"avg({series} == {series})"


def look_first(policy: RulesPolicy, name: AlertName) -> str:
    """The line that every alert about a column ends with."""
    address = of_column(policy.links, name)["status_page_url"]
    return f"Look first at the status page; it shows which values moved:\n{address}\n"
