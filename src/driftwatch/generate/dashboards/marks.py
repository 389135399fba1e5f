"""What is marked on the time axis of every panel: alarms while they stand, and when drift began."""

from driftwatch.generate.dashboards.colours import BLIND, RED, YELLOW
from driftwatch.generate.dashboards.panels import Annotation
from driftwatch.generate.dashboards.promql import COLUMN, STREAM, Labels, having, max_by, series

_WHICH = "{{model}} {{model_version}}, {{segment}}"


def marks(asked: Labels) -> tuple[Annotation, ...]:
    """The annotations of what is asked for: a few streams, or one column."""
    since = series("drift_since_timestamp_seconds", asked, severity="page")
    blind = series("blind", having("blind", asked), reason="!=warming_up")
    return (
        _raised("page", asked, RED, shown=True),
        _raised("info", asked, YELLOW, shown=False),
        Annotation(
            name="Drift began",
            expr=f"1000 * min by ({', '.join(COLUMN)}) ({since})",
            colour=RED,
            title="{{column}}: drift began",
            text=_WHICH,
            tags=("column", "model"),
            at_value=True,
        ),
        Annotation(
            name="Blind",
            expr=max_by((*STREAM, "reason"), f"{blind} == 1"),
            colour=BLIND,
            title="blind: {{reason}}",
            text=_WHICH,
            tags=("reason", "model"),
        ),
    )


def _raised(severity: str, asked: Labels, colour: str, shown: bool) -> Annotation:
    alarm = series("drift_alarm", asked, severity=severity)
    return Annotation(
        name=f"Alarms ({severity})",
        expr=max_by(COLUMN, f"{alarm} == 1"),
        colour=colour,
        title=f"{{{{column}}}}: {severity}",
        text=_WHICH,
        tags=("column", "model"),
        shown=shown,
    )
