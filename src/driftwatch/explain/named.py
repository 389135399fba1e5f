"""Which values of the live data may be named: those that many records had.

What the baseline holds (its edges, its vocabulary) was made by whoever runs this, and says nothing
of a single record. What only the live data hold may be one person's; a value that many records had
is taken for none, unless its column is sensitive.
"""

from collections.abc import Sequence

MANY = 20
"""So many records of a stream have to have had a value."""


def nameable(
    words: Sequence[tuple[str, int]], show_values: bool = False
) -> tuple[tuple[str, int], ...]:
    """The words that may be named; each comes with how many records had it at least.

    show_values: all of them may.

    >>> nameable([("diesel", 41), ("Jane Doe", 1)])
    (('diesel', 41),)
    """
    return tuple(word for word in words if show_values or word[1] >= MANY)
