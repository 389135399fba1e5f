"""What columns are derived from: values as they stand in the data, before anything is flattened."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from driftwatch.baseline.texts import text_number
from driftwatch.derive.derivation import Derivation
from driftwatch.derive.text import Text

RawKind = Literal["text", "json"]
"""What the cells of a file without types are: texts as they stand, or what JSON would read."""


def sources_of(derived: Iterable[Derivation]) -> Mapping[str, RawKind]:
    """The names of the leaves that some derivations need."""
    found: dict[str, RawKind] = {}
    for each in derived:
        text = isinstance(each, Text) or found.get(each.source) == "text"
        found[each.source] = "text" if text else "json"
    return found


def raw_cells(cells: Sequence[str], kind: RawKind) -> list[Any]:
    """Cells of a CSV file as JSON has them; an empty one is null.

    >>> raw_cells(["[1, 2]", "", "3.5", "[soon"], "json"), raw_cells(["[1, 2]", ""], "text")
    ([[1, 2], None, 3.5, '[soon'], ['[1, 2]', None])
    """
    if kind == "text":
        return [cell or None for cell in cells]
    return [_read(cell) for cell in cells]


def _read(cell: str) -> Any:
    if not cell:
        return None
    if cell[0] in "[{":
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    number = text_number(cell)
    return cell if number is None else number
