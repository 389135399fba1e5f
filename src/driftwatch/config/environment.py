"""`${NAME}` and `${NAME:-default}` in the text of a configuration.

A default counts where the variable is unset or empty, as in a shell. `$${` stands for `${`.
"""

import re
from collections.abc import Mapping

from driftwatch.config.shown import Filled

_REFERENCE = re.compile(r"\$(\$\{)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\})?")


class UnsetVariableError(Exception):
    """A variable without a value, and no default either."""


class MalformedReferenceError(Exception):
    """A `${` that begins nothing."""


def fill(text: str, env: Mapping[str, str]) -> str:
    """The text with the values of its variables; `Filled` if it had any.

    Raises UnsetVariableError (with the name) and MalformedReferenceError.

    >>> fill("${HOST:-localhost}:${PORT}", {"PORT": "9092"})
    'localhost:9092'
    """
    names = []

    def value(match: re.Match[str]) -> str:
        escaped, name, default = match.groups()
        if escaped:
            return "${"
        if name is None:
            raise MalformedReferenceError
        names.append(name)
        filled = env.get(name)
        if default is not None:
            return filled or default
        if filled is None:
            raise UnsetVariableError(name)
        return filled

    result = _REFERENCE.sub(value, text)
    return Filled(result, tuple(dict.fromkeys(names))) if names else result
