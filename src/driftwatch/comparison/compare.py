"""The comparison as a whole: B is tested against A, and what changed is said in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.baseline.artifact import Baseline, NumericBaseline
from driftwatch.baseline.options import BuildOptions
from driftwatch.check import CheckPolicy, ColumnCheck, Counted, Verdict, check, count
from driftwatch.comparison.ks_bounds import ks_bounds
from driftwatch.comparison.laid_out import laid_out
from driftwatch.comparison.side import Side
from driftwatch.errors import UsageError
from driftwatch.explain.explainer import explain
from driftwatch.monitor.gauges import GaugeName
from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CONDITION_ROLES, Kind, Role
from driftwatch.stats.ratios import ratios

LOG_OPTIONS = BuildOptions("log", "a")
"""How a log is made a baseline. Model and version say nothing here."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one side.

    mean, stddev: NaN for words. missing: the share of rows; event: that of what `evidence` names.
    """

    mean: float
    stddev: float
    missing: float
    event: float


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """A column that both have.

    p_value, threshold, evidence: as `ColumnCheck` has them. change: what it looks like, in words;
    empty where it does not differ, or where there are no simple words for it.
    """

    name: str
    role: Role
    kind: Kind
    differs: bool
    p_value: float
    threshold: float
    evidence: str
    change: str
    a: Figures
    b: Figures
    gauges: Mapping[GaugeName, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome. columns: worst first; none where nothing can be said.

    a_rows, b_rows: None where they were not counted. only_a, only_b: columns that only one has.
    other_kind: columns that are numeric in one and categorical in the other.
    """

    verdict: Verdict
    reason: str
    a_rows: int | None
    b_rows: int | None
    columns: tuple[ColumnComparison, ...] = ()
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    other_kind: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compare(
    a: Side,
    b: Side,
    policy: CheckPolicy,
    options: BuildOptions = LOG_OPTIONS,
    progress: Callable[[int, float | None], None] | None = None,
) -> Comparison:
    """What is different in B from A.

    options: how a log is made a baseline, and which columns are left out.
    progress: told the rows of B and the share of its data, if that is a log, as they are read.

    Raises DataError for a log that can't be read, UsageError where no column is left.
    """
    whole = a.as_baseline(options)
    ignored = {c.name for c in whole.columns if options.role(c.name) is None}
    base, only_a, other_kind = _comparable(whole.without(frozenset(ignored)), b.baseline)
    if not base.columns:
        raise UsageError(f"{a.place} and {b.place} have no column in common that can be compared")
    if b.baseline is None:
        chunks = b.chunks(base.derived)
        counted = count(base, chunks, options.timestamp, ignored, progress)
        only_b = tuple(name for name in counted.unknown if options.role(name) is not None)
    else:
        counted = Counted(laid_out(b.baseline, base), None, ())
        own = {c.name for c in whole.columns}
        new = (c.name for c in b.baseline.columns if c.name not in own)
        only_b = tuple(sorted(name for name in new if options.role(name) is not None))
    where = f"in {a.place}"
    found = check(base, counted, policy, where)
    verdict, reason = found.verdict, found.reason
    if verdict == "unknown":
        few = a.place if base.rows < policy.min_rows else b.place
        rows = base.rows if few == a.place else counted.counts.rows
        reason = f"{few} has {rows:,} rows; with fewer than {policy.min_rows:,} nothing is said"
    elif verdict == "ok" and other_kind:
        verdict, reason = "unknown", f"{len(other_kind)} of the columns can't be compared"
    else:
        differing = sum(column.drift for column in found.columns)
        verb = "differs" if differing == 1 else "differ"
        reason = f"{differing} of {len(found.columns)} columns {verb}" if differing else _ALIKE
    return Comparison(
        verdict,
        reason,
        base.rows,
        counted.counts.rows,
        tuple(_columns(found.columns, base, counted.counts, b.baseline, policy, where)),
        (*only_a, *found.lacking_columns),
        only_b,
        other_kind,
        (*found.notes, *_notes(other_kind, b.baseline)),
    )


