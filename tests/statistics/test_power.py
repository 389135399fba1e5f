"""How soon a drift is seen, by a process of 200 columns with one false alarm in 30 days."""

from concurrent.futures import Future

import pytest

from tests.statistics.conftest import Say
from tests.statistics.power import TABLE, Drifted, Rows

HEAD = (
    "rows of the drifted column until the alarm (median), of 200 columns, once in 43,200 panes\n"
    f"{'drift':<14} {'m':>7} {'info':>8} {'asked':>8} {'page':>8} {'asked':>8}"
)
MARGIN = 1.1
"""A median of some 40 columns, in panes of 100 rows, is no finer than that."""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("drifted", TABLE, ids=lambda drifted: f"{drifted.drift}, m={drifted.m:,}")
def test_half_of_the_alarms_have_come_after_so_many_rows(
    drifted: Drifted, powers: dict[Drifted, Future[Rows]], say: Say
) -> None:
    found, asked = powers[drifted].result(), TABLE[drifted]
    say(
        HEAD,
        f"{drifted.drift:<14} {drifted.m:>7,} {found.info:>8,.0f} {asked.info:>8,.0f}"
        f" {found.page:>8,.0f} {asked.page:>8,.0f}",
    )
    assert found.info <= MARGIN * asked.info
    assert found.page <= MARGIN * asked.page
