"""Parts of expressions that rules share.

Prometheus lets an alert go when its expression has no result, and a comparison with NaN has none;
so has a series whose target did not answer the last scrape. So what may be NaN is recorded without
its NaNs, and an alert looks at what was recorded last in a while.
"""

STREAM = "model, model_version, segment"
COLUMN = f"{STREAM}, column, role"
PROCESS = "namespace, job"
"""Of a process's own series: its replicas share these, and `namespace` is there on Kubernetes."""


def known(series: str) -> str:
    """Where a series is not NaN.

    >>> known("lag")
    'lag == lag'
    """
    return f"{series} == {series}"


def lately(series: str, within: str) -> str:
    """The last value of each series in a while.

    >>> lately("up", "5m")
    'last_over_time(up[5m])'
    """
    return f"last_over_time({series}[{within}])"


def over(operation: str, labels: str, *series: str) -> str:
    """An aggregation that drops all labels but these; of several, the first that has a result.

    >>> print(over("max", "job", "a", "b"))
    max by (job) (a)
    or
    max by (job) (b)
    """
    return "\nor\n".join(f"{operation} by ({labels}) ({found})" for found in series)
