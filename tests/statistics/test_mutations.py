"""Each part of the mathematics is there for a reason: without it the promise is broken."""

from concurrent.futures import Future

import pytest

from tests.statistics.cells import MUTATED, Cell, Outcome
from tests.statistics.conftest import Say
from tests.statistics.test_null import line

TABLE = "false alarms with a part taken out, and with it in place"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("cell", MUTATED, ids=lambda cell: cell.mutation)
def test_without_a_part_there_are_too_many_false_alarms(
    cell: Cell, runs: dict[Cell, Future[Outcome]], say: Say
) -> None:
    outcome, whole = runs[cell].result(), runs[cell._replace(mutation="none")].result()
    say(TABLE, line(outcome))
    say(TABLE, line(whole))
    assert max(whole.shown) <= whole.limit, whole
    assert max(outcome.shown) > outcome.limit, outcome
