"""Alerts about Driftwatch itself, one for all replicas of a job."""

from driftwatch.export.values import REASON
from driftwatch.generate.rules.addresses import of_process
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.promql import PROCESS, known, lately, over
from driftwatch.generate.rules.rule import Alert, AlertName, Recording
from driftwatch.generate.rules.words import NAMED_JOB, OF_PROCESS, THE_JOB, joined, meaning

REJECTED_RATIO = 0.01

_WAITING = "driftwatch_consumer_lag_records"
_LAG = "job:driftwatch_consumer_lag_records:min5m"
_RATE = "job:driftwatch_records:rate5m"
_REJECTED = "job_reason:driftwatch_records_rejected:ratio_rate10m"
_SAVED = "job:driftwatch_checkpoint_timestamp_seconds:min"

_COUNTED_ONCE = 'outcome!="unevaluated"'
_SEEN_BEFORE = f"and on (job, instance) {lately('driftwatch_build_info', '1d')}"
# A target that never answered is ours where its job says so, as in the chart and the examples.
_SILENT = f'(up == 0 {_SEEN_BEFORE}) or up{{job="driftwatch"}} == 0'


def process_recordings(policy: RulesPolicy) -> tuple[Recording, ...]:
    """What the alerts about Driftwatch itself look at."""
    rejected = over("sum", f"{PROCESS}, reason", "rate(driftwatch_records_rejected_total[10m])")
    read = over("sum", PROCESS, f"rate(driftwatch_records_total{{{_COUNTED_ONCE}}}[10m])")
    recordings = [
        # What has waited all the time: a burst that is read at once is no lag. Of values that are
        # NaN and others the smallest is one of the others.
        Recording(_LAG, over("sum", PROCESS, known(f"min_over_time({_WAITING}[5m])"))),
        Recording(
            _RATE, over("sum", PROCESS, f"rate(driftwatch_records_total{{{_COUNTED_ONCE}}}[5m])")
        ),
        Recording(_REJECTED, f"{rejected}\n/ on ({PROCESS}) group_left ()\n({read} > 0)"),
    ]
    if policy.stale_after_s is not None:
        recordings.append(Recording(_SAVED, _saved()))
    return tuple(recordings)


def _saved() -> str:
    """When the state was last saved; since the process began, where it never was."""
    saved = f"({known('driftwatch_checkpoint_timestamp_seconds')})"
    began = (
        "(process_start_time_seconds and on (job, instance) "
        "driftwatch_checkpoint_timestamp_seconds)"
    )
    return over("min", PROCESS, f"{saved} or on (job, instance) {began}")


def process_alerts(policy: RulesPolicy) -> tuple[Alert, ...]:
    """The alerts about Driftwatch itself."""
    stale = () if policy.stale_after_s is None else (_stale(policy, policy.stale_after_s),)
    return (_lagging(policy), _rejects(policy), *stale, _reload_failed(policy), _down(policy))


def _lagging(policy: RulesPolicy) -> Alert:
    name: AlertName = "DriftwatchLagging"
    seconds = policy.lagging_after_s
    return Alert(
        name,
        f"{_LAG}\n> {seconds:g} * {_RATE}",
        "warning",
        f"Driftwatch ({THE_JOB}) lags behind its log",
        joined(
            NAMED_JOB,
            OF_PROCESS,
            "{{ $job }} has {{ $value | humanize }} records to read, which takes it longer than "
            f"{{{{ {seconds:g} | humanizeDuration }}}} at the rate of the last minutes.\n",
            "What it says of the models is old, and drift is found late. Nothing is lost while the "
            "log keeps the records.\n",
            _instances("driftwatch_consumer_lag_records{%s} > 0", "humanize", " records wait"),
        ),
        of_process(policy.links, name),
        after="5m",
        keep="10m",
    )


def _rejects(policy: RulesPolicy) -> Alert:
    name: AlertName = "DriftwatchRejects"
    return Alert(
        name,
        f'{_REJECTED}{{reason!="unknown_version"}} > {REJECTED_RATIO:g}',
        "warning",
        f"Driftwatch ({THE_JOB}) refuses records: {{{{ $labels.reason }}}}",
        joined(
            NAMED_JOB,
            "{{ $value | humanizePercentage }} of the records that {{ $job }} reads are "
            "refused, and are in no statistic:\n",
            f"{meaning('$labels.reason', REASON)}.\n",
            "What is refused may well be what has changed.\n",
        ),
        of_process(policy.links, name),
        after="10m",
        keep="10m",
    )


def _stale(policy: RulesPolicy, seconds: float) -> Alert:
    name: AlertName = "DriftwatchCheckpointStale"
    return Alert(
        name,
        f"time() - {lately(_SAVED, '5m')} > {seconds:g}",
        "warning",
        f"Driftwatch ({THE_JOB}) can't save its state",
        joined(
            NAMED_JOB,
            OF_PROCESS,
            "{{ $job }} has saved nothing for {{ $value | humanizeDuration }}. What it shows "
            "stands still: only what is saved counts.\n",
            "Nothing is lost yet. What was read since is read again after a restart, as far as the "
            "log still has it.\n",
            _instances(
                "time() - driftwatch_checkpoint_timestamp_seconds{%s}",
                "humanizeDuration",
                " since its last checkpoint",
            ),
        ),
        of_process(policy.links, name),
        after="1m",
    )


def _reload_failed(policy: RulesPolicy) -> Alert:
    name: AlertName = "DriftwatchReloadFailed"
    reloaded = over("min", PROCESS, lately("driftwatch_config_last_reload_successful", "5m"))
    return Alert(
        name,
        f"{reloaded} == 0",
        "warning",
        f"Driftwatch ({THE_JOB}) has not taken its new configuration",
        joined(
            NAMED_JOB,
            "{{ $job }} was told to read its configuration again, found an error in it, and runs "
            "on with the one from before.\n",
            "Its log says what is wrong, with the file and the line; so does "
            "`driftwatch config check FILE`.\n",
        ),
        of_process(policy.links, name),
        after="1m",
    )


def _down(policy: RulesPolicy) -> Alert:
    name: AlertName = "DriftwatchDown"
    some = f"count by ({PROCESS}) ({_SILENT})"
    none = f"absent(driftwatch_build_info) unless on () ({_SILENT})"
    return Alert(
        name,
        f"{some}\nor\n({none})",
        "warning",
        f"Driftwatch does not answer{{{{ with $labels.job }}}} ({THE_JOB}){{{{ end }}}}",
        joined(
            NAMED_JOB,
            OF_PROCESS,
            "{{ if $labels.job -}}\n"
            "Prometheus gets no answer from {{ $value }} of the targets of {{ $job }}.\n"
            "{{- else -}}\n"
            "Prometheus scrapes no Driftwatch at all: every target is gone, or was never there.\n"
            "{{- end }}\n",
            "While it is down nobody watches its models, and no news is no good news. A restart "
            "goes on from its last checkpoint.\n",
            _instances("up{%s} == 0", "", "does not answer"),
        ),
        of_process(policy.links, name),
        after="5m",
    )


def _instances(query: str, shown: str, words: str) -> str:
    """A line for each instance that a query finds."""
    value = f"{{{{ .Value | {shown} }}}}" if shown else ""
    return (
        f"{{{{- range printf `{query}` $in | query }}}}\n"
        f"{{{{ .Labels.instance }}}}: {value}{words}\n"
        "{{- end }}\n"
    )
