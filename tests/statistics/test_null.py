"""False alarms where nothing has drifted: the promise, cell by cell."""

from concurrent.futures import Future

import pytest

from tests.statistics.cells import ALLOWED, ALLOWED_ALONE, SELECTED, UNLUCKY, Cell, Outcome
from tests.statistics.conftest import Say

TABLE = (
    "false alarms where nothing drifted\n"
    f"{'cell':<62} {'rows a pane':>11} {'panes':>6} {'allowed':>7} {'limit':>5} {'info':>5}"
    f" {'page':>5}"
)


@pytest.mark.timeout(3600)
def test_false_alarms_stay_within_the_budget(
    null_cell: Cell, runs: dict[Cell, Future[Outcome]], say: Say
) -> None:
    outcome = runs[null_cell].result()
    say(TABLE, line(outcome))
    assert max(outcome.shown) <= outcome.limit, outcome


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("cell", [SELECTED], ids=str)
def test_words_that_are_watched_for_their_frequency_stay_within_the_budget(
    cell: Cell, runs: dict[Cell, Future[Outcome]], say: Say
) -> None:
    outcome = runs[cell].result()
    say(TABLE, line(outcome))
    assert max(outcome.shown) <= outcome.limit, outcome


def line(outcome: Outcome) -> str:
    """One line of the table."""
    cell = outcome.cell
    info, page = outcome.shown
    alone = UNLUCKY + (1.0 - UNLUCKY) * ALLOWED_ALONE
    allowed = ALLOWED if cell.watched > 1 else alone * cell.columns
    return (
        f"{cell!s:<62} {outcome.rows:>11,} {cell.panes:>6,} {allowed:>7.1f} {outcome.limit:>5}"
        f" {info:>5} {page:>5}"
    )
