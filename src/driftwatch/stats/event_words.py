"""Events and shares in words, as an alarm and `driftwatch check` say them.

The words are a sentence's subject: "values below 12.4 went from 5.0% to 41.2%". Of a sensitive
column they name no value; which of the events is meant then shows in its shares.
"""

import math
from collections.abc import Mapping

from driftwatch.sketch.layout import (
    CONDITION_ROLES,
    CategoricalLayout,
    ColumnLayout,
    NumericLayout,
    Role,
)
from driftwatch.stats.events import Event, EventKind

_SIGNS = 32
"""A longer word is cut."""

_ALIKE: Mapping[EventKind, str] = {
    "rest": "the rarer words of the vocabulary",
    "outside_vocabulary": "words outside the vocabulary",
    "new": "words never seen in training",
    "null": "null",
    "absent": "absent",
    "wrong_type": "wrong type",
    "not_finite": "NaN or infinity",
}
"""Events that have the same words in any column."""

_HOLDS: Mapping[tuple[Role, bool], str] = {
    ("segment", True): "records in the segment",
    ("segment", False): "records outside of the segment",
    ("rate", True): "records for which it holds",
    ("rate", False): "records for which it does not hold",
    ("contract", True): "records that meet the rule",
    ("contract", False): "records that break the rule",
}
"""What a column says of a condition, by its role and its word."""

_SCORES = {
    (0, True): "values as a whole are higher",
    (0, False): "values as a whole are lower",
    (1, True): "values are spread wider",
    (1, False): "values are spread narrower",
}


def event_words(layout: ColumnLayout, event: Event, show_values: bool) -> str:
    """What an event of this column is. show_values: False where no value may be seen.

    >>> from driftwatch.sketch.layout import CategoricalLayout
    >>> import numpy as np
    >>> column = CategoricalLayout("c", "feature", ("DE", "FR"), np.empty(0, np.uint64))
    >>> event_words(column, Event("word", 0, 1), True)
    "the word 'DE'"
    >>> event_words(column, Event("word", 0, 1), False)
    'one of the words'
    """
    if layout.role in CONDITION_ROLES and isinstance(layout, CategoricalLayout):
        return _condition_words(layout, event)
    alike = _ALIKE.get(event.kind)
    if alike is not None:
        return alike
    if isinstance(layout, CategoricalLayout):
        if not show_values:
            return "one of the words"
        return f"the word {_quoted(layout.vocabulary[event.first])}"
    first, last = event.first, event.last
    if not event.complement:
        if first <= 0:
            return _up_to(layout, last, show_values)
        if last >= layout.bins:
            return _from(layout, first, show_values)
        return _within(layout, first, last, show_values)
    if first <= 0:
        return _from(layout, last, show_values)
    if last >= layout.bins:
        return _up_to(layout, first, show_values)
    if not show_values:
        return "values at both ends"
    low, high = _pair(_named(layout, first), _named(layout, last))
    return f"values outside {low} to {high}"


def _condition_words(layout: CategoricalLayout, event: Event) -> str:
    if event.kind == "word":
        return _HOLDS[layout.role, layout.vocabulary[event.first] == "true"]
    if event.kind in ("rest", "outside_vocabulary", "new"):  # the word that training lacks
        return _HOLDS[layout.role, "true" not in layout.vocabulary]
    return "records for which a value is missing that it asks for"


def score_words(index: int, more: bool) -> str:
    """What a score that rose (or fell) says of a column's values. index: 0 or 1.

    >>> score_words(0, True), score_words(1, False)
    ('values as a whole are higher', 'values are spread narrower')
    """
    return _SCORES[index, more]


def share_words(share: float) -> str:
    """A share in percent, with as many digits as tell it from none and from all.

    >>> [share_words(s) for s in (0.412, 0.05, 0.0002, 0.00154, 0.0, 1e-9)]
    ['41.2%', '5.0%', '0.02%', '0.15%', '0%', '<0.0001%']
    >>> [share_words(s) for s in (1.0, 0.9998, 0.9951, 0.985)]
    ['100%', '99.98%', '99.51%', '98.5%']
    """
    if share <= 0.0 or share >= 1.0:
        return "0%" if share <= 0.0 else "100%"
    rest = min(share, 1.0 - share)
    if rest < 1e-6:
        return "<0.0001%" if share < 0.5 else ">99.9999%"
    if rest >= 0.00995:
        return f"{100.0 * share:.1f}%"
    # Two digits of what is left to the nearer end.
    digits = 1 - math.floor(math.log10(100.0 * rest))
    return f"{100.0 * share:.{digits}f}".rstrip("0") + "%"


def _up_to(layout: NumericLayout, cut: int, show_values: bool) -> str:
    """The values of the cells before this one."""
    named = number(_named(layout, cut))
    if cut == layout.low + 1:
        return "values below the training range" + (f" (below {named})" if show_values else "")
    if cut == layout.high + 1:
        within = "values not above the training range"
        return within + (f" (up to {_largest(layout)})" if show_values else "")
    if not show_values:
        return "the lowest values"
    # A cut behind a bin that holds one value: that value is among them.
    return f"values up to {named}" if layout.single[cut - 1] else f"values below {named}"


def _from(layout: NumericLayout, cut: int, show_values: bool) -> str:
    """The values of this cell and of those that follow."""
    named = number(_named(layout, cut))
    if cut == layout.high + 1:
        above = "values above the training range"
        return above + (f" (above {_largest(layout)})" if show_values else "")
    if cut == layout.low + 1:
        within = "values not below the training range"
        return within + (f" ({named} or more)" if show_values else "")
    if not show_values:
        return "the highest values"
    return f"values above {named}" if layout.single[cut - 1] else f"values of {named} or more"


def _within(layout: NumericLayout, first: int, last: int, show_values: bool) -> str:
    if last == first + 1 and layout.single[first]:
        value = number(float(layout.edges[first - 1]))
        return f"the value {value}" if show_values else "one frequent value"
    if not show_values:
        return "values of one range"
    low, high = _pair(_named(layout, first), _named(layout, last))
    return f"values between {low} and {high}"


def _named(layout: NumericLayout, cut: int) -> float:
    """The number that a cut before this cell is named by.

    Behind a bin of one value it is that value; the edge is the next float, which nobody knows.
    """
    behind = 2 if layout.single[cut - 1] else 1
    return float(layout.edges[cut - behind])


def _largest(layout: NumericLayout) -> str:
    """The largest value of the training data."""
    edge = float(layout.edges[layout.high])
    return number(math.nextafter(edge, -math.inf))


def _pair(low: float, high: float) -> tuple[str, str]:
    """Two different numbers, with enough digits to look different."""
    for digits in (6, 9, 12):
        pair = number(low, digits), number(high, digits)
        if pair[0] != pair[1]:
            return pair
    return number(low, 17), number(high, 17)


def number(x: float, digits: int = 6) -> str:
    """A value as it stands in the data: whole numbers in full, others to six digits.

    >>> [number(x) for x in (12.5, -1.0, 123456789.0, 0.1 + 0.2, 1e300)]
    ['12.5', '-1', '123456789', '0.3', '1e+300']
    """
    if x.is_integer() and abs(x) < 1e15:
        return str(int(x))
    return f"{x:.{digits}g}"


def _quoted(word: str) -> str:
    """A word that can do a terminal no harm; whitespace stays visible in the quotes."""
    shown = word if len(word) <= _SIGNS else word[: _SIGNS - 3] + "..."
    return "'" + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown) + "'"
