"""A rule is broken where more records fail it than training explains."""

import numpy as np
import pytest
from scipy import stats

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.times import own_times
from driftwatch.contract import Contract
from driftwatch.contract.counting import FALSE_ALARM_RATE, ContractCount, count, more_often
from driftwatch.errors import DataError
from tests.contract.orders import flat, orders, orders_baseline


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.from_baseline(orders_baseline())


def counted(contract: Contract, *parts: list[dict[str, object]]) -> ContractCount:
    chunks = [Chunk.from_records(flat(part), sources=("note",)) for part in parts]
    return count(contract, chunks, own_times)


def test_rules_are_counted_and_the_first_records_named(contract: Contract) -> None:
    data = orders(400, 5)
    for i in range(50, 250, 10):
        data[i]["country"] = "XX"
    data[7]["country"] = None
    found = counted(contract, data[:60], data[60:])
    rules = {rule.name: rule for rule in found.rules}
    assert found.records == 400
    assert found.broken
    country = rules["known_country"]
    assert (country.verdict, country.failed, country.unknown) == ("broken", 20, 1)
    assert country.first == (51, 61, 71, 81, 91)
    assert {rule.verdict for name, rule in rules.items() if name != "known_country"} == {"ok"}


def test_one_record_in_many_is_noise(contract: Contract) -> None:
    data = orders(400, 6)
    data[3]["country"] = "XX"
    assert not counted(contract, data).broken


def test_no_rows_are_no_verdict(contract: Contract) -> None:
    with pytest.raises(DataError, match="no rows"):
        counted(contract)


@pytest.mark.parametrize("case", [(3, 1000, 0, 5000), (40, 900, 20, 1000), (1, 10, 0, 10)])
def test_the_tail_is_that_of_the_binomial(case: tuple[int, int, int, int]) -> None:
    failed, rows, trained_failed, trained = case
    expected = stats.binom.sf(failed - 1, failed + trained_failed, rows / (rows + trained))
    assert more_often(*case) == pytest.approx(float(expected), rel=1e-9)


def test_data_like_training_is_called_broken_no_more_often_than_stated() -> None:
    rng = np.random.default_rng(8)
    trials = 4_000
    false_alarms = sum(
        more_often(int(rng.binomial(500, rate)), 500, int(rng.binomial(2_000, rate)), 2_000)
        < FALSE_ALARM_RATE
        for rate in rng.uniform(0.001, 0.2, trials)
    )
    assert false_alarms <= stats.binom.ppf(0.999, trials, FALSE_ALARM_RATE)