_ALIKE = "no column differs by more than is tolerated"


def _comparable(
    base: Baseline, other: Baseline | None
) -> tuple[Baseline, tuple[str, ...], tuple[str, ...]]:
    """A with the columns that B has too; those that only A has; those of another kind in B."""
    if other is None:
        return base, (), ()
    kinds = {column.name: column.kind for column in other.columns}
    lacking = tuple(c.name for c in base.columns if c.name not in kinds)
    otherwise = tuple(c.name for c in base.columns if kinds.get(c.name, c.kind) != c.kind)
    return base.without(frozenset((*lacking, *otherwise))), lacking, otherwise


def _notes(other_kind: Sequence[str], other: Baseline | None) -> Iterator[str]:
    for name in other_kind:
        yield (
            f"{name} is numeric in one baseline and categorical in the other; build both with "
            "--numeric or --categorical"
        )
    if other is not None:
        yield (
            "both are baselines, with edges of their own: ks lies between the two figures; rows of "
            "a bin across several are shared out among them, which hides less than the bin holds"
        )


def _columns(
    checked: Sequence[ColumnCheck],
    base: Baseline,
    live: Counts,
    other: Baseline | None,
    policy: CheckPolicy,
    where: str,
) -> Iterator[ColumnComparison]:
    layout, counts = base.layout(), base.counts()
    at = {column.name: i for i, column in enumerate(layout.columns)}
    own = {column.name: column for column in base.columns}
    others = {} if other is None else {column.name: column for column in other.columns}
    drifted = [at[c.name] for c in checked if c.drift and c.role not in CONDITION_ROLES]
    phi, missing_phi = _phi(base, live)
    changes = explain(
        layout,
        counts,
        live,
        drifted,
        phi=phi,
        missing_phi=missing_phi,
        sensitive=policy.sensitive,
        show_values=True,
    )
    for column in checked:
        gauges = dict(column.gauges)
        mine, theirs = own[column.name], others.get(column.name)
        if isinstance(mine, NumericBaseline) and isinstance(theirs, NumericBaseline):
            bounds = ks_bounds(mine, theirs)
            gauges |= {"ks_statistic": bounds.least, "ks_upper_bound": bounds.largest}
            del gauges["ks_p_value"]  # it is that of counts on common edges
        change = changes.get(at[column.name])
        yield ColumnComparison(
            column.name,
            column.role,
            column.kind,
            column.drift,
            column.p_value,
            column.threshold,
            _than(column.evidence, where),
            "" if change is None or change.kind == "none" else _than(change.words, where),
            _figures(base, counts, at[column.name], column.baseline_ratio),
            _figures(base, live, at[column.name], column.live_ratio),
            gauges,
        )


def _than(words: str, where: str) -> str:
    """The words of alarms speak of training, which A need not be."""
    return words.replace("in training", where)


def _figures(base: Baseline, counts: Counts, column: int, event: float) -> Figures:
    layout = base.layout()
    mean = stddev = float("nan")
    if layout.columns[column].kind == "numeric":
        numeric = int(np.searchsorted(layout.numeric, column))
        if counts.moments.count[numeric]:
            mean = float(counts.moments.mean[numeric])
            stddev = float(counts.moments.stddev[numeric])
    return Figures(mean, stddev, float(ratios(counts, layout).missing[column]), event)


def _phi(base: Baseline, live: Counts) -> tuple[FloatArray, FloatArray]:
    """(C,) how many rows count as one, for values and for what is missing."""
    phi, missing_phi = np.ones((2, len(base.columns)))
    for i, basis in enumerate(base.bases()):
        events = basis.events
        found = basis.dependence.at(float(live.rows))[: len(events.events)]
        if events.of_values.any():
            phi[i] = float(np.median(found[events.of_values]))
        missing_phi[i] = float(np.median(found[~events.of_values]))
    return phi, missing_phi
