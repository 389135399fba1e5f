"""The populations of the null suite: each a column whose live rows are like its baseline's."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtr

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.stats.dependence import block_sizes
from driftwatch.stats.slack import h, share_at
from tests.statistics.columns import (
    INTEGER,
    LOGNORMAL,
    NORMAL,
    ZERO_INFLATED,
    Column,
    categorical,
    independent,
    measured,
    multinomial,
    numbers,
    numeric,
    pane_counts,
    stratified,
    word_basis,
    words,
)

Make = Callable[[np.random.Generator, int, int], Column]
"""A column from m baseline rows and n rows a pane."""

MOVED = 0.03
"""What `page` tolerates."""


def binary(rng: np.random.Generator, m: int, n: int) -> Column:
    """One word in 20 rows, or the other."""
    return categorical(rng, np.array([0.95, 0.05]), m, n)


def fifty_words(rng: np.random.Generator, m: int, n: int) -> Column:
    """50 words, the last 50 times rarer than the first."""
    return categorical(rng, 1.0 / np.arange(1, 51), m, n)


def rare_words(rng: np.random.Generator, m: int, n: int) -> Column:
    """Words of which a baseline has 0 to 10 rows."""
    rare = np.arange(1, 21) / 2.0 / m
    return categorical(rng, np.append(1.0 - rare.sum(), rare), m, n)


def seldom_words(rng: np.random.Generator, m: int, n: int) -> Column:
    """A hundred words of which a baseline lacks most: what is new is no news."""
    seldom = np.full(100, 0.4 / m)
    return categorical(rng, np.append(1.0 - seldom.sum(), seldom), m, n)


def zipf(rng: np.random.Generator, m: int, n: int) -> Column:
    """100,000 words, the frequency one over the rank."""
    return categorical(rng, 1.0 / np.arange(1, 100_001), m, n)


def flat(rng: np.random.Generator, m: int, n: int) -> Column:
    """10,000 words that are all as frequent."""
    return categorical(rng, np.full(10_000, 1.0), m, n)


def _autoregressive(rng: np.random.Generator, rows: int, memory: float) -> FloatArray:
    noise = rng.normal(size=rows) * np.sqrt(1.0 - memory**2)
    start = np.array([rng.normal() * memory])
    return np.asarray(lfilter([1.0], [1.0, -memory], noise, zi=start)[0])


def autoregressive(memory: float, null: float = 0.0) -> Make:
    """A normal column whose rows remember the one before."""

    def make(rng: np.random.Generator, m: int, n: int) -> Column:
        latent, missing = _autoregressive(rng, m, memory), rng.random(m) < null
        made = numbers(NORMAL, latent, missing)
        codes = made.codes(latent, missing)

        def live(rng: np.random.Generator, _: int, panes: int) -> IntArray:
            rows = panes * n
            gone = rng.random(rows) < null if null else None
            now = made.codes(_autoregressive(rng, rows, memory), gone)
            return pane_counts(now, n, made.events.groups)

        return Column(measured(independent(made.events, codes), codes, n), live, n)

    return make


def bursts(rng: np.random.Generator, rows: int, length: int, share: float) -> BoolArray:
    """Rows that are in a burst."""
    starts = np.cumsum(rng.random(rows + length) < -np.log1p(-share) / length)
    found: BoolArray = starts[length:] > starts[:-length]
    return found


def bursty_word(rng: np.random.Generator, m: int, n: int, share: float = 0.05) -> Column:
    """20 words, one of which comes 30 times in a row."""

    def draw(rng: np.random.Generator, rows: int) -> IntArray:
        return np.where(bursts(rng, rows, 30, share), 0, rng.integers(1, 20, rows))

    ids = draw(rng, m)
    made = words(ids, 20)

    def live(rng: np.random.Generator, _: int, panes: int) -> IntArray:
        return pane_counts(made.codes(draw(rng, panes * n)), n, made.events.groups)

    return Column(measured(word_basis(made, ids), made.codes(ids), n), live, n)


def null_bursts(rng: np.random.Generator, m: int, n: int) -> Column:
    """A lognormal column that is null 30 times in a row."""
    latent, missing = rng.normal(size=m), bursts(rng, m, 30, 0.1)
    made = numbers(LOGNORMAL, latent, missing)
    codes = made.codes(latent, missing)

    def live(rng: np.random.Generator, _: int, panes: int) -> IntArray:
        rows = panes * n
        now = made.codes(rng.normal(size=rows), bursts(rng, rows, 30, 0.1))
        return pane_counts(now, n, made.events.groups)

    return Column(measured(independent(made.events, codes), codes, n), live, n)


def random_effect(rng: np.random.Generator, m: int, n: int, null: float = 0.0) -> Column:
    """1% of the variance is that of whole blocks, and a pane is ten of those in one."""
    correlation = 0.01
    sizes = block_sizes(max(2, n // 10), m)
    block = sizes[-1]
    shift = np.repeat(rng.normal(size=m // block + 1), block)[:m] * np.sqrt(correlation)
    latent = shift + rng.normal(size=m) * np.sqrt(1.0 - correlation)
    missing = rng.random(m) < null
    made = numbers(NORMAL, latent, missing)
    codes = made.codes(latent, missing)
    rows = 10 * block

    def live(rng: np.random.Generator, _: int, panes: int) -> IntArray:
        shifts = rng.normal(size=(panes, 1)) * np.sqrt(correlation)
        below = ndtr((made.cuts - shifts) / np.sqrt(1.0 - correlation))
        chances = np.zeros((panes, made.events.groups))
        chances[:, : made.events.values] = np.diff(below, axis=1, prepend=0.0, append=1.0)
        chances *= 1.0 - null
        chances[:, made.null] = null
        return rng.multinomial(rows, chances)

    basis = measured(independent(made.events, codes), codes, max(2, n // 10))
    return Column(basis, live, rows)


def daily_cycle(
    rng: np.random.Generator,
    m: int,
    n: int,
    swing: float = 0.5,
    odd_hour: float = 0.0,
    strays: float = 0.0,
) -> Column:
    """A mean that goes round with the day, and a stratum for each hour; panes of 10 minutes."""
    hours = np.sort(rng.integers(0, 24, m))
    means = swing * np.sin(2.0 * np.pi * np.arange(24) / 24.0)
    means[7] += odd_hour
    latent = means[hours] + rng.normal(size=m)
    lost = rng.random(m) < strays
    latent[lost] = swing * rng.normal(size=int(lost.sum()))
    made = numbers(NORMAL, latent)
    basis = stratified(made, made.codes(latent), hours, "hour_of_day")
    chances = np.stack([made.chances(mean) for mean in means]) * (1.0 - strays)
    chances += made.chances(0.0, swing) * strays

    def live(rng: np.random.Generator, first: int, panes: int) -> IntArray:
        return rng.multinomial(n, chances[(first + np.arange(panes)) // 6 % 24])

    return Column(basis, live, n, 600_000_000)


def odd_hour(rng: np.random.Generator, m: int, n: int) -> Column:
    """One hour of the day that is .1 standard deviations higher than the others."""
    return daily_cycle(rng, m, n, 0.0, odd_hour=0.1)


def strong_cycle(rng: np.random.Generator, m: int, n: int) -> Column:
    """Hours that have hardly a value in common, but for a few rows of any other hour."""
    return daily_cycle(rng, m, n, 6.0, strays=1.0 / 4000.0)


def moved(rng: np.random.Generator, m: int, n: int) -> Column:
    """A normal column that has moved by just what `page` tolerates of its mean."""
    latent = rng.normal(size=m)
    made = numbers(NORMAL, latent)
    basis = independent(made.events, made.codes(latent))
    return Column(basis, multinomial(made.chances(MOVED), n), n)


def moved_share(rng: np.random.Generator, m: int, n: int) -> Column:
    """Two words, of which one has become more frequent by just what `page` tolerates."""
    share = np.array([0.7])
    ids = (rng.random(m) < share).astype(np.int64)
    made = words(ids, 2)
    after = share_at(h(share) + MOVED)
    chances = made.chances(np.concatenate((1.0 - after, after)))
    return Column(word_basis(made, ids), multinomial(chances, n), n)


POPULATIONS: Mapping[str, Make] = {
    "normal": lambda rng, m, n: numeric(rng, NORMAL, m, n),
    "lognormal": lambda rng, m, n: numeric(rng, LOGNORMAL, m, n),
    "zero inflated": lambda rng, m, n: numeric(rng, ZERO_INFLATED, m, n),
    "integer": lambda rng, m, n: numeric(rng, INTEGER, m, n),
    "50 words": fifty_words,
    "binary": binary,
    "rare words": rare_words,
    "seldom words": seldom_words,
    "zipf": zipf,
    "10,000 words": flat,
    "AR(1) .6": autoregressive(0.6),
    "AR(1) .9": autoregressive(0.9),
    "AR(1) .99": autoregressive(0.99),
    "sparse AR(1)": autoregressive(0.98, null=0.9),
    "bursty word": bursty_word,
    "rare bursts": lambda rng, m, n: bursty_word(rng, m, n, 0.01),
    "null bursts": null_bursts,
    "random effect": random_effect,
    "sparse effect": lambda rng, m, n: random_effect(rng, m, n, 0.9),
    "daily cycle": daily_cycle,
    "odd hour": odd_hour,
    "strong cycle": strong_cycle,
    "moved .03": moved,
    "moved share": moved_share,
}

DEPENDENT = {
    "AR(1) .6",
    "AR(1) .9",
    "AR(1) .99",
    "sparse AR(1)",
    "bursty word",
    "rare bursts",
    "null bursts",
}
"""Those whose live rows are drawn one by one."""
ONLY_PAGE = {"moved .03", "moved share"}
"""Those that have moved: `info` tolerates nothing."""
STRATIFIED = {"daily cycle", "odd hour", "strong cycle"}
