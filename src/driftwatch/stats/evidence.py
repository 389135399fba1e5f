"""Evidence: an alarm that can be looked at for ever and keeps its budget of false alarms.

Each column keeps a bank of one-sided likelihood-ratio CUSUMs (see `members`), each an e-detector
(Shin, Ramdas and Rinaldo, arXiv 2203.03532), and their average

    M <- max(M, 0) + (X alpha + n beta) / phi          at every closed pane
    log E = logsumexp(M) - log(J)                      J members of the column

alarms at log E >= log(F L), for F columns and a budget of one false alarm in L panes.

Guarantee: with probability at least 95% over the baseline sample, the expected number of false
alarms of all F columns together in T panes is at most T / L, whatever the dependence between
columns, streams and looks: a CUSUM is path by path below the Shiryaev-Roberts sum, whose increments
have a mean of at most 1 under the null, and expectations add up. Where rows within a column depend
on each other it is as good as phi is (see `dependence`).

M is capped at log(F L J), so that after a recovery the bank is quiet as soon as each member has
lost one threshold.

Memory: some 600 members a numeric column and severity, 40 bytes each.
Cost: one array step a pane over all columns and both severities.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np

from driftwatch.pieces import Pieces, whole
from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.stats.members import EVENT_STEPS, SLOTS, Basis, Watch, alive, designing
from driftwatch.stats.sources import Sources
from driftwatch.stats.strata import hour_of_week, stratum

POOL_ROWS = 50
"""Panes with fewer rows are put together until they have so many."""
SEVERITY_COUNT = 2
QUIET_AVERAGE = 20.0
"""Evidence below this is nothing that the null could not show at any time, even in one column."""

CAP_MARGIN = 1e-9
"""Without it rounding can keep a capped member from reaching the threshold."""
_LOWEST_M = -600.0
"""What lies below adds nothing to a sum with any other member in it, and an exponential so small
that it is no normal float any more takes the processor several times as long."""
_DESIGN_BYTES = 24 << 20


@dataclass(frozen=True, slots=True, eq=False)
class BankState:
    """Where the bank of a stream stands. A alive members, C columns, G groups.

    m: (A,) each member's log-likelihood ratio, at least 0.
    onset_us: (A,) the start of the first pane since it was 0 last; 0 where it is 0.
    log_e: (2, C) the evidence by severity.
    pool: (G,) counts of panes too small to be looked at alone; pool_rows: their rows.
    pool_start_us: where they begin; -1 while there are none.
    """

    m: FloatArray
    onset_us: IntArray
    log_e: FloatArray
    pool: IntArray
    pool_rows: int
    pool_start_us: int


class Winner(NamedTuple):
    """The member with the most evidence of a column and severity.

    source: which event or score of the column. more: whether it bets on more of it.
    """

    source: int
    more: bool
    onset_us: int


class Since(NamedTuple):
    """(G,) counts of all columns' groups, and their rows."""

    groups: IntArray
    rows: int


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    """A state as it is stored: members that are above 0 only, by their place among all."""

    questions: bytes
    places: bytes
    m: bytes
    onset_us: bytes
    log_e: bytes
    pool: bytes
    pool_rows: int
    pool_start_us: int


