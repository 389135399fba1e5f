"""The page that shows the figures, docs/benchmarks/throughput.md, from its template."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from string import Template

from benchmarks.throughput.compiled import COMPILED, PYTHON
from benchmarks.throughput.figures import (
    BASE,
    EACH,
    Figures,
    at,
    bare_rate,
    broker_figures,
    cost_us,
    fastest,
    memory_rate,
    peer_best,
    peer_rate,
    rate,
    stages_us,
)
from benchmarks.throughput.plots import growth_plot, peers_plot
from benchmarks.throughput.points import BATCHES, WIDTHS, memory_points
from benchmarks.throughput.promises import promises
from benchmarks.throughput.rivals import RIVALS
from benchmarks.throughput.shapes import BASE as SHAPE
from benchmarks.throughput.shapes import NULL_SHARE

NOT_MEASURED = "n/a"
TEMPLATE = Path(__file__).parent / "throughput.md.in"


def write(found: Figures, folder: Path) -> None:
    """The page and its plots."""
    (folder / "throughput.md").write_text(document(found))
    (folder / "throughput-peers.svg").write_text(peers_plot(found))
    (folder / "throughput-growth.svg").write_text(growth_plot(found))


def document(found: Figures) -> str:
    """The whole text."""
    decoded = at(found, "limits", "decoding", "bytes")
    return Template(TEMPLATE.read_text()).substitute(
        machine=at(found, "machine") or "a machine that was not noted",
        took=_took(found),
        bytes=f"{decoded:.0f}" if decoded else NOT_MEASURED,
        words=len(SHAPE.words),
        numbers=len(SHAPE.numbers),
        nulls=f"{NULL_SHARE:.0%}",
        promises=_promises(found),
        points=_points(found),
        broker=_broker(found),
        peers=_peers(found),
        used=_used(),
        winners=_winners(found),
        problems=_problems(found),
        decoders=_decoders(found),
        stages=_stages(found),
        resident=_resident(found),
        live=_live(found),
    )


def _took(found: Figures) -> str:
    if at(found, "quick"):
        return "; a short run that shows that all of it works, and whose figures are rough"
    minutes = at(found, "minutes")
    return f"; {minutes:g} minutes" if minutes else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _count(value: float | None) -> str:
    """Three digits that mean something, the rest is noise."""
    return NOT_MEASURED if value is None else f"{float(f'{value:.3g}'):,.0f}"


def _figure(value: float | None, shown: str) -> str:
    return NOT_MEASURED if value is None else shown.format(value)


def _promises(found: Figures) -> str:
    words = {True: "yes", False: "**no**", None: NOT_MEASURED}
    head = "| promised | reached | kept |\n| --- | ---: | :---: |\n"
    return head + "\n".join(
        f"| {each.text} | {each.reached} | {words[each.kept]} |" for each in promises(found)
    )


def _points(found: Figures) -> str:
    rows = []
    for point in memory_points():
        each = at(found, "memory", point.name) or {}
        usual, plain = fastest(each), at(each, PYTHON)
        compiled, python = rate(at(each, COMPILED)), rate(plain)
        cost = cost_us(usual)
        rows.append(
            [
                point.factor,
                point.value,
                _count(compiled),
                _count(python),
                _figure(cost, "{:.2f}"),
                _figure(1000 * cost / point.shape.columns if cost else None, "{:.0f}"),
            ]
        )
    head = ("factor", "value", "records/s, compiled", "in Python", "µs a record", "ns a value")
    return _table(head, rows)


def _broker(found: Figures) -> str:
    rows = []
    for client, columns in (
        ("kafka-python", 20),
        ("confluent", 20),
        ("confluent", 5),
        ("confluent", 100),
    ):
        bare = bare_rate(found, client, columns)
        ways = {
            way: rate(at(found, "broker", f"driftwatch by {client}, {columns} columns, {way}"))
            for way in (COMPILED, PYTHON)
        }
        figures = broker_figures(found, client, columns)
        ours = rate(figures)
        rows.append(
            [
                client,
                str(columns),
                _count(bare),
                _count(ways[COMPILED]),
                _count(ways[PYTHON]),
                _figure(ours / bare if ours and bare else None, "{:.0%}"),
                _figure(at(figures or {}, "peak_mib"), "{:.0f}"),
            ]
        )
    head = (
        "client",
        "columns",
        "by itself, records/s",
        "Driftwatch, compiled",
        "in Python",
        "of the client",
        "MiB",
    )
    return _table(head, rows)


def _peers(found: Figures) -> str:
    base = memory_rate(found, BASE)
    rows = [
        [
            "Driftwatch",
            *(_count(memory_rate(found, BASE if n == 1000 else f"batch: {n:,}")) for n in BATCHES),
            "",
            _count(base),
            "1",
        ],
        [
            "Driftwatch, a report after every batch",
            *(_count(memory_rate(found, f"{EACH}: {n:,}")) for n in BATCHES),
            "",
            "",
            "",
        ],
    ]
    measured = [(name, peer_best(found, name)) for name in RIVALS]
    for name, best in sorted(measured, key=lambda each: -(each[1][1] if each[1] else 0.0)):
        ratio = base / best[1] if base and best else None
        rows.append(
            [
                _title(found, name),
                *(_count(peer_rate(found, name, n)) for n in BATCHES),
                f"{best[0]:,}" if best else NOT_MEASURED,
                _count(best[1] if best else None),
                _figure(ratio, "{:.1f}" if ratio and ratio < 10 else "{:,.0f}"),
            ]
        )
    head = (
        "records a CPU second",
        *(f"batches of {n:,}" for n in BATCHES),
        "best batch",
        "there",
        "Driftwatch is, times",
    )
    return _table(head, rows)


def _title(found: Figures, name: str) -> str:
    versions = at(found, "peers", name, "versions") or {}
    said = ", ".join(f"{package} {version}" for package, version in versions.items())
    return f"{RIVALS[name].title} ({said})" if said else RIVALS[name].title


def _used() -> str:
    return "\n".join(f"- **{rival.title}**: {rival.says}." for rival in RIVALS.values())


def _winners(found: Figures) -> str:
    """Where a peer is faster than Driftwatch, said as plainly as where it is not."""
    if not any(peer_best(found, name) for name in RIVALS):
        return ""
    lines = []
    for size in BATCHES:
        point = BASE if size == 1_000 else f"batch: {size:,}"
        for what, mine in (
            ("", memory_rate(found, point)),
            (" with a report after every batch", memory_rate(found, f"{EACH}: {size:,}")),
        ):
            for name, rival in RIVALS.items():
                theirs = peer_rate(found, name, size)
                if mine and theirs and theirs > mine:
                    lines.append(
                        f"- {rival.title} is {theirs / mine:.1f} times as fast as "
                        f"Driftwatch{what}, in batches of {size:,}."
                    )
    ours = memory_rate(found, BASE)
    for name, rival in RIVALS.items():
        best = peer_best(found, name)
        if best and ours and best[0] not in BATCHES and best[1] > ours:
            lines.append(
                f"- {rival.title} in batches of {best[0]:,} is {best[1] / ours:.1f} times as fast "
                "as Driftwatch in batches of 1,000."
            )
    if lines:
        return "\n".join(["Where a peer is faster:", "", *lines])
    return "No peer was faster at any size of batch that was tried."


def _problems(found: Figures) -> str:
    lines = [
        f"- {rival.title} could not be measured: `{problem.strip().splitlines()[-1]}`"
        for name, rival in RIVALS.items()
        if (problem := at(found, "peers", name, "problem"))
    ]
    return "\n".join(["", *lines, ""]) if lines else ""


def _decoders(found: Figures) -> str:
    rates = at(found, "limits", "decoding", "rates") or {}
    size = at(found, "limits", "decoding", "bytes") or 0.0
    rows = [
        [name, _count(each), _figure(each * size / 1e6, "{:,.0f}")]
        for name, each in sorted(rates.items(), key=lambda one: -one[1])
    ]
    return _table(("decoding, and nothing else", "records/s", "MB/s"), rows)


def _stages(found: Figures) -> str:
    head = ("stage", "µs a record", "of the whole", "its limit", "µs a record", "limit of stage")
    return _table(head, _stage_rows(found))


def _stage_rows(found: Figures) -> Iterator[Sequence[str]]:
    memory = fastest(at(found, "memory", BASE))
    spent = stages_us(memory)
    counted, whole = cost_us(memory), cost_us(broker_figures(found, "confluent"))
    reading = max(0.0, whole - counted) if whole and counted else None
    whole = whole or counted
    rates = at(found, "limits", "decoding", "rates") or {}
    arrays = at(found, "limits", "arrays", "values") or {}
    client = bare_rate(found, "confluent")
    sort = 1e6 * SHAPE.columns / arrays["sort"] if "sort" in arrays else None
    struct = rates.get("msgspec, into a struct")
    for stage, took, limit, least in (
        ("read", reading, "confluent-kafka by itself", 1e6 / client if client else None),
        ("decode", spent.get("decode"), "msgspec, into a struct", 1e6 / struct if struct else None),
        ("count", spent.get("count"), "numpy sorts the values", sort),
        ("evaluate", spent.get("advance"), "", None),
        ("save, commit, publish", _sum(spent, ("save", "commit", "publish")), "", None),
    ):
        yield (
            stage,
            _figure(took, "{:.2f}"),
            _figure(took / whole if took is not None and whole else None, "{:.0%}"),
            limit,
            _figure(least, "{:.2f}") if limit else "",
            _figure(least / took if least and took else None, "{:.0%}") if limit else "",
        )


def _sum(spent: dict[str, float], steps: Sequence[str]) -> float | None:
    return sum(spent.get(step, 0.0) for step in steps) if spent else None


def _resident(found: Figures) -> str:
    rows = []
    for columns in WIDTHS:
        name = f"{columns} columns"
        seen, steps = at(found, "resident", name) or {}, at(found, "steps", name) or {}
        rows.append(
            [
                str(columns),
                _figure(at(seen, "resident_mib"), "{:.0f}"),
                _figure(at(seen, "peak_mib"), "{:.0f}"),
                _figure(at(seen, "scrape", "ms"), "{:.1f}"),
                _figure(at(seen, "status", "ms"), "{:.0f}"),
                _figure(at(steps, "step_ms"), "{:.1f}"),
                _figure(at(steps, "report_ms"), "{:.1f}"),
                _figure(at(steps, "render_ms"), "{:.1f}"),
                _figure(at(seen, "longest_ms"), "{:.0f}"),
            ]
        )
    head = (
        "columns",
        "MiB",
        "at most",
        "scrape, ms",
        "status page, ms",
        "step of the alarms, ms",
        "report, ms",
        "rendering, ms",
        "longest pause, ms",
    )
    return _table(head, rows)


def _live(found: Figures) -> str:
    rows = [
        [
            name,
            _figure(at(each, "core"), "{:.1%}"),
            _figure(at(each, "records_per_second"), "{:,.0f}"),
            _figure(at(each, "resident_mib"), "{:.0f}"),
            _figure(at(each, "median_ms"), "{:.1f}"),
            _figure(at(each, "longest_ms"), "{:.0f}"),
        ]
        for name, each in (at(found, "live") or {}).items()
    ]
    head = ("daemon", "of a core", "read a second", "MiB", "usual turn, ms", "longest pause, ms")
    return _table(head, rows)
