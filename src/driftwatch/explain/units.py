"""Pairs of units that people mix up, as transforms without a free parameter."""

from typing import NamedTuple


class UnitChange(NamedTuple):
    """x in the one unit is `a x + b` in the other. names: what turned into what."""

    a: float
    b: float
    names: str


class _Pair(NamedTuple):
    a: float
    b: float
    names: tuple[tuple[str, str], ...]


_PAIRS = (
    _Pair(1 / 1.8, -32 / 1.8, (("Fahrenheit", "Celsius"),)),
    _Pair(1.0, 273.15, (("Celsius", "Kelvin"),)),
    _Pair(1 / 1.8, 459.67 / 1.8, (("Fahrenheit", "Kelvin"),)),
    _Pair(1 / 0.3048, 0.0, (("metres", "feet"),)),
    _Pair(1 / 1.609344, 0.0, (("kilometres", "miles"),)),
    _Pair(1 / 0.45359237, 0.0, (("kilograms", "pounds"),)),
    _Pair(1000.0, 0.0, (("seconds", "milliseconds"), ("kilometres", "metres"))),
    _Pair(100.0, 0.0, (("fractions", "percent"), ("units", "cents"))),
)


def _both_ways(pair: _Pair) -> tuple[UnitChange, UnitChange]:
    there = ", or ".join(f"{old} turned into {new}" for old, new in pair.names)
    back = ", or ".join(f"{new} turned into {old}" for old, new in pair.names)
    return UnitChange(pair.a, pair.b, there), UnitChange(1 / pair.a, -pair.b / pair.a, back)


UNIT_CHANGES = tuple(change for pair in _PAIRS for change in _both_ways(pair))
