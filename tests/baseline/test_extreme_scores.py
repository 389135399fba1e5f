"""A column whose ranks lie far apart makes no evidence of numbers that overflow."""

import warnings

import numpy as np
import pytest

from tests.baseline.data import built_of_arrays


@pytest.mark.parametrize("seed", range(12))
def test_the_self_test_of_a_column_of_two_values_overflows_nowhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.arange(4_000) % 2.0
    times = rng.integers(0, 28 * 86_400_000_000, 4_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        baseline = built_of_arrays({"x": values}, times)
    assert baseline.columns[0].self_test is not None
