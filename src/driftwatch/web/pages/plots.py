"""The points of the plots, in the units of their drawings; what they look like, a style sheet says.

A plot of many marks is one path for each of a few shades, so that a page of five hundred small
plots stays a small page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.monitor.trail import TrailReport
from driftwatch.records import FloatArray

SPARK_WIDTH, SPARK_HEIGHT = 96, 20
SHADES = 8


@dataclass(frozen=True, slots=True)
class Scale:
    """Event time along a plot's width."""

    begin_us: int
    end_us: int
    width: float

    def x(self, time_us: int) -> float:
        """Where a moment lies, from 0 to the width."""
        share = (time_us - self.begin_us) / max(1, self.end_us - self.begin_us)
        return round(self.width * min(1.0, max(0.0, share)), 1)


def time_scale(trail: TrailReport, width: float) -> Scale:
    """From the first slot to the end of the last."""
    if not trail.slots:
        return Scale(0, 1, width)
    return Scale(trail.slots[0].start_us, trail.slots[-1].start_us + trail.slot_us, width)


def evidence_of(trail: TrailReport, severity: int) -> tuple[list[int], FloatArray]:
    """The slots whose evidence is known: (T,) where they begin, and (T, C) the largest in them."""
    known = [(s.start_us, s.evidence) for s in trail.slots if s.evidence is not None]
    if not known:
        return [], np.empty((0, 0))
    return [start for start, _ in known], np.stack([array[severity] for _, array in known])


def sparks(trail: TrailReport, severity: int) -> list[str]:
    """For each column its evidence over time, as a path; none where none is known."""
    starts, evidence = evidence_of(trail, severity)
    if not starts:
        return []
    scale = time_scale(trail, SPARK_WIDTH)
    ys = np.nan_to_num(np.clip(evidence, 0.0, 1.0) * (SPARK_HEIGHT - 2))
    heights = (SPARK_HEIGHT - 1 - ys.round().astype(np.int64)).T.tolist()
    xs = [f"{scale.x(start + trail.slot_us):g}," for start in starts]
    bottom = SPARK_HEIGHT - 1
    quiet = f"M{scale.x(starts[0]):g},{bottom}H{SPARK_WIDTH}"
    first = f"M{scale.x(starts[0]):g},{bottom}L"
    return [
        first + " ".join([x + str(y) for x, y in zip(xs, row, strict=True)])
        if min(row) < bottom
        else quiet
        for row in heights
    ]


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """A path through these points; empty for none.

    >>> polyline([(0.0, 1.0), (2.5, 3.0)])
    'M0,1L2.5,3'
    """
    if not points:
        return ""
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points)


def rectangles(marks: Sequence[tuple[float, float, float, float]]) -> str:
    """One path of many rectangles: (x, y, width, height) each.

    >>> rectangles([(0.0, 1.0, 2.0, 3.5)])
    'M0,1h2v3.5h-2z'
    """
    return "".join(f"M{x:g},{y:g}h{w:g}v{h:g}h{-w:g}z" for x, y, w, h in marks)


def shade(share: FloatArray, most: float) -> FloatArray:
    """How dark shares are drawn, from 0 (none) to `SHADES`: by their root, so that few show too."""
    with np.errstate(invalid="ignore"):
        root = np.sqrt(np.clip(share / max(most, 1e-12), 0.0, 1.0))
    darkness: FloatArray = np.ceil(np.nan_to_num(root) * SHADES)
    return darkness


def heat(shades: FloatArray, xs: Sequence[float], width: float, height: float) -> list[str]:
    """A path for each shade from 1 on: (T, G) marks, bars from the bottom up.

    xs: (T,) where the slots begin. width, height: of a mark.
    """
    slots, bars = shades.shape
    marks: list[list[tuple[float, float, float, float]]] = [[] for _ in range(SHADES)]
    for t in range(slots):
        row = shades[t].tolist()
        for g, dark in enumerate(row):
            if dark >= 1:
                y = round((bars - 1 - g) * height, 1)
                marks[int(dark) - 1].append((xs[t], y, width, height))
    return [rectangles(found) for found in marks]
