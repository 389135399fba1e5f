"""A default that was filled in is named, also where the bins are wide."""

import numpy as np
import pytest

from driftwatch.records import FloatArray
from tests.explain.test_numbers import explained

RNG = np.random.default_rng(3)
COUNTS = RNG.poisson(12, 30_000).astype(float) + 1
PRICES = np.exp(RNG.normal(3, 0.4, 30_000))


def filled(values: FloatArray, share: float, default: float, seed: int = 4) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(4_000) < share, default, rng.choice(values, 4_000))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("default", [0.0, -1.0, -999.0])
@pytest.mark.parametrize("values", [COUNTS, PRICES], ids=["whole numbers", "prices"])
def test_a_default_below_the_training_range_is_named(
    values: FloatArray, default: float, share: float
) -> None:
    live = filled(values, share, default)
    explanation = explained(values, live)
    assert explanation.kind == "default"
    assert f"{(live == default).mean():.1%} of the values are now {default:g} (" in (
        explanation.words
    )


def test_a_default_above_the_training_range_is_named() -> None:
    assert "values are now 9999 (" in explained(PRICES, filled(PRICES, 0.5, 9999.0)).words


@pytest.mark.parametrize("seed", range(20))
def test_values_that_are_spread_are_not_named_as_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    live = rng.choice(PRICES, 4_000)
    spread = rng.random(4_000) < 0.5
    live[spread] = rng.uniform(-40, 0, int(spread.sum()))
    live[0] = -40.0  # round, and the smallest
    assert " are now -40 (" not in explained(PRICES, live).words


def test_a_value_that_few_rows_had_is_not_named() -> None:
    live = np.random.default_rng(1).choice(PRICES, 200)
    live[:15] = -999.0
    assert "-999" not in explained(PRICES, live).words
