"""Which settings decide over the alarms of a column, as its page says them."""

import math
from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np

from driftwatch.config import Settings
from driftwatch.monitor.report import StreamReport
from driftwatch.sketch.layout import Role
from driftwatch.stats.slack import h, share_at
from driftwatch.web.pages.column import Governing
from driftwatch.web.pages.words import number, percent


def governing(settings: Settings, stream: StreamReport, index: int) -> Iterator[Governing]:
    """The settings that hold for a stream's column, each with what it means there."""
    model, column = stream.key.model, stream.columns[index].name
    if column in stream.conditions:
        meaning = "asked of every record, in SQL; it is kept in the baseline"
        yield Governing("condition", stream.conditions[column], meaning)
    if not settings.alarms.enabled:
        meaning = "no alarm is raised by evidence"
        yield Governing("alarms.enabled", "false", meaning)
    else:
        yield from _budget(settings, stream, index)
    for statistic, threshold in settings.thresholds(model, column).items():
        bounds = [
            f"{severity} above {number(value)}"
            for severity in ("info", "page")
            if (value := getattr(threshold, severity)) is not None
        ]
        own = settings.models[model].columns.get(column)
        has_own = own is not None and statistic in own.thresholds
        meaning = f"over the last {settings.alarm_window}; a plain threshold keeps no budget"
        setting = _path(model, column if has_own else None, f"thresholds.{statistic}")
        yield Governing(setting, ", ".join(bounds), meaning)
    yield Governing(
        "alarms.hold", str(settings.alarms.hold), "an alarm clears once it was quiet for so long"
    )
    yield from _elsewhere(settings, stream, index)


def alert_of(role: Role) -> str:
    """The alert by which `driftwatch rules` pages for a column."""
    return "PredictionDrift" if role == "prediction" else "ModelDrift"


def _elsewhere(settings: Settings, stream: StreamReport, index: int) -> Iterator[Governing]:
    """The alert and the dashboard, with links where the configuration says where they are."""
    links, column = settings.links, stream.columns[index]
    alert = alert_of(column.role)
    runbook = f"{links.runbooks}/{alert}" if "runbooks" in links.model_fields_set else None
    meaning = "what Prometheus pages with, by the rules that `driftwatch rules` writes"
    yield Governing("alert", alert, meaning, runbook)
    if "dashboards" in links.model_fields_set:
        chosen = urlencode(
            {f"var-{k}": v for k, v in stream.key._asdict().items()} | {"var-column": column.name}
        )
        board = f"{links.dashboards}/d/driftwatch-column?{chosen}"
        meaning = "the same column over as much time as Prometheus keeps"
        yield Governing("dashboard", "in Grafana", meaning, board)


def _budget(settings: Settings, stream: StreamReport, index: int) -> Iterator[Governing]:
    yield Governing(
        "alarms.false_alarms",
        str(settings.alarms.false_alarms),
        "false alarms of each severity, over all columns of the process together",
    )
    model, column = stream.key.model, stream.columns[index].name
    tolerance = settings.tolerance(model, column)
    own = settings.models[model].columns.get(column)
    has_own = own is not None and own.tolerance is not None
    half = float(share_at(h(np.array(0.5)) + tolerance)) - 0.5
    yield Governing(
        _path(model, column if has_own else None, "tolerance"),
        number(tolerance),
        f"nobody is paged for less: {100 * half:.1f} points where a share is one half, less where "
        "it is rarer",
    )
    least = float(stream.min_detectable_shift[index])
    if not math.isnan(least):
        yield Governing(
            "the baseline's size",
            percent(least),
            "the smallest change of a share of one half that can page, however long it lasts",
        )


def _path(model: str, column: str | None, name: str) -> str:
    """Where a setting stands: a column's own, or the one for all."""
    return f"alarms.{name}" if column is None else f"models.{model}.columns.{column}.{name}"
