"""What is promised of the speed, and what this run has reached."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean

from benchmarks.throughput.figures import (
    BASE,
    EACH,
    Figures,
    at,
    bare_rate,
    broker_figures,
    fastest,
    memory_rate,
    peer_best,
    peer_rate,
    peers_at,
    rate,
    way_us,
)
from benchmarks.throughput.rivals import RIVALS


@dataclass(frozen=True, slots=True)
class Promise:
    """One of them. reached: in words. kept: None where this run can't tell."""

    text: str
    reached: str
    kept: bool | None


def promises(found: Figures) -> Iterator[Promise]:
    """All of them, in the order of the page."""
    yield from _beside_peers(found)
    yield from _beside_clients(found)
    yield from _growth(found)
    yield from _daemon(found)


def _beside_peers(found: Figures) -> Iterator[Promise]:
    ours = memory_rate(found, BASE)
    for peer in ("whylogs", "evidently"):
        title = RIVALS[peer].title
        yield _at_least(
            f"30 times {title}, in batches of 1,000",
            30.0,
            _ratio(ours, peer_rate(found, peer, 1000)),
        )
        best = peer_best(found, peer)
        batch = f"{best[0]:,}" if best else "any size"
        yield _at_least(
            f"10 times {title} at its best, in batches of {batch}",
            10.0,
            _ratio(ours, best[1] if best else None),
        )
    for size in (1_000, 10_000):
        point = BASE if size == 1_000 else f"batch: {size:,}"
        for what, mine in (
            ("", memory_rate(found, point)),
            (", a report after each", memory_rate(found, f"{EACH}: {size:,}")),
        ):
            rivals = sorted(peers_at(found, size), key=lambda each: -each[1])
            text = f"faster than every peer, in batches of {size:,}{what}"
            if not rivals or mine is None:
                yield Promise(text, "not measured", None)
                continue
            name, theirs = rivals[0]
            reached = f"{mine / theirs:.1f} times the next, {RIVALS[name].title}"
            yield Promise(text, reached, mine > theirs)


def _beside_clients(found: Figures) -> Iterator[Promise]:
    confluent = rate(broker_figures(found, "confluent"))
    text = "250,000 records a CPU second from a broker by confluent-kafka"
    if confluent is None:
        yield Promise(text, "not measured", None)
    else:
        yield Promise(text, f"{confluent:,.0f}", confluent >= 250_000)
    for client, name, least in (
        ("confluent", "confluent-kafka", 0.35),
        ("kafka-python", "kafka-python", 0.60),
    ):
        share = _ratio(rate(broker_figures(found, client)), bare_rate(found, client))
        text = f"{least:.0%} of the rate of {name} by itself"
        if share is None:
            yield Promise(text, "not measured", None)
        else:
            yield Promise(text, f"{share:.0%}", share >= least)


def _growth(found: Figures) -> Iterator[Promise]:
    wide, base = (way_us(fastest(at(found, "memory", f"columns: {n}"))) for n in (500, 20))
    text = "cost linear in columns: a column of 500 costs what one of 20 does"
    per_column = _ratio(wide / 500 if wide else None, base / 20 if base else None)
    yield _at_most_times(text, per_column, 1.25)
    counts = {int(n): rate(each) for n, each in (at(found, "growth", "records") or {}).items()}
    text = "cost linear in records: one of the most costs what one of the fewest does"
    few, many = (counts.get(pick(counts)) if counts else None for pick in (min, max))
    yield _at_most_times(text, _ratio(few, many), 1.25)
    windows = {
        name: end_of(each)
        for name, each in (at(found, "growth", "windows") or {}).items()
        if "hours" in each
    }
    text = "cost flat in the length of windows: a report of a day beside that of an hour"
    day, hour = (windows.get(name, {}).get("report_ms") for name in ("1d", "1h"))
    yield _at_most_times(text, _ratio(day, hour), 1.25)
    hours = at(found, "growth", "uptime", "hours")
    text = "cost flat in uptime: a record of the last hours beside one of the second"
    late = mean(each["record_us"] for each in hours[-3:]) if hours else None
    early = mean(each["record_us"] for each in hours[1:4]) if hours and len(hours) > 4 else None
    yield _at_most_times(text, _ratio(late, early), 1.25)


def end_of(figures: Figures) -> dict[str, float]:
    """What a run over hours cost at its end: the mean of its last three hours."""
    last = figures["hours"][-3:]
    return {key: mean(hour[key] for hour in last) for key in ("record_us", "report_ms")}


def _daemon(found: Figures) -> Iterator[Promise]:
    core = at(found, "live", "100 columns, 1,000 a second, confluent", "core")
    yield _below("of a core, 100 columns at 1,000 records a second", core, 0.05, "{:.1%}")
    for columns, mib in ((100, 128.0), (500, 256.0)):
        found_mib = at(found, "resident", f"{columns} columns", "peak_mib")
        yield _below(f"resident at its highest, {columns} columns", found_mib, mib, "{:.0f} MiB")
    wide = "500 columns"
    scrape = at(found, "resident", wide, "scrape", "ms")
    yield _below(f"for a scrape of {wide}", scrape, 30.0, "{:.1f} ms")
    for name in (
        "100 columns, 1,000 a second, confluent",
        "500 columns, 1,000 a second, confluent",
    ):
        pause = at(found, "live", name, "longest_ms")
        yield _below(f"the longest pause of the loop, {name}", pause, 100.0, "{:.0f} ms")
    step, report = (at(found, "steps", wide, key) for key in ("step_ms", "report_ms"))
    yield _below(f"for a step of all alarms of {wide}", step, 10.0, "{:.1f} ms")
    yield _below(f"for a report of {wide}", report, 50.0, "{:.1f} ms")


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


def _at_least(text: str, least: float, found: float | None) -> Promise:
    if found is None:
        return Promise(text, "not measured", None)
    return Promise(text, f"{found:,.0f} times", found >= least)


def _at_most_times(text: str, found: float | None, most: float) -> Promise:
    if found is None:
        return Promise(text, "not measured", None)
    return Promise(text, f"{found:.2f} times", found <= most)


def _below(text: str, found: float | None, most: float, shown: str) -> Promise:
    text = f"under {shown.format(most).replace('.0', '')} {text}"
    if found is None:
        return Promise(text, "not measured", None)
    return Promise(text, shown.format(found), found < most)
