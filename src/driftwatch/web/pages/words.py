"""Numbers and times as the pages say them."""

import math
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from driftwatch.monitor.alarm_words import when
from driftwatch.records import SECOND_US, StreamKey
from driftwatch.stats.event_words import share_words

UNKNOWN = "-"


def clock(time_us: int | None) -> str:
    """A time in UTC, as people write it.

    >>> clock(1_700_000_000_000_000)
    '2023-11-14 22:13:20 UTC'
    """
    if time_us is None:
        return UNKNOWN
    return when(time_us).replace("T", " ").replace("Z", " UTC")


def span(span_us: int) -> str:
    """A length of time with one unit.

    >>> [span(s * 1_000_000) for s in (0, 59, 150, 7200, 200_000)]
    ['0 s', '59 s', '2 min', '2 h', '2 days']
    """
    seconds = max(0, span_us // SECOND_US)
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def number(value: float | None) -> str:
    """A measured number with four digits at most.

    >>> [number(v) for v in (0.12345, 55.5, 1234.5, 1e7, 0.0, None, float("nan"))]
    ['0.123', '55.5', '1,234', '1e+07', '0', '-', '-']
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value == 0.0:
        return "0"
    size = abs(value)
    if 1e3 <= size < 1e6:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size < 1e3 or size >= 1e6 else f"{value:.0f}"


def fixed(value: float, digits: int) -> str:
    """A number with so many digits after the point, so that a list is read at a glance.

    >>> fixed(0.314, 2), fixed(6e-5, 3), fixed(float("nan"), 2)
    ('0.31', '0.000', '-')
    """
    return UNKNOWN if math.isnan(value) else f"{value:.{digits}f}"


def percent(share: float | None) -> str:
    """A share in percent; see `stats.event_words.share_words`."""
    return UNKNOWN if share is None or not math.isfinite(share) else share_words(share)


def count(found: int, singular: str, plural: str | None = None) -> str:
    """So many of something.

    >>> count(1, "column"), count(2_000, "column"), count(2, "baseline is", "baselines are")
    ('1 column', '2,000 columns', '2 baselines are')
    """
    word = singular if found == 1 else plural or f"{singular}s"
    return f"{found:,} {word}"


def listed(words: Sequence[str], most: int = 3) -> str:
    """Words in a row, the last by "and".

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a', 'a and b', 'a, b, c and 2 more')
    """
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def stream_name(key: StreamKey) -> str:
    """A stream as people call it: the segment only where it is not the whole."""
    segment = "" if key.segment == "all" else f", {key.segment}"
    return f"{key.model} {key.model_version}{segment}".rstrip()


def column_address(key: StreamKey, column: str) -> str:
    """Where a column's page is."""
    return f"/columns/{quote(column, safe='')}?{urlencode(key._asdict())}"
