"""How old a feature is when it is served: a stale cache shows here first."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from driftwatch.derive.derivation import Derivation, blank
from driftwatch.records import SECOND_US, IntArray
from driftwatch.sketch.layout import Kind
from driftwatch.timestamps import MISSING, Unit, parse_times


class Age(Derivation):
    """Seconds from the time in a leaf to the time of the record; negative where it lies ahead.

    unit: of times that are numbers. What is no time is of the wrong type; in a row without a time
    of its own the age is null.

    >>> age = Age(source="created")
    >>> served = np.array([1_700_000_000_000_000] * 2)
    >>> age.compute(["2023-11-14T22:13:00Z", 1_700_000_001], served)
    [[20.0, -1.0]]
    """

    kind: Literal["age"] = "age"
    unit: Unit = "auto"

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Derivation.columns`."""
        return (f"{self.source}.age_seconds",)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """See `Derivation.kinds`."""
        return ("numeric",)

    @property
    def needs_times(self) -> bool:
        """See `Derivation.needs_times`."""
        return True

    def compute(self, values: Sequence[Any], event_times_us: IntArray) -> Sequence[Sequence[Any]]:
        """See `Derivation.compute`."""
        cells = [blank(value) for value in values]
        given = [i for i, value in enumerate(values) if type(value) in (str, int, float)]
        times = parse_times([values[i] for i in given], self.unit)
        served = event_times_us[given]
        ages = ((served - times) / SECOND_US).tolist()
        for place in np.flatnonzero(times != MISSING).tolist():
            cells[given[place]] = ages[place] if served[place] != MISSING else None
        return [cells]
