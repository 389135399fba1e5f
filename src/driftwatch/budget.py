"""A budget of false alarms: how many, in how much time or in how many panes."""

import re
from dataclasses import dataclass

LEAST_PANES = 10
_UNIT_US = {
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_GRAMMAR = re.compile(r"(\d+)\s+per\s+(\d+)\s*(?:([smhdw])|panes?)", re.ASCII)
_LARGEST = 10**12


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `alarms` in a time, or in a number of panes, on average.

    text: as it was written. amount: how many of `unit_us` microseconds, or of panes where it is
    None.
    """

    text: str
    alarms: int
    amount: int
    unit_us: int | None

    def panes(self, pane_us: int) -> float:
        """Panes of this length in which one false alarm is allowed.

        Raises ValueError where they are too few for anything to be told in them.

        >>> parse_budget("1 per 30d").panes(60_000_000)
        43200.0
        """
        unit_us = pane_us if self.unit_us is None else self.unit_us
        panes = self.amount * unit_us / pane_us / self.alarms
        if panes < LEAST_PANES:
            raise ValueError(
                f"{self.text!r} is one false alarm in {panes:.3g} panes, expected at least "
                f"{LEAST_PANES}; allow fewer"
            )
        return panes


def parse_budget(text: str) -> Budget:
    """Read a budget. Raises ValueError, with what was expected, for anything else.

    >>> parse_budget("2 per 7d").panes(3_600_000_000), parse_budget("1 per 500 panes").panes(1)
    (84.0, 500.0)
    """
    match = _GRAMMAR.fullmatch(text.strip()) if len(text) < 100 else None
    if match is None:
        raise ValueError(
            f"expected false alarms like '1 per 30d', '1 per 1000h' or '1 per 100000 panes' "
            f"(units s, m, h, d, w), found {text[:100]!r}"
        )
    alarms, amount = int(match[1]), int(match[2])
    if not 0 < alarms < _LARGEST or not 0 < amount < _LARGEST:
        raise ValueError(f"expected numbers above 0 and below {_LARGEST:,}, found {text!r}")
    return Budget(text.strip(), alarms, amount, _UNIT_US[match[3]] if match[3] else None)
