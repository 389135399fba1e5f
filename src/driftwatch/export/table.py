"""The metric table: every metric that Driftwatch exports, in one place.

The exporter, the reference in the documents, rules and dashboards are made from it. Names follow
Prometheus: base units, the unit at the end of the name, `_total` after that for counters. A label's
value comes from the configuration, from the baseline or from a fixed list, and never from the data.
"""

from collections.abc import Mapping
from functools import partial

from driftwatch.export.metric import Metric
from driftwatch.export.values import (
    ANSWER,
    BLIND,
    DELIVERY,
    DIRECTION,
    EXPLANATION,
    OUTCOME,
    REASON,
    SEVERITY,
    STEP,
)

_in_window = partial(Metric, per="column and window")
_column = partial(Metric, per="column")
_alarm = partial(Metric, per="column and severity", values={"severity": SEVERITY})
_counts = partial(Metric, per="column and cell")
_condition = partial(Metric, per="condition")
_stream = partial(Metric, per="stream")
_comparison = partial(Metric, per="comparison")
_compared = partial(Metric, per="compared column")
_process = partial(Metric, per="process")

METRICS: tuple[Metric, ...] = (
    _in_window(
        "ks_statistic",
        "Kolmogorov-Smirnov distance from the baseline, from 0 to 1: the least it can be.",
        columns="numeric",
    ),
    _in_window(
        "ks_upper_bound",
        "Kolmogorov-Smirnov distance from the baseline, from 0 to 1: the most it can be.",
        columns="numeric",
    ),
    _in_window(
        "ks_p_value",
        "Asymptotic p-value of ks_statistic; looked at again and again it is below any limit once.",
        columns="numeric",
        p_value=True,
    ),
    _in_window(
        "psi", "Population stability index over tenths of the baseline's mass, or over categories."
    ),
    _in_window(
        "psi_debiased",
        "Population stability index less what chance alone makes of it; around 0 without drift.",
    ),
    _in_window(
        "psi_p_value",
        "Asymptotic p-value of psi; looked at again and again it is below any limit once.",
        p_value=True,
    ),
    _in_window(
        "wasserstein_normalized",
        "Wasserstein distance from the baseline, in standard deviations of the baseline.",
        unit="standard deviations",
        columns="numeric",
    ),
    _in_window(
        "jensen_shannon",
        "Jensen-Shannon distance from the baseline, from 0 to 1.",
        columns="categorical",
    ),
    _in_window(
        "missing_ratio",
        "Share of the records without a usable value: null, absent, NaN or of the wrong type.",
        unit="ratio",
    ),
    _in_window(
        "out_of_range_ratio",
        "Share of the numbers outside the baseline's range, infinite ones included.",
        unit="ratio",
        columns="numeric",
    ),
    _in_window(
        "new_category_ratio",
        "Share of the values that the baseline has never seen.",
        unit="ratio",
        columns="categorical",
    ),
    _in_window(
        "top_class_ratio",
        "Share of the values that are the most frequent one.",
        unit="ratio",
        columns="categorical",
    ),
    _in_window("column_mean", "Mean of the finite values.", unit="the column's", columns="numeric"),
    _in_window(
        "column_stddev",
        "Standard deviation of the finite values.",
        unit="the column's",
        columns="numeric",
    ),
    _column(
        "baseline_mean",
        "Mean of the finite values in the baseline.",
        unit="the column's",
        columns="numeric",
    ),
    _column(
        "baseline_stddev",
        "Standard deviation of the finite values in the baseline.",
        unit="the column's",
        columns="numeric",
    ),
    _column(
        "baseline_missing_ratio",
        "Share of the baseline's records without a usable value.",
        unit="ratio",
    ),
    _column(
        "baseline_top_class_ratio",
        "Share of the baseline's values that are the most frequent one.",
        unit="ratio",
        columns="categorical",
    ),
    _column(
        "min_detectable_shift",
        "Smallest change of a share of one half that ever pages: sampling error and tolerance.",
        unit="of a share",
    ),
    _alarm(
        "drift_alarm",
        "1 while the alarm is raised, else 0; keeps its value while the stream is blind.",
    ),
    _alarm(
        "drift_evidence",
        "Evidence of drift on a log scale: 0 for none, 1 is the alarm; NaN before any pane closed.",
        unit="of the alarm's",
    ),
    _alarm("drift_alarms_total", "How often the alarm was raised.", unit="alarms"),
    _alarm(
        "drift_since_timestamp_seconds",
        "When the drift behind a raised alarm began, in event time; absent while there is none.",
        unit="seconds",
    ),
    _alarm(
        "drift_explanation",
        "1 while the alarm is raised and explained, labelled with what it looks like; else absent.",
        own=("kind",),
        values={"kind": EXPLANATION},
    ),
    _counts(
        "column_values",
        "Finite values counted since the process began, on some of the baseline's edges.",
        unit="the column's",
        columns="numeric",
        own=("le",),
    ),
    _counts(
        "baseline_values",
        "Finite values in the baseline, on the edges of column_values.",
        unit="the column's",
        columns="numeric",
        own=("le",),
    ),
    _counts(
        "column_records_total",
        "Records counted since the process began, by the cell that their value falls in.",
        unit="records",
        own=("cell",),
    ),
    _counts(
        "baseline_records",
        "Records in the baseline, by the cells of column_records_total.",
        unit="records",
        own=("cell",),
    ),
    _condition(
        "condition_ratio",
        "Share of the records for which the condition holds.",
        unit="ratio",
        own=("window",),
    ),
    _condition(
        "baseline_condition_ratio",
        "Share of the baseline's records for which the condition holds.",
        unit="ratio",
    ),
    _stream(
        "contract_violations_total",
        "Records that break a rule of the contract.",
        unit="records",
        own=("rule",),
    ),
    _stream(
        "baseline_contract_violation_ratio",
        "Share of the baseline's records that break a rule of the contract.",
        unit="ratio",
        own=("rule",),
    ),
    _stream("window_records", "Records in the window.", unit="records", own=("window",)),
    _stream(
        "window_fill_ratio",
        "Share of the window's length that lies behind the stream's first record.",
        unit="ratio",
        own=("window",),
    ),
    _stream(
        "blind",
        "1 where the silence of the stream can't be believed for this reason, else 0.",
        own=("reason",),
        values={"reason": BLIND},
    ),
    _stream(
        "volume_ratio",
        "Records of all versions in the window, over those of the same hours in training.",
        unit="ratio",
        own=("window",),
    ),
    _stream(
        "volume_alarm",
        "1 while far fewer or far more records come than `volume` allows, else 0.",
        own=("direction",),
        values={"direction": DIRECTION},
    ),
    _stream(
        "watermark_timestamp_seconds",
        "Event time before which the stream is taken to be complete.",
        unit="seconds",
    ),
    _stream(
        "model_version_first_seen_timestamp_seconds",
        "Event time of the stream's first record.",
        unit="seconds",
    ),
    _stream(
        "traffic_share_ratio",
        "Share of the model's records in the shortest window that are this stream's.",
        unit="ratio",
    ),
    _comparison(
        "comparison_records",
        "Records of the version in the window; the other version has window_records.",
        unit="records",
        own=("window",),
    ),
    _comparison(
        "comparison_rate_ratio",
        "How many times as often a condition holds as in the other version.",
        unit="ratio",
        own=("condition", "window"),
    ),
    _comparison(
        "comparison_rate_lower_ratio",
        "Lower end of comparison_rate_ratio, with 95%.",
        unit="ratio",
        own=("condition", "window"),
    ),
    _comparison(
        "comparison_rate_upper_ratio",
        "Upper end of comparison_rate_ratio, with 95%.",
        unit="ratio",
        own=("condition", "window"),
    ),
    _comparison(
        "shadow_pairs_total",
        "Requests that both versions answered, as far as their records met.",
        unit="requests",
    ),
    _comparison(
        "shadow_disagreements_total",
        "Requests that both versions answered, and not alike.",
        unit="requests",
        own=("column",),
    ),
    _compared(
        "comparison_ks_statistic",
        "Kolmogorov-Smirnov distance between the versions, from 0 to 1: the least it can be.",
        columns="numeric",
        own=("window",),
    ),
    _compared(
        "comparison_psi", "Population stability index between the versions.", own=("window",)
    ),
    _compared(
        "comparison_psi_debiased",
        "Population stability index between the versions less what chance alone makes of it.",
        own=("window",),
    ),
    _compared(
        "comparison_missing_difference_ratio",
        "Share of the records without a usable value, less that of the other version.",
        unit="ratio",
        own=("window",),
    ),
    _compared(
        "comparison_mean_difference",
        "Mean of the finite values, less that of the other version.",
        unit="the column's",
        columns="numeric",
        own=("window",),
    ),
    _compared(
        "comparison_alarm",
        "1 while the alarm that the versions differ is raised, else 0.",
        own=("severity",),
        values={"severity": SEVERITY},
    ),
    _compared(
        "comparison_evidence",
        "Evidence that the versions differ, on a log scale: 0 for none, 1 is the alarm.",
        unit="of the alarm's",
        own=("severity",),
        values={"severity": SEVERITY},
    ),
    _compared(
        "comparison_alarms_total",
        "How often the alarm that the versions differ was raised.",
        unit="alarms",
        own=("severity",),
        values={"severity": SEVERITY},
    ),
    _process(
        "records_total",
        "Records by what became of them; unevaluated ones are also among the counted.",
        unit="records",
        own=("outcome",),
        values={"outcome": OUTCOME},
    ),
    _process(
        "records_rejected_total",
        "Records that were rejected or, for an unknown model or version, unrouted, by reason.",
        unit="records",
        own=("reason",),
        values={"reason": REASON},
    ),
    _process(
        "dead_letters_total",
        "Dead letters by what became of them; removed ones are also among the written or cut.",
        unit="letters",
        own=("outcome",),
        values={"outcome": DELIVERY},
    ),
    _process(
        "event_requests_total",
        "Requests that post events over HTTP, by their answer.",
        unit="requests",
        own=("outcome",),
        values={"outcome": ANSWER},
    ),
    _process(
        "join_pairs_total",
        "Requests that were joined with their responses.",
        unit="pairs",
    ),
    _process(
        "join_waiting_records",
        "Requests without their response yet, and responses without their request.",
        unit="records",
    ),
    _process(
        "unknown_columns_total",
        "Names of columns that came in records and stand in no baseline.",
        unit="names",
    ),
    _process(
        "consumer_lag_records",
        "Records of the assigned partitions that wait to be read.",
        unit="records",
    ),
    _process("last_record_timestamp_seconds", "When a record was last counted.", unit="seconds"),
    _process("checkpoint_timestamp_seconds", "When the state was last saved.", unit="seconds"),
    _process("checkpoint_bytes_total", "Bytes of state that were saved.", unit="bytes"),
    _process(
        "loop_seconds_total",
        "Time spent in each step of the loop.",
        unit="seconds",
        own=("step",),
        values={"step": STEP},
    ),
    _process(
        "config_last_reload_successful",
        "1 if the configuration was read without an error when last asked for, else 0.",
    ),
    _process("watched_columns", "Columns that share the budget of false alarms.", unit="columns"),
    _process(
        "column_false_alarm_interval_seconds",
        "Time in which a column may raise one false alarm of each severity, by the budget.",
        unit="seconds",
    ),
    _process("series", "Series on this page whose names begin with driftwatch_.", unit="series"),
    _process(
        "series_dropped_total",
        "Series left out of a report because of max_series, added up over the reports.",
        unit="series",
    ),
    _process(
        "build_info",
        "1, labelled with the versions of Driftwatch and of Python.",
        own=("version", "python_version"),
    ),
)

BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