class Bank:
    """The bank of one stream: what never changes, and the step from one state to the next.

    >>> from driftwatch.sketch.layout import CategoricalLayout
    >>> from driftwatch.stats.dependence import Dependence
    >>> from driftwatch.stats.events import column_events
    >>> column = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, np.uint64))
    >>> cells = np.array([900, 100, 0, 0, 0, 0, 0])
    >>> events = column_events(column, cells)
    >>> basis = Basis(events, events.grouped(cells)[None], None, Dependence.none(6), scored=False)
    >>> bank = Bank([basis], tolerance=np.array([0.03]), watched=1, budget_panes=43_200)
    >>> state = bank.start()
    >>> for minute in range(1, 4):
    ...     pane = events.grouped(np.array([50, 50, 0, 0, 0, 0, 0]))
    ...     state = bank.step(state, pane, 100, minute * 60_000_000)
    >>> (bank.evidence(state) >= 1.0).tolist()
    [[True], [True]]
    """

    def __init__(
        self,
        bases: Sequence[Basis],
        tolerance: FloatArray,
        watched: int,
        budget_panes: float,
    ) -> None:
        """A bank for C columns.

        tolerance: (C,) the change that is too small to page for; `info` tolerates none.
        watched: F, the columns of the whole process. budget_panes: L.
        """
        self.bases = tuple(bases)
        levels = np.stack((np.zeros(len(self.bases)), np.asarray(tolerance, dtype=np.float64)))
        self.watch = Watch(self.bases, levels, watched)
        self._log_budget = float(np.log(watched) + np.log(budget_panes))
        self.log_threshold = self._log_budget
        self.log_quiet = log_quiet(watched, budget_panes)
        self._sources = Sources(self.watch)
        self.groups = self._sources.groups
        self._kinds = sorted({basis.strata for basis in self.bases})
        self._alive()
        self._designs: OrderedDict[tuple[int, ...], tuple[FloatArray, FloatArray, FloatArray]] = (
            OrderedDict()
        )

    def _alive(self) -> None:
        living = alive(self.watch)
        self._places = np.flatnonzero(living)
        self._source = self._places // SLOTS % max(1, len(self.watch.column))
        # Arrays of this size come from the system anew each time, page by page.
        self._scratch = np.empty(len(self._places))
        severity = self._places // max(1, SLOTS * len(self.watch.column))
        segment = severity * len(self.bases) + self.watch.column[self._source]
        self.members = np.bincount(segment, minlength=SEVERITY_COUNT * len(self.bases))
        # A column that nothing can be said of has no member at all, and no segment to sum over.
        self._full = np.flatnonzero(self.members)
        self._ends = np.cumsum(self.members)
        self._starts = (self._ends - self.members)[self._full]
        self._segment = segment
        with np.errstate(divide="ignore"):
            log_j = np.log(self.members)
        self._log_j = log_j
        self.take_share(1.0)

    def take_share(self, share: float) -> None:
        """Spend this part of the budget only: others look at the rest of the same stream.

        share: above 0, at most 1. The budgets of all who look add up to the whole.
        """
        self.log_threshold = self._log_budget - float(np.log(share))
        self._cap = (self.log_threshold + self._log_j + CAP_MARGIN)[self._segment]

    # The state

    def start(self) -> BankState:
        """No evidence at all."""
        shape = (SEVERITY_COUNT, len(self.bases))
        return BankState(
            np.zeros(len(self._places)),
            np.zeros(len(self._places), dtype=np.int64),
            np.zeros(shape),
            np.zeros(self.groups, dtype=np.int64),
            0,
            -1,
        )

    def step(self, state: BankState, groups: IntArray, rows: int, start_us: int) -> BankState:
        """The state after a pane that began at `start_us` has closed.

        groups: (G,) counts of all columns' groups, in their order. rows: of the pane.
        """
        if rows == 0:
            return state
        pooled, hour = state, hour_of_week(start_us)
        if state.pool_rows and self._key(hour_of_week(state.pool_start_us)) != self._key(hour):
            # What was put together belongs to the hours before, however little it is.
            pooled = _emptied(self._look(state, state.pool, state.pool_rows, state.pool_start_us))
        groups = pooled.pool + groups
        rows += pooled.pool_rows
        first_us = pooled.pool_start_us if pooled.pool_rows else start_us
        if rows < POOL_ROWS:
            return replace(pooled, pool=groups, pool_rows=rows, pool_start_us=first_us)
        return _emptied(self._look(pooled, groups, rows, first_us))

    def _look(self, state: BankState, groups: IntArray, rows: int, first_us: int) -> BankState:
        alpha, beta, z = self._design(hour_of_week(first_us))
        x, n = self._sources.seen(groups, rows, z)
        scratch = self._scratch
        m = np.take(x, self._source, mode="clip")
        m *= alpha
        m += state.m
        np.take(n, self._source, out=scratch, mode="clip")
        scratch *= beta
        m += scratch
        log_e = np.full(SEVERITY_COUNT * len(self.bases), -np.inf)
        if len(m):
            np.minimum(m, self._cap, out=m)
            np.exp(np.maximum(m, _LOWEST_M, out=scratch), out=scratch)
            log_e[self._full] = np.log(np.add.reduceat(scratch, self._starts))
            log_e[self._full] -= self._log_j[self._full]
        np.maximum(m, 0.0, out=m)
        # Most members are at 0 most of the time.
        busy = np.flatnonzero(m > 0.0)
        onset = np.zeros(len(m), dtype=np.int64)
        onset[busy] = np.where(state.m[busy] == 0.0, first_us, state.onset_us[busy])
        return replace(
            state,
            m=m,
            onset_us=onset,
            log_e=log_e.reshape(SEVERITY_COUNT, len(self.bases)),
        )

    def _key(self, hour: int) -> tuple[int, ...]:
        return tuple(stratum(kind, hour) for kind in self._kinds)

    def prepare(self, start_us: int) -> Pieces[None]:
        """Work out, in pieces, what a step at a pane that begins then will need."""
        yield from self._designing(hour_of_week(start_us))

    def _design(self, hour: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        return whole(self._designing(hour))

    def _designing(self, hour: int) -> Pieces[tuple[FloatArray, FloatArray, FloatArray]]:
        key = self._key(hour)
        known = self._designs.pop(key, None)
        if known is None:
            at = dict(zip(self._kinds, key, strict=True))
            made = yield from designing(self.watch, [at[basis.strata] for basis in self.bases])
            known = (made.alpha.ravel()[self._places], made.beta.ravel()[self._places], made.z)
            size = sum(part.nbytes for part in known)
            while self._designs and (len(self._designs) + 1) * size > _DESIGN_BYTES:
                self._designs.popitem(last=False)
        self._designs[key] = known
        return known

    def evidence(self, state: BankState) -> FloatArray:
        """(2, C) by severity: 0 for none, 1 at the alarm."""
        return np.maximum(0.0, state.log_e / self.log_threshold)

    def quiet(self, state: BankState) -> BoolArray:
        """(2, C) where an alarm may end."""
        return state.log_e <= self.log_quiet

    def reset(self, state: BankState, ended: BoolArray) -> BankState:
        """No evidence for these severities and columns, (2, C)."""
        if not ended.any():
            return state
        gone = ended.ravel()[self._segment]
        return replace(
            state,
            m=np.where(gone, 0.0, state.m),
            onset_us=np.where(gone, 0, state.onset_us),
            log_e=np.where(ended, 0.0, state.log_e),
        )

    def winner(
        self, state: BankState, severity: int, column: int, since: Since | None = None
    ) -> Winner | None:
        """The member that says most; None for a column without any.

        since: what was counted since the onset. Members that have reached their cap are alike; of
        these the one speaks that these counts say most for.
        """
        segment = severity * len(self.bases) + column
        end = int(self._ends[segment])
        mine = np.arange(end - int(self.members[segment]), end)
        if len(mine) == 0:
            return None
        best = int(mine[np.argmax(state.m[mine])])
        if since is not None:
            alpha, beta, z = self._design(hour_of_week(int(state.onset_us[best])))
            x, n = self._sources.seen(since.groups, since.rows, z)
            alike = mine[state.m[mine] >= state.m[best] - 2 * CAP_MARGIN]
            source = self._source[alike]
            best = int(alike[np.argmax(x[source] * alpha[alike] + n[source] * beta[alike])])
        source_of_best = int(self._source[best])
        return Winner(
            source_of_best - int(self.watch.first_source[column]),
            int(self._places[best]) % SLOTS < len(EVENT_STEPS),
            int(state.onset_us[best]),
        )

    # Storing it

    def to_bytes(self, state: BankState) -> bytes:
        """For the store; `from_bytes` gives it back to the bit."""
        busy = np.flatnonzero(state.m)
        return msgspec.msgpack.encode(
            _Stored(
                self.questions,
                self._places[busy].astype("<u4").tobytes(),
                state.m[busy].astype("<f8").tobytes(),
                state.onset_us[busy].astype("<i8").tobytes(),
                state.log_e.astype("<f8").tobytes(),
                state.pool.astype("<i8").tobytes(),
                state.pool_rows,
                state.pool_start_us,
            )
        )

    def fits(self, data: bytes) -> bool:
        """Whether this is the state of a bank of the same questions.

        Raises msgspec.MsgspecError for bytes that are no state at all.
        """
        return msgspec.msgpack.decode(data, type=_Stored).questions == self.questions

    @cached_property
    def questions(self) -> bytes:
        """Changes when what is asked of a row does."""
        digest = hashlib.blake2b(digest_size=16)
        for basis in self.bases:
            events = basis.events
            for part in (events.bounds, events.first, events.last, events.complement):
                digest.update(part.astype("<i8").tobytes())
            digest.update(f"{basis.scored} {basis.strata}".encode())
        return digest.digest()

    def from_bytes(self, data: bytes) -> BankState:
        """Raises msgspec.MsgspecError or ValueError for bytes that are no state of this bank.

        Members that were alive under another budget and are not now are left out.
        """
        stored = msgspec.msgpack.decode(data, type=_Stored)
        m = np.zeros(SEVERITY_COUNT * len(self.watch.column) * SLOTS)
        onset = np.zeros(len(m), dtype=np.int64)
        places = np.frombuffer(stored.places, dtype="<u4")
        pool = np.frombuffer(stored.pool, dtype="<i8").astype(np.int64)
        log_e = np.frombuffer(stored.log_e, dtype="<f8").astype(np.float64)
        if (
            stored.questions != self.questions
            or len(pool) != self.groups
            or len(log_e) != SEVERITY_COUNT * len(self.bases)
            or (len(places) and int(places.max()) >= len(m))
        ):
            raise ValueError("the state of another bank")
        m[places] = np.frombuffer(stored.m, dtype="<f8")
        onset[places] = np.frombuffer(stored.onset_us, dtype="<i8")
        return BankState(
            np.minimum(m[self._places], self._cap),
            onset[self._places],
            log_e.reshape(SEVERITY_COUNT, -1),
            pool,
            stored.pool_rows,
            stored.pool_start_us,
        )


def log_quiet(watched: int, budget_panes: float) -> float:
    """The evidence at which an alarm may end, of F columns and a budget of one in L panes."""
    return float(np.log(max(watched, min(QUIET_AVERAGE, np.sqrt(watched * budget_panes)))))


def _emptied(state: BankState) -> BankState:
    return replace(state, pool=np.zeros_like(state.pool), pool_rows=0, pool_start_us=-1)
