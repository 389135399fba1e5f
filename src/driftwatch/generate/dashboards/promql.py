"""Queries, built on the metric table: a name or a label that it does not have is an error here.

Several replicas may export the same stream. States are taken from whichever has it (`max by`),
rates are added up (`sum by`); so no query asks which replica it was, but those about replicas.
"""

from collections.abc import Callable, Mapping

from driftwatch.export.table import BY_NAME

Labels = Mapping[str, str]
Names = tuple[str, ...]

STREAM: Names = ("model", "model_version", "segment")
COLUMN: Names = (*STREAM, "column")
_SCRAPED = {"job", "instance"}
_OPERATORS = ("=~", "!~", "!=", "=")


def series(name: str, labels: Labels | None = None, /, **more: str) -> str:
    """A selector of one of our metrics.

    labels, more: what each has to be; `=~`, `!=` or `!~` before it compares otherwise.

    Raises KeyError for a metric that is not in the table, and ValueError for a label that the
    metric does not have, or a p-value, which no dashboard shows.

    >>> series("blind", {"model": "=~$model"}, reason="!=warming_up")
    'driftwatch_blind{model=~"$model",reason!="warming_up"}'
    """
    metric = BY_NAME[name]
    if metric.p_value:
        raise ValueError(f"{name} is below any limit once; show psi or ks_statistic")
    wanted = {**(labels or {}), **more}
    unknown = sorted(wanted.keys() - set(metric.labels) - _SCRAPED)
    if unknown:
        raise ValueError(f"{name} has no label {', '.join(unknown)}")
    matchers = ",".join(_matcher(label, value) for label, value in wanted.items())
    return f"{metric.series_name}{{{matchers}}}" if matchers else metric.series_name


def having(name: str, labels: Labels) -> Labels:
    """Those of the labels that a metric has."""
    return {label: value for label, value in labels.items() if label in BY_NAME[name].labels}


def max_by(names: Names, expr: str) -> str:
    """The largest, whichever replica has it."""
    return _by("max", names, expr)


def min_by(names: Names, expr: str) -> str:
    """The smallest, whichever replica has it."""
    return _by("min", names, expr)


def sum_by(names: Names, expr: str) -> str:
    """All replicas together."""
    return _by("sum", names, expr)


def avg_by(names: Names, expr: str) -> str:
    """The middle of the replicas, for shares of what each of them sees."""
    return _by("avg", names, expr)


def per_second(selector: str) -> str:
    """How fast a counter goes."""
    return f"rate({selector}[$__rate_interval])"


def largest(count: int, name: str, labels: Labels, shown_as: Callable[[str], str] = str) -> str:
    """A gauge of columns, but only of those where it was largest in the range that is shown.

    They are chosen once for the whole range, so that a line does not come and go with its rank; by
    the points that are drawn, because all samples of a week would be a hundred times as many; and
    before replicas are brought together, which takes the most time.
    shown_as: what is made of the gauge, where it is not shown as it is.
    """
    selector, of_column = series(name, labels), f"on ({', '.join(COLUMN)})"
    peak = max_by(COLUMN, shown_as(f"max_over_time({selector}[$__range:$__interval] @ end())"))
    return max_by(COLUMN, shown_as(f"({selector} and {of_column} topk({count}, {peak}))"))


def verdict(of_alarm: Labels, of_stream: Labels, by: Names = ()) -> str:
    """A number that says in which state something is, made of four yes or no.

    8: it is in alarm (`page`). 4: it is blind. 2: it is in alarm (`info`). 1: it warms up.
    There is no such number where nothing is scraped; a process that hangs serves blindness alone,
    and so has one.
    """
    blind = max_by(by, series("blind", of_stream, reason="!=warming_up"))
    warming = max_by(by, series("blind", of_stream, reason="warming_up"))
    page = max_by(by, series("drift_alarm", of_alarm, severity="page"))
    info = max_by(by, series("drift_alarm", of_alarm, severity="info"))
    return (
        f"4 * {blind}"
        f" + (8 * {page} or 0 * {blind})"
        f" + (2 * {info} or 0 * {blind})"
        f" + ({warming} or 0 * {blind})"
    )


def _by(how: str, names: Names, expr: str) -> str:
    return f"{how} by ({', '.join(names)}) ({expr})" if names else f"{how}({expr})"


def _matcher(label: str, value: str) -> str:
    operator = next((sign for sign in _OPERATORS if value.startswith(sign)), None)
    return f'{label}{operator or "="}"{value.removeprefix(operator or "")}"'
