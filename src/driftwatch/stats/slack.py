"""How far a baseline's shares can be from the truth: it is a sample too.

Shares are compared on the scale h(p) = 2 asin(sqrt(p)), on which sampling noise is nearly the same
at every p: a step of 0.03 is about 1.5 points of probability at one half.
"""

import numpy as np
from scipy.special import betaincinv, ndtri

from driftwatch.records import FloatArray

BASELINE_DOUBT = 0.05
"""The probability that some bound of the whole process does not hold, over the baseline sample."""
LEAST_SHARE = 1e-6


def h(share: FloatArray) -> FloatArray:
    """The scale on which shares are compared, from 0 to pi."""
    angle: FloatArray = 2.0 * np.arcsin(np.sqrt(share))
    return angle


def share_at(angle: FloatArray) -> FloatArray:
    """The share at a point of that scale, kept off 0 and 1 by a millionth."""
    share: FloatArray = np.sin(np.clip(angle, 0.0, np.pi) / 2.0) ** 2
    return np.minimum(np.maximum(share, LEAST_SHARE), 1.0 - LEAST_SHARE)


def bounds(k: FloatArray, m: FloatArray, doubt: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Clopper-Pearson bounds of a share of which k of m were seen, each with this doubt.

    They hold exactly, for rare events as well, where a normal approximation would not (Clopper and
    Pearson, 1934). k and m need not be integers.

    >>> low, high = bounds(np.array([0.0, 5.0]), np.array([100.0, 10.0]), np.array([0.01, 0.01]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.15], [0.045, 0.85])
    """
    # The inverse has no value at a = 0 or b = 0, where the bound is known anyway.
    low = betaincinv(np.maximum(k, 1e-300), m - k + 1.0, doubt)
    high = betaincinv(k + 1.0, np.maximum(m - k, 1e-300), 1.0 - doubt)
    return np.where(k <= 0, 0.0, low), np.where(k >= m, 1.0, high)


def mean_slack(m: FloatArray, doubt: FloatArray) -> FloatArray:
    """How far the mean of a standardized score can be from that of m baseline rows."""
    with np.errstate(divide="ignore"):
        slack: FloatArray = -ndtri(doubt) / np.sqrt(m)
    return slack
