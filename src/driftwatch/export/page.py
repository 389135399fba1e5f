"""The series of a page, gathered metric by metric, as lines of text."""

from collections.abc import Iterable, Mapping

from driftwatch.export.table import BY_NAME, METRICS
from driftwatch.export.text import number


class Page:
    """Lines of samples by metric."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {metric.name: [] for metric in METRICS}

    @property
    def lines(self) -> Mapping[str, list[str]]:
        """Each metric's lines, in the order of the table."""
        return self._lines

    def add(self, metric: str, labels: Iterable[str], values: Iterable[float]) -> None:
        """Add series of a metric: labels in their braces, and a float each."""
        name = BY_NAME[metric].series_name
        self._lines[metric].extend(
            [
                f"{name}{label} {number(value)}\n"
                for label, value in zip(labels, values, strict=True)
            ]
        )

    def add_one(self, metric: str, value: float) -> None:
        """Add the only series of a metric without labels."""
        self.add(metric, [""], [float(value)])

    def __len__(self) -> int:
        """How many series there are so far."""
        return sum(map(len, self._lines.values()))
