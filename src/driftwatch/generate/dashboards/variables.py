"""The choices at the top of the dashboards; each offers what the ones before it leave."""

from driftwatch.generate.dashboards.panels import Variable
from driftwatch.generate.dashboards.promql import Labels, series

SEVERAL: Labels = {
    "model": "=~$model",
    "model_version": "=~$model_version",
    "segment": "=~$segment",
}
"""What a query asks of a stream where several may be chosen."""

ONE: Labels = {"model": "$model", "model_version": "$model_version", "segment": "$segment"}
"""The same where one is."""

ONE_COLUMN: Labels = {**ONE, "column": "$column"}

_LABELS = {"model": "Model", "model_version": "Version", "segment": "Segment"}


def of_streams(several: bool) -> tuple[Variable, ...]:
    """Model, version, segment. Blindness is the one thing that every stream always exports."""
    asked = SEVERAL if several else ONE
    names = tuple(asked)
    return tuple(
        Variable(
            name,
            _LABELS[name],
            _values("blind", {before: asked[before] for before in names[:i]}, name),
            several,
            chosen=None if several or name != "segment" else "all",
        )
        for i, name in enumerate(names)
    )


def of_column() -> Variable:
    """One column of the stream."""
    return Variable("column", "Column", _values("drift_alarm", ONE, "column"))


def of_window(asked: Labels, chosen: str) -> Variable:
    """One window of the statistics."""
    return Variable("window", "Window", _values("window_records", asked, "window"), chosen=chosen)


def of_instance() -> Variable:
    """Processes, by where Prometheus scrapes them."""
    return Variable("instance", "Instance", _values("build_info", {}, "instance"), several=True)


def _values(name: str, asked: Labels, label: str) -> str:
    return f"label_values({series(name, asked)}, {label})"
