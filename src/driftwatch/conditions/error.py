"""The error of a condition that can't be read, with the place in its text."""

from driftwatch.errors import DriftwatchError

_WIDTH = 100
_BEFORE = 60


class ConditionError(DriftwatchError):
    """A condition is wrong. The message shows its text and points at the place.

    text: the condition. start, end: the place in it, `end` exclusive. problem: the message alone.

    >>> print(ConditionError("unknown column", "a > 1 AND b > 2", 10, 11))
    unknown column
      a > 1 AND b > 2
                ^
    """

    exit_code = 2

    def __init__(self, problem: str, text: str, start: int = 0, end: int | None = None) -> None:
        end = len(text) if end is None else end
        super().__init__(f"{problem}\n{_pointed(text, start, end)}")
        self.problem = problem
        self.text = text
        self.start = start
        self.end = end


def _pointed(text: str, start: int, end: int) -> str:
    """The line in which the place begins, or so much of it as can be read, and carets below it."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", begin)
    line = text[begin : stop if stop >= 0 else len(text)]
    first = min(start - begin, len(line))
    last = min(max(end - begin, first + 1), max(len(line), first + 1))
    cut = max(0, first - _BEFORE) if len(line) > _WIDTH else 0
    lead = "…" if cut else ""
    shown = line[cut : cut + _WIDTH]
    tail = "…" if cut + _WIDTH < len(line) else ""
    visible = "".join(sign if sign.isprintable() else " " for sign in shown)
    carets = "^" * (min(last, cut + _WIDTH) - first)
    return f"  {lead}{visible}{tail}\n  {' ' * (len(lead) + first - cut)}{carets}"
