"""Series of a column that drifts, as daemons export them."""

from collections.abc import Mapping

from tests.generate.rules.promtool import OF_AMOUNT, REPLICA, Labels, Series, named

PAGE, INFO = {"severity": "page"}, {"severity": "info"}
SCORE = {**OF_AMOUNT, "column": "score", "role": "prediction"}


def alarm(values: str, *labels: Labels) -> Series:
    """`drift_alarm` of amount, as a page of one replica unless these labels say otherwise."""
    return {named("driftwatch_drift_alarm", OF_AMOUNT, REPLICA, PAGE, *labels): values}


def numbers(column: Labels, gauges: Mapping[str, float], *labels: Labels) -> Series:
    """Gauges of a column that stay as they are for two hours."""
    return {
        named(f"driftwatch_{name}", column, REPLICA, *labels): f"{value!r}x120"
        for name, value in gauges.items()
    }


def known(column: Labels, kind: str, severity: Labels, since: str = "1700000000x120") -> Series:
    """What is known of a raised alarm, and the numbers beside it."""
    return {
        named("driftwatch_drift_explanation", column, REPLICA, severity, kind=kind): "1x120",
        named("driftwatch_drift_since_timestamp_seconds", column, REPLICA, severity): since,
        **numbers(column, {"column_mean": 13.18123, "missing_ratio": 0.0013}, {"window": "1h"}),
        **numbers(column, {"column_mean": 40.0, "missing_ratio": 0.0}, {"window": "1d"}),
        **numbers(column, {"baseline_mean": 55.5, "baseline_missing_ratio": 0.0}),
    }
