"""When an alarm ends: not while the drift lasts, and soon after it is over."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.statistics.columns import NORMAL, Column, independent, multinomial, numbers
from tests.statistics.conftest import Say
from tests.statistics.run import HOLD_PANES, Policy, alarms, bank_of

ROWS, BASELINE_ROWS, COLUMNS = 500, 50_000, 20
POLICY = Policy(watched=200, budget_panes=43_200)
TABLE = "clearing"


def drifted_from(pane: int, until: int) -> Callable[[np.random.Generator], Column]:
    """A normal column that has moved by .25 standard deviations in these panes."""

    def make(rng: np.random.Generator) -> Column:
        latent = rng.normal(size=BASELINE_ROWS)
        made = numbers(NORMAL, latent)
        usual, moved = (multinomial(made.chances(by), ROWS) for by in (0.0, 0.25))

        def live(rng: np.random.Generator, first: int, panes: int) -> np.ndarray:
            drifts = (np.arange(first, first + panes) >= pane) & (
                np.arange(first, first + panes) < until
            )
            return np.where(drifts[:, None], moved(rng, first, panes), usual(rng, first, panes))

        return Column(independent(made.events, made.codes(latent)), live, ROWS)

    return make


@pytest.mark.timeout(600)
def test_a_lasting_drift_is_one_alarm_and_not_a_row_of_them(say: Say) -> None:
    rng = np.random.default_rng(3)
    columns = [drifted_from(0, 10**9)(rng) for _ in range(COLUMNS)]
    kept = alarms(rng, columns, POLICY, 1500).started
    reset = alarms(rng, columns[:5], POLICY._replace(clearing=False), 200).started
    say(TABLE, f"alarms of {COLUMNS} columns in 1,500 panes of drift: {kept.sum(axis=1).tolist()}")
    say(TABLE, f"of 5 columns in 200, reset at each alarm: {reset.sum(axis=1).tolist()}")
    assert (kept == 1).all()
    assert (reset > 1).all()


@pytest.mark.timeout(600)
def test_an_alarm_is_quiet_soon_after_the_recovery(say: Say) -> None:
    rng, drift_panes = np.random.default_rng(4), 100
    columns = [drifted_from(0, drift_panes)(rng) for _ in range(COLUMNS)]
    bank = bank_of([column.basis for column in columns], POLICY)
    state, quiet_at = bank.start(), np.full((2, COLUMNS), -1)
    panes = drift_panes + 60
    counts = np.concatenate([column.live(rng, 0, panes) for column in columns], axis=1)
    for pane, groups in enumerate(counts):
        state = bank.step(state, groups, ROWS, pane * 60_000_000)
        if pane >= drift_panes:
            quiet_at[bank.quiet(state) & (quiet_at < 0)] = pane - drift_panes + 1
    assert (quiet_at > 0).all()
    for severity, name in enumerate(("info", "page")):
        clears = np.maximum(quiet_at[severity], HOLD_PANES)
        low, middle, high = np.quantile(clears, (0.1, 0.5, 0.9)).tolist()
        say(
            TABLE,
            f"panes after the recovery until {name} clears: {low:.0f} {middle:.0f} {high:.0f}",
        )
    assert np.median(quiet_at[1]) <= 22
