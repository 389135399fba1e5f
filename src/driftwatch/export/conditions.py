"""The series of a stream's conditions: rates, rules of the contract, segments."""

from driftwatch.export.page import Page
from driftwatch.export.text import labels
from driftwatch.monitor.conditions import Condition, conditions_of, held
from driftwatch.monitor.gauges import MIN_ROWS
from driftwatch.monitor.report import Pictures, StreamReport, WindowReport


class ConditionSeries:
    """Which records meet each condition, by window and since the process began."""

    def __init__(self, stream: StreamReport) -> None:
        self._stream = stream
        self._pictures = stream.pictures
        self._conditions = () if self._pictures is None else conditions_of(self._pictures.layout)
        self._rules = [c for c in self._conditions if c.role == "contract"]

    @property
    def size(self) -> int:
        """How many series there are."""
        of_each = len(self._stream.windows) + 1
        return of_each * len(self._conditions) + 2 * len(self._rules)

    def write(self, page: Page) -> None:
        """Add them to a page."""
        if self._pictures is None:
            return
        layout, key = self._pictures.layout, self._stream.key._asdict()
        own = [labels(**key, role=c.role, condition=c.name) for c in self._conditions]
        base = self._pictures.baseline
        trained = [held(c, layout, base.cells, base.rows) for c in self._conditions]
        page.add("baseline_condition_ratio", own, [each.ratio for each in trained])
        for window in self._stream.windows:
            within = [
                labels(**key, role=c.role, condition=c.name, window=window.name)
                for c in self._conditions
            ]
            page.add(
                "condition_ratio",
                within,
                [_ratio(c, self._pictures, window) for c in self._conditions],
            )
        rules = [labels(**key, rule=c.name) for c in self._rules]
        counted = self._pictures.counted
        page.add(
            "contract_violations_total",
            rules,
            [float(held(c, layout, counted, 0).false) for c in self._rules],
        )
        page.add(
            "baseline_contract_violation_ratio",
            rules,
            [held(c, layout, base.cells, base.rows).violated_ratio for c in self._rules],
        )


def _ratio(condition: Condition, pictures: Pictures, window: WindowReport) -> float:
    """The share in a window; not known where it has too few records."""
    counts = window.counts
    if counts.rows < MIN_ROWS:
        return float("nan")
    return held(condition, pictures.layout, counts.cells, counts.rows).ratio
