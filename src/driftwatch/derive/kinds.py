"""Every kind of derivation, told apart in the artifact by `kind`."""

from typing import Annotated, get_args

from pydantic import Field

from driftwatch.derive.age import Age
from driftwatch.derive.arrays import ListLength, Shape
from driftwatch.derive.probabilities import Probabilities
from driftwatch.derive.text import Text
from driftwatch.derive.vector import Vector
from driftwatch.errors import UsageError
from driftwatch.timestamps import Unit

AnyDerivation = Annotated[
    Text | Age | Vector | ListLength | Shape | Probabilities, Field(discriminator="kind")
]

_KINDS = ("text", "age", "vector", "list", "shape", "probabilities")


def parse_derivation(text: str) -> AnyDerivation:
    """A derivation as people write it: `KIND:SOURCE`, or `KIND:SOURCE=WHAT,...`.

    Of probabilities, WHAT are the names of the classes; of an age, the unit of numbers. Raises
    UsageError.

    >>> parse_derivation("probabilities:scores=cat,dog").classes
    ('cat', 'dog')
    """
    kind, colon, rest = text.partition(":")
    source, equals, given = rest.partition("=")
    if not colon or not source or kind not in _KINDS:
        raise UsageError(
            f"--derive {text}: expected KIND:SOURCE, as in text:review; KIND is one of "
            f"{', '.join(_KINDS)}"
        )
    if equals and kind not in ("age", "probabilities"):
        raise UsageError(f"--derive {text}: {kind} takes nothing after the source's name")
    if kind == "probabilities":
        return Probabilities(source=source, classes=_classes(text, given) if equals else ())
    if kind == "age":
        for unit in get_args(Unit):
            if unit == (given or "auto"):
                return Age(source=source, unit=unit)
        units = ", ".join(get_args(Unit))
        raise UsageError(f"--derive {text}: no unit {given!r}; expected one of {units}")
    if kind == "text":
        return Text(source=source)
    if kind == "vector":
        return Vector(source=source)
    return ListLength(source=source) if kind == "list" else Shape(source=source)


def _classes(text: str, given: str) -> tuple[str, ...]:
    classes = tuple(name.strip() for name in given.split(","))
    if not all(classes) or len(set(classes)) < len(classes):
        raise UsageError(f"--derive {text}: each class needs a name of its own")
    return classes
