"""One view of a fleet: distances of what all replicas counted together, where counts are exported.

Replicas that share a log each see a part of it, so none of their gauges tells of the whole. Here
Prometheus adds up their counts and compares the sum with the baseline. `increase()` extrapolates to
the ends of its window, so that these agree with one process that read everything within about 1%,
not to the digit.
"""

from collections.abc import Callable

from driftwatch.export.cells import INFINITE, MISSING, NEW, OTHER
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.promql import COLUMN
from driftwatch.generate.rules.rule import Group, Recording

MIN_VALUES = 50
"""Fewer values are not compared, as in a process."""

EVERY = "1m"
"""A window moves little in a minute, and each look at it reads every sample in it."""

_OF_ITS_COLUMN = f"/ on ({COLUMN}) group_left ()"
_BY_LE = f"by ({COLUMN}, le)"
_BY_CELL = f"by ({COLUMN}, cell)"
_BY_COLUMN = f"by ({COLUMN})"


def fleet_group(policy: RulesPolicy) -> Group:
    """The recording rules of the fleet's view, over the shortest window."""
    w = str(policy.window)
    rules = (*_ks(w), *_cells(w), *_psi(w), _missing(w))
    return Group("driftwatch-fleet", rules, interval=EVERY)


def _ks(w: str) -> tuple[Recording, ...]:
    """The largest difference of the two cumulative shares at the exported edges."""
    below = f"column_le:driftwatch_column_values:increase{w}"
    values = f"column:driftwatch_column_values:increase{w}"
    trained = "driftwatch_baseline_values_bucket"
    share = "column_le:driftwatch_baseline_values:share"
    return (
        Recording(below, f"sum {_BY_LE} (increase(driftwatch_column_values_bucket[{w}]))"),
        Recording(values, f'sum {_BY_COLUMN} ({below}{{le="+Inf"}}) >= {MIN_VALUES}'),
        Recording(
            share,
            f"max {_BY_LE} ({trained})\n"
            f"{_OF_ITS_COLUMN}\n"
            f'(max {_BY_COLUMN} ({trained}{{le="+Inf"}}) > 0)',
        ),
        Recording(
            f"column:driftwatch_ks_statistic:fleet{w}",
            f"max {_BY_COLUMN} (\n"
            f"  abs(\n"
            f"    {below} {_OF_ITS_COLUMN} {values}\n"
            f"    - on ({COLUMN}, le)\n"
            f"    {share}\n"
            f"  )\n"
            f")",
        ),
    )


def _counted(w: str) -> str:
    return f"column_cell:driftwatch_column_records:increase{w}"


_TRAINED = "column_cell:driftwatch_baseline_records:max"


def _cells(w: str) -> tuple[Recording, ...]:
    """Records by the cells of PSI, and those that it leaves out."""
    live, trained = "driftwatch_column_records_total", "driftwatch_baseline_records"
    return (
        Recording(_counted(w), _together("sum", lambda which: f"increase({live}{which}[{w}])")),
        Recording(_TRAINED, _together("max", lambda which: f"{trained}{which}")),
    )


def _together(operation: str, series: Callable[[str], str]) -> str:
    """Of all replicas, and words that are rare in training with those that it never saw.

    series: those of some cells.
    """
    outside = f'"[(]({OTHER[1:-1]}|{NEW[1:-1]})[)]"'
    return (
        f"{operation} {_BY_CELL} ({series(f'{{cell!~{outside}}}')})\n"
        "or\n"
        "label_replace(\n"
        f"  sum {_BY_COLUMN} ({operation} {_BY_CELL} ({series(f'{{cell=~{outside}}}')})),\n"
        f'  "cell", "{OTHER}", "", ""\n'
        ")"
    )


def _psi(w: str) -> tuple[Recording, ...]:
    q = f"column_cell:driftwatch_column_records:share_increase{w}"
    p = "column_cell:driftwatch_baseline_records:share"
    matched = f"on ({COLUMN}, cell)"
    return (
        Recording(q, _share(_counted(w), f">= {MIN_VALUES}")),
        Recording(p, _share(_TRAINED, "> 0")),
        Recording(
            f"column:driftwatch_psi:fleet{w}",
            f"sum {_BY_COLUMN} (\n"
            f"  ({q} - {matched} {p})\n"
            f"  * {matched}\n"
            f"  ln({q} / {matched} {p})\n"
            ")",
        ),
    )


def _share(cells: str, enough: str) -> str:
    """Of the values, with half a count added to each cell so that an empty one has a logarithm."""
    values = f'{cells}{{cell!~"[(]({MISSING[1:-1]}|{INFINITE[1:-1]})[)]"}}'
    return (
        f"({values} + 0.5)\n"
        f"{_OF_ITS_COLUMN}\n"
        f"((sum {_BY_COLUMN} ({values}) {enough}) + 0.5 * count {_BY_COLUMN} ({values}))"
    )


def _missing(w: str) -> Recording:
    return Recording(
        f"column:driftwatch_missing_ratio:fleet{w}",
        f'sum {_BY_COLUMN} ({_counted(w)}{{cell="{MISSING}"}})\n'
        f"/ on ({COLUMN})\n"
        f"(sum {_BY_COLUMN} ({_counted(w)}) >= {MIN_VALUES})",
    )
