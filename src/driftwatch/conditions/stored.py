"""A condition as JSON: the tree that its text was read as, so that nobody has to parse it again.

The text stays the truth, and the tree counts only as long as it is that of the text. A fingerprint
over both, and over what the columns were taken for, says so; where it differs, because one of them
was edited or a later version reads conditions otherwise, the text is parsed again.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError

from driftwatch.conditions.condition import Condition
from driftwatch.conditions.kinds import ColumnKind
from driftwatch.conditions.tree import Node

_READING = 1
"""Goes up when the same text is read as another tree, or the same tree means something else."""


class StoredCondition(BaseModel):
    """A tree, and what it was read from.

    tree: the nodes (see `conditions.tree`), each with its kind as `node`, functions by their names.
    columns: those that it reads, and their kinds. fingerprint: over these and the text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    tree: dict[str, JsonValue]
    columns: dict[str, ColumnKind]
    fingerprint: str

    @classmethod
    def of(cls, condition: Condition, kinds: Mapping[str, ColumnKind]) -> Self:
        """kinds: of the columns, as they were when the condition was read."""
        tree = _nodes().dump_python(condition.tree, mode="json")
        columns = {name: kinds[name] for name in sorted(condition.columns)}
        fingerprint = _fingerprint(condition.text, columns, tree)
        return cls(tree=tree, columns=columns, fingerprint=fingerprint)

    def condition(self, text: str, kinds: Mapping[str, ColumnKind]) -> Condition | None:
        """The condition; None where the tree is not that of this text over these columns."""
        if any(kinds.get(name) != kind for name, kind in self.columns.items()):
            return None
        if self.fingerprint != _fingerprint(text, self.columns, self.tree):
            return None
        try:
            return Condition(text, _nodes().validate_json(json.dumps(self.tree)))
        except ValidationError:  # somebody made up the tree, and the fingerprint to go with it
            return None


@lru_cache(maxsize=1)
def _nodes() -> TypeAdapter[Node]:
    """Takes a megabyte, which a daemon without conditions can do without."""
    return TypeAdapter(Node)


def _fingerprint(
    text: str, columns: Mapping[str, ColumnKind], tree: Mapping[str, JsonValue]
) -> str:
    whole = json.dumps([_READING, text, columns, tree])
    return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()
