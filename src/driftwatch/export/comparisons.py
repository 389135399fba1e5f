"""The series of versions that are compared with each other."""

from driftwatch.export.budget import WINDOW, Part, Rank
from driftwatch.export.page import Page
from driftwatch.export.table import BY_NAME
from driftwatch.export.text import labels
from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.comparison import ComparedWindow, ComparisonReport, Difference

_METRIC_OF: dict[Difference, str] = {
    "ks_statistic": "comparison_ks_statistic",
    "psi": "comparison_psi",
    "psi_debiased": "comparison_psi_debiased",
    "missing_ratio_difference": "comparison_missing_difference_ratio",
    "mean_difference": "comparison_mean_difference",
}


def comparison_parts(report: ComparisonReport, position: int) -> list[Part]:
    """The series of one comparison: its alarms always, the gauges of its windows where they fit.

    position: among the streams and what follows them.
    """
    series = _ComparisonSeries(report)
    parts = [Part(series.size, series.write)]
    for window in report.windows:
        rank = Rank(False, False, WINDOW, window.length_us, position)
        size = len(_METRIC_OF) * len(report.columns)

        def write(page: Page, window: ComparedWindow = window) -> None:
            series.write_window(window, page)

        parts.append(Part(size, write, rank))
    return parts


class _ComparisonSeries:
    def __init__(self, report: ComparisonReport) -> None:
        self._report = report
        self._key = {
            "model": report.key.model,
            "model_version": report.key.model_version,
            "against": report.against,
        }

    @property
    def size(self) -> int:
        """How many series `write` adds at most."""
        report = self._report
        rates = sum(1 + 3 * len(window.rates) for window in report.windows)
        shadow = 0 if report.shadow is None else 1 + len(report.shadow.columns)
        return 3 * len(SEVERITIES) * len(report.columns) + rates + shadow

    def write(self, page: Page) -> None:
        """The alarms, the rates and the pairs."""
        report = self._report
        for s, severity in enumerate(SEVERITIES):
            own = [
                labels(**self._key, column=c.name, role=c.role, severity=severity)
                for c in report.columns
            ]
            page.add("comparison_alarm", own, report.alarms.active[s].astype(float).tolist())
            page.add("comparison_evidence", own, report.evidence[s].tolist())
            page.add("comparison_alarms_total", own, report.alarms_total[s].tolist())
        for window in report.windows:
            page.add(
                "comparison_records",
                [labels(**self._key, window=window.name)],
                [float(window.rows)],
            )
            own = [
                labels(**self._key, condition=rate.name, window=window.name)
                for rate in window.rates
                if rate.role == "rate"
            ]
            rates = [rate for rate in window.rates if rate.role == "rate"]
            page.add("comparison_rate_ratio", own, [rate.ratio for rate in rates])
            page.add("comparison_rate_lower_ratio", own, [rate.low for rate in rates])
            page.add("comparison_rate_upper_ratio", own, [rate.high for rate in rates])
        if report.shadow is not None:
            page.add("shadow_pairs_total", [labels(**self._key)], [float(report.shadow.pairs)])
            page.add(
                "shadow_disagreements_total",
                [labels(**self._key, column=c.name) for c in report.shadow.columns],
                [float(c.disagreements) for c in report.shadow.columns],
            )

    def write_window(self, window: ComparedWindow, page: Page) -> None:
        """The gauges between the two versions in a window."""
        columns = self._report.columns
        for difference, name in _METRIC_OF.items():
            kind = BY_NAME[name].columns
            having = [i for i, column in enumerate(columns) if kind in (None, column.kind)]
            own = [
                labels(
                    **self._key, column=columns[i].name, role=columns[i].role, window=window.name
                )
                for i in having
            ]
            values = window.gauges[difference]
            page.add(name, own, [float(values[i]) for i in having])
