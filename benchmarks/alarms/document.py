"""The document that shows the figures, docs/benchmarks/alarms.md, from its templates."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from benchmarks.alarms.detectors import (
    BUDGET_PANES,
    COLUMNS,
    DETECTORS,
    PEERS,
    TOLERANCE,
    TUNING,
)
from benchmarks.alarms.plots import MONTH, false_alarms
from benchmarks.alarms.results import at, interval
from benchmarks.alarms.streams import DAY_PANES, DEPENDENT, DRIFTS, INDEPENDENT, KINDS, PANE_ROWS

OURS = tuple(name for name, detector in DETECTORS.items() if detector.peer == "driftwatch")
TIMED = ("driftwatch_page", "driftwatch_info")
ONE_WHEN_TUNED = ("psi_25", "ks_bonferroni", "ks_budget")
"""Differ from the one before in their thresholds only."""
TUNED_TITLES = {"psi_10": "PSI", "ks_05": "KS"}

DOUBTFUL = 0.1
"""A delay in which so many false alarms are expected says nothing."""
FOLDER = Path(__file__).parent


def document(found: dict[str, Any]) -> str:
    """The whole text."""
    return _filled(
        "alarms.md.in",
        pane_rows=PANE_ROWS,
        columns=COLUMNS,
        tolerance=TOLERANCE,
        tables=tables(found),
        peers=_peers_table(found),
        machine=f"On {found['machine']}: {found['cpu_minutes']:g} minutes of CPU, on two cores.",
        deltas=8,
        thresholds=11,
        month_rows=f"{BUDGET_PANES * PANE_ROWS:,}",
        days=PEERS["driftwatch"].null.panes // DAY_PANES,
    )


def tables(found: dict[str, Any]) -> str:
    """The figures and what they show."""
    sizes = list(found["figures"])
    panes = TUNING.copies * TUNING.panes
    share = interval(0, panes)[1]
    return _filled(
        "tables.md.in",
        columns=COLUMNS,
        limit=f"{max(f['limit'] for d in found['figures'].values() for f in d.values()):,}",
        null=_null_table(found, sizes),
        kinds=_each(_kinds_table, found),
        said="; ".join(f"`{name}`: {kind.says}" for name, kind in KINDS.items()),
        defaults=_each(_defaults_table, found),
        panes=f"{panes:,}",
        share=f"{share:.2%}",
        month=_round(share * MONTH),
        tuned=_each(_tuned_table, found),
        winners="\n".join(_who_wins(found, rows) for rows in sizes),
    )


def _filled(name: str, **parts: object) -> str:
    return Template((FOLDER / name).read_text()).substitute(parts)


def _each(make: Callable[[dict[str, Any], str], str], found: dict[str, Any]) -> str:
    """A table for each size of the baseline."""
    return "\n".join(
        f"Baseline of {int(rows):,} rows:\n\n{make(found, rows)}" for rows in found["figures"]
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def _here(found: dict[str, Any], rows: str) -> list[tuple[str, dict[str, Any]]]:
    figures = [(detector, at(found, rows, detector)) for detector in DETECTORS]
    return [(detector, f) for detector, f in figures if f is not None]


def _share(alarms: int, panes: int) -> str:
    low, high = interval(alarms, panes)
    return f"{_percent(alarms / panes)} ({_percent(low)} to {_percent(high)})"


def _round(number: float) -> str:
    """Two digits, the rest is noise."""
    return f"{float(f'{number:.2g}'):,.0f}"


def _percent(share: float) -> str:
    """Two digits that mean something."""
    if share == 0.0:
        return "0"
    if share >= 0.0995:
        return f"{share:.0%}"
    return f"{share * 100:.2g}%" if share >= 1e-5 else f"{share * 100:.1e}%"


def _null_table(found: dict[str, Any], sizes: Sequence[str]) -> str:
    head = ["detector"]
    for rows in sizes:
        head += [f"in alarm, baseline of {int(rows):,}", "in 30 days"]
    head += [f"`{kind}`" for kind in DEPENDENT] + ["column-panes"]
    lines = []
    for detector in DETECTORS:
        known = [at(found, rows, detector) for rows in sizes]
        if not any(known):
            continue
        line = [DETECTORS[detector].title]
        for figures in known:
            if figures is None:
                line += ["", ""]
                continue
            alarms, panes = false_alarms(figures)
            month = MONTH * (alarms / panes if alarms else interval(0, panes)[1])
            line += [_share(alarms, panes), f"{'' if alarms else 'at most '}{_round(month)}"]
        first = next(figures for figures in known if figures)
        for kind in DEPENDENT:
            seen = first["null"].get(kind)
            line.append(_percent(seen["alarms"] / seen["panes"]) if seen else "n/a")
        lines.append([*line, f"{false_alarms(first)[1]:,}"])
    return _table(head, lines)


def _kinds_table(found: dict[str, Any], rows: str) -> str:
    kinds = (*INDEPENDENT, *DEPENDENT)
    lines = []
    for detector, figures in _here(found, rows):
        seen = [figures["null"].get(kind) for kind in kinds]
        cells = [_percent(s["alarms"] / s["panes"]) if s else "n/a" for s in seen]
        lines.append([DETECTORS[detector].title, *cells])
    return _table(["detector", *(f"`{kind}`" for kind in kinds)], lines)


def _delay(rows: int | None) -> str:
    return "never" if rows is None else f"{rows:,}"


def _defaults_table(found: dict[str, Any], rows: str) -> str:
    lines = []
    for detector, figures in _here(found, rows):
        cells = [DETECTORS[detector].title]
        for name, drift in DRIFTS.items():
            if name not in figures["default"]:
                cells.append("n/a")
                continue
            delay = figures["default"][name]
            null = figures["null"][drift.base]
            panes = (delay or figures["limit"]) / PANE_ROWS
            doubtful = null["alarms"] / null["panes"] * panes >= DOUBTFUL
            cells.append(f"({_delay(delay)})" if doubtful and delay else _delay(delay))
        lines.append([*cells, str(figures["seeds"])])
    return _table(["detector", *(d.says for d in DRIFTS.values()), "seeds"], lines)


def _tuned_table(found: dict[str, Any], rows: str) -> str:
    here = dict(_here(found, rows))
    lines = []
    for detector in (*OURS, "ks_budget"):
        if detector in here:
            title = f"{DETECTORS[detector].title}, the whole budget"
            lines.append(_delays_line(title, here[detector], "default", "1 per 30 days"))
    for detector, figures in here.items():
        if detector not in ONE_WHEN_TUNED:
            title = TUNED_TITLES.get(detector, DETECTORS[detector].title)
            silent = f"0 in {figures['tuned_on']:,}"
            lines.append(_delays_line(f"{title}, tuned", figures, "tuned", silent))
    return _table(["detector", *(d.says for d in DRIFTS.values()), "false alarms"], lines)


def _delays_line(title: str, figures: dict[str, Any], what: str, rate: str) -> list[str]:
    delays = figures[what]
    return [title, *(_delay(delays[n]) if n in delays else "n/a" for n in DRIFTS), rate]


def _who_wins(found: dict[str, Any], rows: str) -> str:
    """For each drift, who is soonest when all are tuned, and who is sooner than our default."""
    here = dict(_here(found, rows))
    if not all(ours in here for ours in OURS):
        return ""
    lines = [f"With a baseline of {int(rows):,} rows, tuned to the same false alarms:\n"]
    for name, drift in DRIFTS.items():
        delays = {
            detector: figures["tuned"][name]
            for detector, figures in here.items()
            if figures["tuned"].get(name) is not None and detector not in ONE_WHEN_TUNED
        }
        mine = min((delays[ours] for ours in TIMED if ours in delays), default=None)
        theirs = {d: delay for d, delay in delays.items() if d not in OURS}
        best = min((delay for delay in (mine, *theirs.values()) if delay), default=None)
        winners = [_short(d) for d, delay in theirs.items() if delay == best]
        if best is None:
            line = "nobody finds it"
        elif mine == best:
            line = f"{_listed(['Driftwatch', *winners])}, after {best:,} rows"
        else:
            line = f"{_listed(winners)}, after {best:,} rows; Driftwatch: {_delay(mine)}"
        full = here["driftwatch_page"]["default"].get(name)
        line += f". `page` with its whole budget: {_delay(full)}"
        sooner = [_short(d) for d, delay in theirs.items() if full is None or delay < full]
        line += f"; sooner than that, if tuned: {_listed(sooner)}." if sooner else "."
        lines.append(f"- **{drift.says}**: {line}")
    return "\n".join([*lines, ""])


def _short(detector: str) -> str:
    return TUNED_TITLES.get(detector, DETECTORS[detector].title)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _peers_table(found: dict[str, Any]) -> str:
    head = ("package", "version", "license", "at its defaults", "null suite", "drift suite", "ms")
    lines = [
        f"| {' | '.join(head)} |",
        "| --- | --- | --- | --- | --- | --- | ---: |",
    ]
    for name, peer in sorted(found["peers"].items(), key=lambda item: item[0] != "driftwatch"):
        took = peer["milliseconds"].values()
        null, drift = peer["null"], peer["drift"]
        cells = [
            peer["package"] or "Driftwatch",
            peer["version"],
            peer["license"],
            "; ".join(f"{d.title}: {d.default}" for d in DETECTORS.values() if d.peer == name),
            f"{null['copies']} of {null['panes']:,} panes",
            f"{drift['copies']} of {drift['panes']:,} panes",
            " to ".join(f"{ms:g}" for ms in sorted({min(took), max(took)})),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


assert {detector.peer for detector in DETECTORS.values()} == set(PEERS)
