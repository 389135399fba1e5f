"""What is reported of two versions that are live at the same time: gauges, rates and words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from driftwatch.monitor.alarms import SEVERITIES, AlarmState
from driftwatch.monitor.conditions import Held, conditions_of, held
from driftwatch.monitor.gauges import MIN_ROWS, gauges
from driftwatch.monitor.shadow import ShadowReport
from driftwatch.monitor.windows import WindowPolicy
from driftwatch.records import FloatArray, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Kind, Layout, Role
from driftwatch.stats.event_words import share_words
from driftwatch.stats.reference import make_reference

Difference = Literal[
    "ks_statistic", "psi", "psi_debiased", "missing_ratio_difference", "mean_difference"
]
DIFFERENCES: tuple[Difference, ...] = get_args(Difference)
SURE = 1.96
"""Standard errors on either side of a ratio of rates: it lies between with 95%."""


@dataclass(frozen=True, slots=True)
class ComparedRate:
    """A condition in both versions.

    ratio: how many times as often it holds, NaN where it never does in one of them; low, high: it
    lies between with 95%, wider where rows depend on each other.
    """

    role: Role
    name: str
    share: float
    against_share: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ComparedWindow:
    """Both versions in one window.

    rows, against_rows: records of each. gauges: (C,) each, NaN where unknown.
    """

    name: str
    length_us: int
    rows: int
    against_rows: int
    gauges: Mapping[Difference, FloatArray]
    rates: tuple[ComparedRate, ...]


@dataclass(frozen=True, slots=True)
class ComparedColumn:
    """A column that both versions have. place: in the layout of the version compared with."""

    name: str
    role: Role
    kind: Kind
    place: int


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """One version against another one.

    key: of the version; its segment is the name of the comparison. against: the other version.
    alarms, evidence: (severities, C) over `columns`. words: of the alarms that stand, by column.
    shadow: how often both answer the same request differently; None where they do not.
    retired: one of them has no records any more.
    """

    key: StreamKey
    against: str
    columns: tuple[ComparedColumn, ...]
    windows: tuple[ComparedWindow, ...]
    alarms: AlarmState
    evidence: FloatArray
    alarms_total: FloatArray
    words: Mapping[str, str]
    shadow: ShadowReport | None = None
    retired: bool = False

    @property
    def differing(self) -> tuple[ComparedColumn, ...]:
        """The columns of which an alarm is raised."""
        raised = np.asarray(self.alarms.active.any(axis=0))
        return tuple(column for i, column in enumerate(self.columns) if raised[i])

    @property
    def pages(self) -> bool:
        """Whether one of them is worth waking somebody."""
        return bool(self.alarms.active[SEVERITIES.index("page")].any())

    @property
    def sentence(self) -> str:
        """How the two compare, in words.

        What differs is said by what it is: a canary whose requests are alike and whose answers are
        not behaves otherwise; one whose requests differ as well may have other ones to answer.
        """
        here, there = self.key.model_version, self.against
        if not self.windows or min(self.windows[0].rows, self.windows[0].against_rows) < MIN_ROWS:
            return f"too few records of version {here} or version {there} to compare them"
        answers = [c.name for c in self.differing if c.role in ("prediction", "rate")]
        others = [c.name for c in self.differing if c.role not in ("prediction", "rate")]
        if not answers and not others:
            return f"version {here} looks like version {there}"
        said = f"the predictions of version {here} differ from those of version {there}"
        if not answers:
            said = f"the predictions of version {here} are like those of version {there}"
        names = f" ({', '.join(answers)})" if answers else ""
        joint = "and" if bool(answers) == bool(others) else "but"
        alike = f"{joint} the features differ ({', '.join(others)})" if others else ""
        return f"{said}{names}, {alike or 'but the features are alike'}"


def rate_words(rate: ComparedRate, version: str, against: str) -> str:
    """A rate of both versions in words.

    >>> rate = ComparedRate("rate", "high_score", 0.2, 0.1, 2.0, 1.81, 2.21)
    >>> rate_words(rate, "8", "7")
    'high_score: 20.0% of version 8, 10.0% of version 7: 2 times as often (1.81 to 2.21)'
    """
    shares = (
        f"{rate.name}: {share_words(rate.share)} of version {version}, "
        f"{share_words(rate.against_share)} of version {against}"
    )
    if not math.isfinite(rate.ratio):
        return shares
    return f"{shares}: {rate.ratio:.3g} times as often ({rate.low:.3g} to {rate.high:.3g})"


def compared(
    window: WindowPolicy,
    layout: Layout,
    here: Counts,
    there: Counts,
    places: tuple[int, ...],
    phi: FloatArray,
) -> ComparedWindow:
    """Both versions in one window, in the columns at these places.

    phi: (C,) of each of them, by how much a share varies more than with independent rows.
    """
    enough = min(here.rows, there.rows) >= MIN_ROWS
    at = np.array(places, dtype=np.int64)
    found: dict[Difference, FloatArray] = {name: np.full(len(at), np.nan) for name in DIFFERENCES}
    rates: tuple[ComparedRate, ...] = ()
    if enough:
        other = make_reference(layout, there)
        now = gauges(here, other, ("ks_statistic", "psi")).by_name
        was = gauges(there, other, ()).by_name
        few = np.where(other.values[at] >= MIN_ROWS, 1.0, np.nan)
        found = {
            "ks_statistic": few * now["ks_statistic"][at],
            "psi": few * now["psi"][at],
            "psi_debiased": few * now["psi_debiased"][at],
            "missing_ratio_difference": (now["missing_ratio"] - was["missing_ratio"])[at],
            "mean_difference": (now["column_mean"] - was["column_mean"])[at],
        }
        by_place = dict(zip(places, phi.tolist(), strict=True))
        for c in conditions_of(layout):
            if c.column in by_place:
                one, other_one = (held(c, layout, w.cells, w.rows) for w in (here, there))
                rates = (*rates, _rate(c.role, c.name, one, other_one, by_place[c.column]))
    return ComparedWindow(window.name, window.length_us, here.rows, there.rows, found, rates)


def _rate(role: Role, name: str, here: Held, there: Held, phi: float) -> ComparedRate:
    """The ratio of two shares, with the interval of Katz et al. (1978) on its logarithm."""
    nan = float("nan")
    ratio = low = high = nan
    if here.true and there.true:
        ratio = here.ratio / there.ratio
        spread = sum((1.0 - side.ratio) / side.true for side in (here, there))
        wide = math.exp(SURE * math.sqrt(phi * spread))
        low, high = ratio / wide, ratio * wide
    return ComparedRate(role, name, here.ratio, there.ratio, ratio, low, high)
