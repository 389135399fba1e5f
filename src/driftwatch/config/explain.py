"""What pydantic found wrong, told in the words of the configuration."""

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from driftwatch.config.alarms import SHORT_NAMES
from driftwatch.config.problems import KeyPath, Kind, Places, Problem
from driftwatch.config.section import RULES, Section
from driftwatch.config.settings import Settings
from driftwatch.config.shown import (
    Filled,
    did_you_mean,
    found,
    key_text,
    kind_of,
    listed,
    nearest,
    quoted,
)

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
_SWITCHES = {"no": "false", "off": "false", "n": "false", "yes": "true", "on": "true", "y": "true"}


def explain(error: ValidationError, data: object, places: Places) -> Iterator[Problem]:
    """One problem for each thing that is wrong. `data` is what was validated."""
    for detail in error.errors(include_url=False):
        path = _path(detail["loc"], data)
        if detail["type"] == RULES:
            for kind, below, text in detail["ctx"]["broken"]:
                whole = _path(path + below, data, keep=True)
                yield Problem(kind, whole, text, places.of_value(whole))
        elif detail["type"] != "too_short" or not detail["input"]:  # else its entries are wrong
            if detail["type"] == "missing":
                path += (str(detail["loc"][-1]),)
            kind, text = _kind_and_text(detail, path)
            yield Problem(kind, path, text, places.of_value(path))


def _path(loc: Sequence[int | str], data: object, keep: bool = False) -> KeyPath:
    """The keys as they stand in the file.

    pydantic adds the names of alternatives between them; they go, unless all parts are to be kept.
    """
    path: list[int | str] = []
    for part in loc:
        known: object = range(len(data)) if isinstance(data, list | tuple) else data
        known = known if isinstance(known, range | Mapping) else ()
        names = [part, *(short for short, full in SHORT_NAMES.items() if full == part)]
        name = next((name for name in names if name in known), None)
        if name is not None:
            data = data[name]  # type: ignore[index]  # one of its keys or indices
        if name is not None or keep:
            path.append(part if name is None else name)
    return tuple(path)


def _kind_and_text(detail: ErrorDetails, path: KeyPath) -> tuple[Kind, str]:
    name, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if name == "extra_forbidden":
        return _unknown_key(path)
    if name == "missing":
        return "missing", "missing" + _example(path)
    if name == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        return (
            "choice",
            f"expected {listed(known)}, found {found(value)}{did_you_mean(value, known)}",
        )
    if name in _BOUNDS:
        words, key = _BOUNDS[name]
        return "range", f"expected {words} {context[key]:,}, found {found(value)}"
    if name == "too_short":
        return "nothing_in_it", "expected at least one entry, found none" + _example(path)
    if name in _EXPECTED:
        return "type", f"expected {_EXPECTED[name]}, {_found(value, path)}{_fix(name, value)}"
    if "text" in context:
        return name, context["text"]  # type: ignore[return-value]  # raised by problems.wrong
    return "type", detail["msg"]  # a type that a later pydantic may have; its text has no values


def _found(value: object, path: KeyPath) -> str:
    secret = any(SecretStr in _choices(annotation) for annotation in _annotations(path))
    return f"found {kind_of(value) if secret else found(value)}"


def _fix(name: str, value: object) -> str:
    if name == "bool_type" and isinstance(value, str) and not isinstance(value, Filled):
        meant = _SWITCHES.get(value.lower())
        return f"; did you mean {meant}?" if meant else ""
    if name == "string_type" and isinstance(value, bool | int | float):
        return "; put it in quotes if it is text"
    if name == "tuple_type":
        return "; write [one, two], or one a line behind a dash"
    return ""


def _unknown_key(path: KeyPath) -> tuple[Kind, str]:
    name = str(path[-1])
    section = _section(path[:-1])
    known = section.model_fields
    home = next(_homes(name), None)
    near = nearest(name, known, likeness=0.8 if home else 0.6)
    if home:
        hint = f"; it belongs {home}" + (f', or did you mean "{near}"?' if near else "")
    elif near:
        hint = f'; did you mean "{near}"?'
    else:
        hint = f"; expected {listed(known)}" if known else "; expected nothing in here"
    return "unknown_key", f"unknown key{hint}"


def _example(path: KeyPath) -> str:
    for field in _fields(path):
        if field.examples:
            return f"; for example {key_text(str(path[-1]))}: {_flow(field.examples[0])}"
    return ""


def _flow(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    text = str(value)
    return text if re.fullmatch(r"[a-z/][\w./-]*", text) else quoted(text)


# The types that stand behind a path.


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of an annotation, without what is annotated on it."""
    if get_origin(annotation) is Annotated:
        return _choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(choice for arg in get_args(annotation) for choice in _choices(arg))
    return (annotation,)


def _below(annotation: Any, part: str | int) -> Iterator[Any]:
    for choice in _choices(annotation):
        if isinstance(choice, type) and issubclass(choice, Section):
            if part in choice.model_fields:
                yield choice.model_fields[str(part)].annotation
        elif get_origin(choice) is Mapping:
            yield get_args(choice)[1]
        elif get_origin(choice) is tuple and isinstance(part, int):
            yield get_args(choice)[0]


def _annotations(path: KeyPath) -> list[Any]:
    current: list[Any] = [Settings]
    for part in path:
        current = [below for annotation in current for below in _below(annotation, part)]
    return current


def _section(path: KeyPath) -> type[Section]:
    return next(
        choice
        for annotation in _annotations(path)
        for choice in _choices(annotation)
        if isinstance(choice, type) and issubclass(choice, Section)
    )


def _fields(path: KeyPath) -> Iterator[FieldInfo]:
    for annotation in _annotations(path[:-1]):
        for choice in _choices(annotation):
            if isinstance(choice, type) and issubclass(choice, Section):
                yield choice.model_fields[str(path[-1])]


def _homes(name: str) -> Iterator[str]:
    """The sections that have a key of this name, the outermost first."""
    waiting: list[tuple[str, Any]] = [("", Settings)]
    while waiting:
        path, annotation = waiting.pop(0)
        for choice in _choices(annotation):
            if get_origin(choice) is Mapping:
                waiting.append((f"{path}.NAME", get_args(choice)[1]))
            elif isinstance(choice, type) and issubclass(choice, Section):
                if name in choice.model_fields:
                    yield f"in {path.removeprefix('.')}" if path else "at the top of the file"
                waiting += [(f"{path}.{n}", f.annotation) for n, f in choice.model_fields.items()]
