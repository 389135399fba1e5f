"""Reads what was measured; all of it may be missing, because it failed or was not asked for."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.throughput.compiled import WAYS

Figures = dict[str, Any]

BASE = "columns: 20"
"""The base point."""
EACH = "a report after every batch of"


def at(found: Figures, *keys: str) -> Any:
    """What stands at the end of a path of keys; None where there is nothing.

    >>> at({"peers": {"river": {"cpu_s": 3.0}}}, "peers", "river", "cpu_s")
    3.0
    >>> at({"peers": {"river": {"problem": "no wheel"}}}, "peers", "river", "cpu_s")
    """
    here: Any = found
    for key in keys:
        if not isinstance(here, dict) or key not in here:
            return None
        here = here[key]
    return here


def rate(figures: Figures | None) -> float | None:
    """The median of the rounds.

    >>> rate({"rates": [3.0, 1.0, 2.0]}), rate({"problem": "no broker"})
    (2.0, None)
    """
    rates = at(figures or {}, "rates")
    return median(rates) if rates else None


def fastest(figures: Figures | None) -> Figures | None:
    """Of the ways to run Driftwatch, the one that people get: compiled, where that was there."""
    return next((at(figures or {}, way) for way in WAYS if rate(at(figures or {}, way))), None)


def memory_rate(found: Figures, point: str) -> float | None:
    """Driftwatch from memory at a point, as people get it."""
    return rate(fastest(at(found, "memory", point)))


def broker_figures(found: Figures, client: str, columns: int = 20) -> Figures | None:
    """Driftwatch from the broker, as people get it."""
    name = f"driftwatch by {client}, {columns} columns"
    return fastest({way: at(found, "broker", f"{name}, {way}") for way in WAYS})


def bare_rate(found: Figures, client: str, columns: int = 20) -> float | None:
    """A client by itself."""
    return rate(at(found, "broker", f"{client} by itself, {columns} columns"))


def peer_rate(found: Figures, peer: str, size: int) -> float | None:
    """A peer in batches of this size."""
    known: float | None = at(found, "peers", peer, "sizes", str(size), "rate")
    return known


def peer_best(found: Figures, peer: str) -> tuple[int, float] | None:
    """The batch size at which a peer is fastest, and how fast that is."""
    sizes = at(found, "peers", peer, "sizes") or {}
    each = [(int(size), figures["rate"]) for size, figures in sizes.items()]
    return max(each, key=lambda one: one[1], default=None)


def peers_at(found: Figures, size: int) -> Iterator[tuple[str, float]]:
    """Every peer that was measured in batches of this size."""
    for peer in at(found, "peers") or {}:
        known = peer_rate(found, peer, size)
        if known is not None:
            yield peer, known


def cost_us(figures: Figures | None) -> float | None:
    """CPU microseconds of a record."""
    known = rate(figures)
    return None if known is None else 1e6 / known


def stages_us(figures: Figures | None) -> dict[str, float]:
    """CPU microseconds of a record by step of the loop; nothing where it was not measured.

    Steps are timed by the clock, which goes on while somebody else has the core; so what they say
    is each one's share of the CPU time.

    >>> stages_us({"rates": [1e5], "microseconds": {"decode": 15.0, "count": 5.0}})
    {'decode': 7.5, 'count': 2.5}
    """
    cost, steps = cost_us(figures), at(figures or {}, "microseconds")
    if cost is None or not steps:
        return {}
    passed = sum(steps.values())
    return {step: cost * spent / passed for step, spent in steps.items()}


def way_us(figures: Figures | None) -> float | None:
    """To decode and count a record; without reports, of which a short log has many."""
    steps = stages_us(figures)
    return steps["decode"] + steps["count"] if steps else None
