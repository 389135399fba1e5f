"""From the verdicts of all detectors to the figures that are shown: rates, thresholds, delays."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import betaincinv

from benchmarks.alarms.detectors import DETECTORS, TUNING
from benchmarks.alarms.peers.protocol import Verdicts
from benchmarks.alarms.streams import DRIFTS, KINDS, PANE_ROWS

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Answers:
    """What one process found at one size of the baseline.

    verdicts: by suite, detector and column: those of each copy, in order.
    """

    about: dict[str, Any]
    verdicts: dict[tuple[str, str, str], list[Verdicts]]


def read_answers(path: Path) -> Answers:
    """What `peers.protocol.run` has written."""
    found: dict[tuple[str, str, str], dict[int, Verdicts]] = {}
    with np.load(path) as arrays:
        about = json.loads(str(arrays["about"]))
        for key in arrays.files:
            if key.endswith("/score"):
                suite, copy, detector, column, _ = key.split("/")
                alarm = arrays[key.removesuffix("score") + "alarm"]
                copies = found.setdefault((suite, detector, column), {})
                copies[int(copy)] = Verdicts(arrays[key], alarm)
    return Answers(
        about, {key: [copies[c] for c in sorted(copies)] for key, copies in found.items()}
    )


def interval(alarms: int, panes: int) -> tuple[float, float]:
    """The exact binomial interval of a share (Clopper and Pearson, 1934).

    >>> [round(end, 4) for end in interval(0, 1_000)]
    [0.0, 0.0037]
    """
    tail = (1.0 - CONFIDENCE) / 2.0
    low = float(betaincinv(alarms, panes - alarms + 1, tail)) if alarms else 0.0
    high = float(betaincinv(alarms + 1, panes - alarms, 1.0 - tail)) if alarms < panes else 1.0
    return low, high


def stricter(null: Iterable[Verdicts]) -> float:
    """The lowest threshold with which no pane of the null suite is in alarm.

    An alarm is a score above it. No detector is given more panes for it than `TUNING`, or the one
    with the most panes would get the highest threshold.
    """
    scores = [v.score[: TUNING.panes] for v in islice(null, TUNING.copies)]
    highest = [float(np.nanmax(score)) for score in scores if not np.isnan(score).all()]
    return max(highest, default=float("inf"))


def first_alarm(alarms: Any) -> float:
    """Panes until the first alarm, that one counted; infinite if there is none.

    >>> first_alarm(np.array([False, False, True, True])), first_alarm(np.array([False]))
    (3.0, inf)
    """
    at = np.flatnonzero(alarms)
    return float(at[0] + 1) if len(at) else float("inf")


def median(delays: list[float]) -> float:
    """The middle one; of two middle ones the later, so that none is between found and not found.

    >>> median([1.0, 2.0, 3.0, float("inf")])
    3.0
    """
    return sorted(delays)[len(delays) // 2]


def summary(answers: Mapping[int, Mapping[str, Answers]]) -> dict[str, Any]:
    """All figures, by size of the baseline and detector; answers: by that size and by process."""
    return {
        str(rows): {
            detector: _figures(detector, found.verdicts)
            for found in by_peer.values()
            for detector in DETECTORS
            if any(key[1] == detector for key in found.verdicts)
        }
        for rows, by_peer in answers.items()
    }


def at(found: Mapping[str, Any], rows: str, detector: str) -> dict[str, Any] | None:
    """A detector's figures at a size of the baseline.

    Those of another size where it was run with one only, because it takes a sample of either.
    """
    sizes = [size for size in found["figures"] if detector in found["figures"][size]]
    if rows not in sizes and not (sizes and len(found["figures"]) > 1):
        return None
    figures: dict[str, Any] = found["figures"][rows if rows in sizes else sizes[0]][detector]
    return figures


def _figures(
    detector: str, verdicts: Mapping[tuple[str, str, str], list[Verdicts]]
) -> dict[str, Any]:
    null, thresholds = {}, {}
    for kind in KINDS:
        copies = verdicts.get(("null", detector, kind))
        if copies:
            panes = sum(len(v.alarm) for v in copies)
            alarms = sum(int(v.alarm.sum()) for v in copies)
            null[kind] = {"panes": panes, "alarms": alarms}
            thresholds[kind] = stricter(copies)
    default: dict[str, int | None] = {}
    tuned: dict[str, int | None] = {}
    seeds = limit = 0
    for name, drift in DRIFTS.items():
        copies = verdicts.get(("drift", detector, name))
        if copies and drift.base in thresholds:
            seeds, limit = len(copies), len(copies[0].alarm)
            default[name] = _rows(median([first_alarm(v.alarm) for v in copies]))
            above = thresholds[drift.base]
            tuned[name] = _rows(median([first_alarm(v.score > above) for v in copies]))
    return {
        "null": null,
        "default": default,
        "tuned": tuned,
        "tuned_on": sum(
            len(v.score[: TUNING.panes])
            for v in verdicts.get(("null", detector, "normal"), [])[: TUNING.copies]
        ),
        "seeds": seeds,
        "limit": limit * PANE_ROWS,
    }


def _rows(panes: float) -> int | None:
    return None if np.isinf(panes) else int(panes) * PANE_ROWS
