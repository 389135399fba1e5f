"""Versions against each other, as the first page shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driftwatch.monitor.alarms import AlarmLevel
from driftwatch.monitor.comparison import ComparisonReport, rate_words
from driftwatch.monitor.shadow import ShadowColumn


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A column that both versions have. ks, psi, missing: between them, in the shortest window."""

    name: str
    role: str
    state: AlarmLevel
    evidence: float
    words: str
    ks: float
    psi: float
    missing: float


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """Two versions. rates: in words, in the shortest window. pairs: None where none are joined."""

    title: str
    sentence: str
    state: AlarmLevel
    window: str
    rows: int
    against_rows: int
    rates: tuple[str, ...]
    columns: tuple[ComparedRow, ...]
    pairs: int | None
    disagreements: tuple[ShadowColumn, ...]


_RANK = {"page": 0, "info": 1, "ok": 2}


def comparison_views(reports: Sequence[ComparisonReport]) -> tuple[ComparisonView, ...]:
    """Those whose versions both have records."""
    return tuple(_view(report) for report in reports if not report.retired and report.windows)


def _view(report: ComparisonReport) -> ComparisonView:
    window, version = report.windows[0], report.key.model_version
    rows = sorted(_rows(report), key=lambda row: (_RANK[row.state], -row.evidence, row.name))
    shadow = report.shadow
    return ComparisonView(
        title=f"{report.key.model}: version {version} against version {report.against}",
        sentence=report.sentence,
        state=min((row.state for row in rows), key=_RANK.__getitem__, default="ok"),
        window=window.name,
        rows=window.rows,
        against_rows=window.against_rows,
        rates=tuple(
            rate_words(rate, version, report.against)
            for rate in window.rates
            if rate.role == "rate"
        ),
        columns=tuple(rows),
        pairs=None if shadow is None else shadow.pairs,
        disagreements=() if shadow is None else shadow.columns,
    )


def _rows(report: ComparisonReport) -> Iterator[ComparedRow]:
    gauges = report.windows[0].gauges
    for i, column in enumerate(report.columns):
        yield ComparedRow(
            name=column.name,
            role=column.role,
            state=report.alarms.level(i),
            evidence=max(0.0, float(report.evidence[1, i])),
            words=report.words.get(column.name, ""),
            ks=float(gauges["ks_statistic"][i]),
            psi=float(gauges["psi"][i]),
            missing=float(gauges["missing_ratio_difference"][i]),
        )
