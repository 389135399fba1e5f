"""Sizes in bytes: `1MiB`, `512KiB`, or a whole number of bytes."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from driftwatch.config.problems import wrong
from driftwatch.config.shown import Filled, found, or_variable

_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,12})(B|KiB|MiB|GiB)")
_ALMOST = re.compile(r"([0-9]{1,12})\s*([kmg]?)i?b?", re.IGNORECASE)


def parse_size(value: object) -> object:
    """Text as a number of bytes; whole numbers, and what only a type check can judge, as they are.

    >>> parse_size("1MiB"), parse_size(512)
    (1048576, 512)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        if match := _SIZE.fullmatch(value):
            return int(match[1]) * _UNITS[match[2]]
        if isinstance(value, Filled) and value.isascii() and value.isdigit() and len(value) < 13:
            return int(value)
    hint, plain = "", "" if isinstance(value, Filled) else str(value).strip()
    if almost := _ALMOST.fullmatch(plain):
        unit = {"": "B", "k": "KiB", "m": "MiB", "g": "GiB"}[almost[2].lower()]
        hint = f'; did you mean "{almost[1]}{unit}"?'
    raise wrong("size", f"expected a size like 512KiB or 1MiB, found {found(value)}{hint}")


Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": or_variable(f"^{_SIZE.pattern}$")},
            ]
        }
    ),
]
"""Bytes."""
