r"""Evidence between two live samples: does one version's traffic look like the other's?

Both are counted in the same cells, pane by pane. Each event of a column (see `events`) has a share
a in the one sample and b in the other; what is tolerated is a difference of h0 on the scale of
`slack.h`. A member bets on one direction and one step d beyond that:

    log S = sum over both samples of  X log(q / p) + (n - X) log((1 - q) / (1 - p))
    M    <- max(M, 0) + log S / phi                       at every pane that both have records in
    log E = logsumexp(M) - log(J)                         J members of the column

and an alarm is raised at log E >= log(F L), as for the bank against the baseline (`evidence`).

p is a pair of shares h0 apart, and q one that lies beyond it, across the border of what is
tolerated at a right angle as information measures it. Both follow from earlier panes and from how
many records this one has, never from the values in it.

Guarantee: where rows are independent, E of S is at most 1 whatever the true shares are, the same in
both samples or up to h0 apart, and whether or not they change from pane to pane: it is the
E-variable of Turner, Ly and Grünwald (2024, "Generic E-variables for exact sequential k-sample
tests") for a convex null. In short: log E[S] <= sum n (q - p) (p' - p) / (p (1 - p)) for any pair
p', a sum that is at most 0 on the whole of a convex set where p is the point of it that q is
nearest to; and the pairs that are at most h0 apart in one direction are a convex set. So the
expected number of false alarms of all F columns in T panes is at most T / L, whatever the
dependence between columns and looks, without any doubt about a baseline: there is none in it.
What two panes of one hour share (the mix of the hour, a campaign) is in both samples and cancels.
Where rows depend on each other it is as good as phi is: measured on the training data, as the
variance of a difference of shares of so many rows; retries and sessions are in it, and clients that
stay with one version for days are not.

Memory: 16 bytes a member, of which an event has 16 (both severities).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.stats.dependence import Dependence, joined
from driftwatch.stats.evidence import CAP_MARGIN, SEVERITY_COUNT, Winner, log_quiet
from driftwatch.stats.members import EVENT_STEPS, SLOTS, Basis, Watch
from driftwatch.stats.slack import LEAST_SHARE, h, share_at
from driftwatch.stats.sources import Sources

PRIOR_ROWS = 50.0
"""What training says of a share counts as so many rows; what is live soon counts for more."""
MEMORY_ROWS = 20_000.0
"""A share is remembered over about so many rows of both samples."""
ROOM = 0.9
"""A bet goes no farther than this part of the way to a share of 0 or of 1."""

_LOWEST = float(h(np.array(LEAST_SHARE)))
_STEPS = np.array(EVENT_STEPS)


class Side(NamedTuple):
    """One sample's pane: (G,) counts of all columns' groups, and its rows."""

    groups: IntArray
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class VersusState:
    """Where the evidence stands. Q events of C columns.

    m: (2, Q, SLOTS) each member's evidence, at least 0. onset_us: the start of the first pane since
    it was 0 last; 0 where it is 0. log_e: (2, C). seen, asked: (Q,) rows of both samples with the
    event, and rows it was asked of, as far as they are remembered.
    """

    m: FloatArray
    onset_us: IntArray
    log_e: FloatArray
    seen: FloatArray
    asked: FloatArray


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    questions: bytes
    places: bytes
    m: bytes
    onset_us: bytes
    log_e: bytes
    seen: bytes
    asked: bytes


class Versus:
    """The evidence between two samples of the same columns.

    >>> from driftwatch.sketch.layout import CategoricalLayout
    >>> from driftwatch.stats.events import column_events
    >>> column = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, np.uint64))
    >>> events = column_events(column, np.array([900, 100, 0, 0, 0, 0, 0]))
    >>> basis = Basis(events, np.array([[900, 100, 0, 0, 0, 0, 0]]), None, Dependence.none(6), \
scored=False)
    >>> versus = Versus([basis], tolerance=np.array([0.03]), watched=1, budget_panes=43_200)
    >>> state = versus.start()
    >>> one, other = np.array([70, 30, 0, 0, 0, 0, 0]), np.array([90, 10, 0, 0, 0, 0, 0])
    >>> for minute in range(1, 11):
    ...     state = versus.step(state, Side(one, 100), Side(other, 100), minute * 60_000_000)
    >>> (versus.evidence(state) >= 1.0).tolist()
    [[True], [True]]
    """

    def __init__(
        self, bases: Sequence[Basis], tolerance: FloatArray, watched: int, budget_panes: float
    ) -> None:
        """For C columns. tolerance, watched, budget_panes: as for `evidence.Bank`."""
        self.bases = tuple(_events_only(basis) for basis in bases)
        levels = np.stack((np.zeros(len(self.bases)), np.asarray(tolerance, dtype=np.float64)))
        self.watch = Watch(self.bases, levels, watched)
        self._sources = Sources(self.watch)
        self.groups = self._sources.groups
        self._dependence = joined([_of_events(basis) for basis in bases])
        self._first = self.watch.first_source
        self._log_j = np.log(
            np.maximum(1.0, np.array([SLOTS * basis.sources for basis in self.bases]))
        )
        trained = [basis.counts_of_all() for basis in self.bases]
        k, m = (np.concatenate([part[i] for part in trained] or [np.empty(0)]) for i in range(2))
        self._trained = (k + 0.5) / (m + 1.0)
        self._log_budget = float(np.log(watched) + np.log(budget_panes))
        self.log_quiet = log_quiet(watched, budget_panes)
        self.take_share(1.0)

    def take_share(self, share: float) -> None:
        """Spend this part of the budget only, as `evidence.Bank.take_share`."""
        self.log_threshold = self._log_budget - float(np.log(share))
        self._cap = self.log_threshold + self._log_j[self.watch.column] + CAP_MARGIN

    def start(self) -> VersusState:
        """No evidence at all."""
        shape = (SEVERITY_COUNT, len(self.watch.column), SLOTS)
        columns = (SEVERITY_COUNT, len(self.bases))
        none = np.zeros(len(self.watch.column))
        return VersusState(
            np.zeros(shape), np.zeros(shape, dtype=np.int64), np.zeros(columns), none, none
        )

    def step(self, state: VersusState, one: Side, other: Side, start_us: int) -> VersusState:
        """The state after a pane that began at `start_us` has closed; the same without a pair."""
        if one.rows == 0 or other.rows == 0 or not self.bases:
            return state
        seen, asked = self._counts(one, other)
        gain = self._gain(state, seen, asked) / self._phi(one.rows, other.rows)[:, None]
        m = np.minimum(state.m + gain, self._cap[:, None])
        total = np.add.reduceat(np.exp(m).sum(axis=2), self._first, axis=1)
        log_e = np.log(total) - self._log_j
        m = np.maximum(m, 0.0)
        onset = np.where(state.m == 0.0, start_us, state.onset_us)
        onset[m == 0.0] = 0
        rows = asked.sum(axis=0)
        kept = np.where(
            state.asked > 0, np.minimum(1.0, MEMORY_ROWS / np.maximum(state.asked + rows, 1.0)), 1.0
        )
        return VersusState(
            m,
            onset,
            log_e,
            kept * state.seen + seen.sum(axis=0),
            kept * state.asked + rows,
        )

    def _counts(self, one: Side, other: Side) -> tuple[FloatArray, FloatArray]:
        """(2, Q) rows with each event in both samples, and rows that it was asked of."""
        none = np.empty(0)
        found = [self._sources.seen(side.groups, side.rows, none) for side in (one, other)]
        return np.stack([part[0] for part in found]), np.stack([part[1] for part in found])

    def _phi(self, one: int, other: int) -> FloatArray:
        """(Q,) by how much a difference of shares varies more than with independent rows."""
        here, there = (self._dependence.at(float(rows)) for rows in (one, other))
        both: FloatArray = (here * other + there * one) / (one + other)
        return both

    def _gain(self, state: VersusState, seen: FloatArray, asked: FloatArray) -> FloatArray:
        """(2, Q, SLOTS) log S of each member: first those for more in the one sample."""
        usual = h(
            (PRIOR_ROWS * self._trained + state.seen) / (PRIOR_ROWS + np.maximum(state.asked, 0.0))
        )
        both = asked.sum(axis=0)
        part = np.divide(asked, both, out=np.zeros_like(asked), where=both > 0)
        gain = [
            _bet(seen[order], asked[order], part[order], usual, self.watch.h0)
            for order in ([0, 1], [1, 0])
        ]
        return np.concatenate(gain, axis=2)

    def evidence(self, state: VersusState) -> FloatArray:
        """(2, C) by severity: 0 for none, 1 at the alarm."""
        return np.maximum(0.0, state.log_e / self.log_threshold)

    def quiet(self, state: VersusState) -> BoolArray:
        """(2, C) where an alarm may end."""
        return state.log_e <= self.log_quiet

    def reset(self, state: VersusState, ended: BoolArray) -> VersusState:
        """No evidence for these severities and columns, (2, C)."""
        if not ended.any():
            return state
        gone = ended[:, self.watch.column, None]
        return replace(
            state,
            m=np.where(gone, 0.0, state.m),
            onset_us=np.where(gone, 0, state.onset_us),
            log_e=np.where(ended, 0.0, state.log_e),
        )

    def winner(
        self, state: VersusState, severity: int, column: int, since: tuple[Side, Side] | None = None
    ) -> Winner:
        """The member that says most of a column: which event, and whether there is more of it.

        since: what both samples counted since the onset, which tells those apart that have
        reached their cap.
        """
        first = int(self._first[column])
        mine = slice(first, first + self.bases[column].sources)
        m = state.m[severity, mine]
        best = np.unravel_index(int(np.argmax(m)), m.shape)
        onset_us = int(state.onset_us[severity, mine][best])
        if since is not None:
            gain = self._gain(state, *self._counts(*since))[severity, mine]
            alike = m >= m[best] - 2 * CAP_MARGIN
            best = np.unravel_index(int(np.argmax(np.where(alike, gain, -np.inf))), m.shape)
        return Winner(int(best[0]), int(best[1]) < len(EVENT_STEPS), onset_us)

    # Storing it

    def to_bytes(self, state: VersusState) -> bytes:
        """For the store; `from_bytes` gives it back to the bit."""
        busy = np.flatnonzero(state.m)
        return msgspec.msgpack.encode(
            _Stored(
                self.questions,
                busy.astype("<u4").tobytes(),
                state.m.ravel()[busy].astype("<f8").tobytes(),
                state.onset_us.ravel()[busy].astype("<i8").tobytes(),
                *(a.astype("<f8").tobytes() for a in (state.log_e, state.seen, state.asked)),
            )
        )

    def from_bytes(self, data: bytes) -> VersusState | None:
        """The state that was stored; None where other questions were asked of the rows.

        Raises msgspec.MsgspecError or ValueError for bytes that are no state at all.
        """
        stored = msgspec.msgpack.decode(data, type=_Stored)
        if stored.questions != self.questions:
            return None
        empty = self.start()
        m, onset = empty.m.copy().ravel(), empty.onset_us.copy().ravel()
        places = np.frombuffer(stored.places, dtype="<u4")
        m[places] = np.frombuffer(stored.m, dtype="<f8")
        onset[places] = np.frombuffer(stored.onset_us, dtype="<i8")
        log_e, seen, asked = (
            np.frombuffer(part, dtype="<f8").astype(np.float64)
            for part in (stored.log_e, stored.seen, stored.asked)
        )
        if len(seen) != len(empty.seen) or len(asked) != len(empty.asked):
            raise ValueError("the evidence of another comparison")
        capped = np.minimum(m.reshape(empty.m.shape), self._cap[:, None])
        return VersusState(
            capped, onset.reshape(empty.m.shape), log_e.reshape(empty.log_e.shape), seen, asked
        )

    @cached_property
    def questions(self) -> bytes:
        """Changes when what is asked of a row does."""
        digest = hashlib.blake2b(digest_size=16)
        for basis in self.bases:
            events = basis.events
            for part in (events.bounds, events.first, events.last, events.complement):
                digest.update(part.astype("<i8").tobytes())
        return digest.digest()


def _bet(
    seen: FloatArray, asked: FloatArray, part: FloatArray, usual: FloatArray, tolerance: FloatArray
) -> FloatArray:
    """(2, Q, steps) log S of the bets that the first sample has more of each event.

    seen, asked, part: (2, Q) of the first sample and the second. usual: (Q,) the share of both, on
    the scale h. tolerance: (2, Q) by severity.
    """
    second = np.clip(usual - tolerance * part[0], _LOWEST, np.pi - _LOWEST - tolerance)
    p = np.stack((share_at(second + tolerance), share_at(second)))[..., None]
    spread = np.sqrt(p * (1.0 - p))
    # Each sample's bet is as wide as the other's part of the rows.
    step = _STEPS * spread * part[::-1, None, :, None]
    room = ROOM * np.stack((1.0 - p[0], p[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        fits = np.where(step > 0, room / step, np.inf).min(axis=0)
    step = step * np.minimum(1.0, fits)
    q = np.stack((p[0] + step[0], p[1] - step[1]))
    occurs, fails = np.log(q / p), np.log1p(-q) - np.log1p(-p)
    x, n = seen[:, None, :, None], asked[:, None, :, None]
    found: FloatArray = (x * occurs + (n - x) * fails).sum(axis=0)
    return found


def _events_only(basis: Basis) -> Basis:
    """Without scores: a mean of ranks has no exact test between two samples."""
    return replace(basis, scored=False, dependence=Dependence.none(len(basis.events.events)))


def _of_events(basis: Basis) -> Dependence:
    events = len(basis.events.events)
    found = basis.dependence
    return Dependence(found.sizes, found.phi[:, :events], found.grows[:events])
