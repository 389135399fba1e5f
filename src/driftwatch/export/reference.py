"""The reference of the metrics, made from their table.

python -m driftwatch.export.reference > docs/reference/metrics.md
"""

import sys
from collections.abc import Iterable, Iterator

from driftwatch.export.metric import PREFIX, Metric, Per
from driftwatch.export.table import METRICS

_GROUPS: dict[Per, tuple[str, str]] = {
    "column and window": (
        "Columns in a window",
        """\
Each column of each stream has these once for every window, for people to look at. A window with
fewer than 50 records, and a column with fewer values, says NaN.""",
    ),
    "column": ("Columns", "What the baseline says of a column, for comparison."),
    "column and severity": (
        "Alarms",
        "Each column has these once for every severity. They are what alerts are made of.",
    ),
    "column and cell": (
        "Counts",
        """\
The counts themselves, where `metrics.counts` is on: for Prometheus to add up over all replicas of a
fleet, which `driftwatch rules` has the rules for.

- `le`: an edge of the baseline, to six digits. At most 25 of its edges are there: those where a
  twentieth of its mass ends, its outer hundredths, and the ends of its range. A column that is
  `sensitive` has no histogram, since edges are values of training data.
- `cell`: `01` to `10` for the tenths of a numeric column's mass in the baseline, which `psi` is
  computed on; the word for a categorical one, or `word 1`, `word 2` where it is `sensitive`. Beside
  these: `(rest)` for the words of the vocabulary after the first 40, `(other)` for words that are
  rare in training, `(new)` for those that training never saw, `(missing)` for records without a
  usable value and `(infinite)` for infinite numbers.

They cost some 60 series a numeric column and two for each word of a categorical one.""",
    ),
    "condition": (
        "Conditions",
        """\
Each condition of a baseline has these: its rates (`role="rate"`), the rules of its contract and its
segments. A record for which SQL does not know whether a condition holds, because a value is null,
counts as one for which it does not hold.""",
    ),
    "stream": (
        "Streams",
        """\
A stream is a model, a version of it and a segment of its records; the segment `all` is the
whole.""",
    ),
    "comparison": (
        "Versions against each other",
        """\
Each pair of `models.NAME.compare` has these: `model_version` is compared with the version
`against`. Pairs of `shadow` are joined in memory, and are counted anew when the process begins.""",
    ),
    "compared column": (
        "Columns of versions against each other",
        "Each column that both versions have.",
    ),
    "process": (
        "The process",
        "The usual `process_*` metrics (memory, CPU time, open files) stand beside these.",
    ),
}

_INTRODUCTION = """\
# Metrics

Everything that `/metrics` serves, in the text format of Prometheus or, for a scraper that asks for
it, OpenMetrics. All names begin with `{prefix}`.

- The values of labels come from the configuration, from the baseline or from the lists below, never
  from the data.
- What is not known is NaN, and never 0. In Prometheus a comparison with NaN is false, so a rule on
  a gauge that may be NaN falls silent with it; `drift_alarm` never is NaN.
- Counters begin at 0 with all of their labels, so that `increase()` sees the first event too.
- Where there are more series than `metrics.max_series` allows, counts go first, then segments lose
  theirs, then columns those of the longest window. Alarms, blindness and the process keep theirs,
  and `series_dropped_total` says how many are missing.
- When nothing was computed for 60 s, only the process's own metrics are left, and `blind` with the
  reason `stalled` for every stream.
"""


def reference() -> str:
    """The document, in Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _INTRODUCTION.format(prefix=PREFIX)
    for per, (title, words) in _GROUPS.items():
        metrics = [metric for metric in METRICS if metric.per == per]
        shared = [label for label in metrics[0].labels if label not in metrics[0].own]
        yield f"## {title}\n"
        yield words
        yield f"Labels: {_code(shared)}.\n" if shared else ""
        yield "| metric | type | unit | meaning |"
        yield "| --- | --- | --- | --- |"
        for m in metrics:
            yield f"| `{m.full_name}` | {m.type} | {m.unit or ''} | {_meaning(m)} |"
        yield ""
        for metric in metrics:
            yield from _values(metric)


def _meaning(metric: Metric) -> str:
    words = [metric.help]
    if metric.columns:
        words.append(f"{metric.columns.capitalize()} columns only.")
    if metric.p_value:
        words.append("Only where `metrics.p_values` is on.")
    if metric.own:
        words.append(f"By {_code(metric.own)}.")
    return " ".join(words)


def _values(metric: Metric) -> Iterator[str]:
    """What the labels of a metric may say; severities are explained once, at their first metric."""
    for label, meanings in metric.values.items():
        if label == "severity" and metric.name != "drift_alarm":
            continue
        yield f"`{label}` of `{metric.full_name}`:\n"
        yield from (f"- `{value}`: {meaning}" for value, meaning in meanings.items())
        yield ""


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(reference())
