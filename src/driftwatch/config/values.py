"""The kinds of value that settings are made of, each with its own check and its own words."""

import glob
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from driftwatch.config.addresses import Address, near_forms, parses
from driftwatch.config.problems import wrong
from driftwatch.config.section import Section
from driftwatch.config.shown import Filled, found, quoted

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SWITCH = {"true": True, "false": False}


def _filled(convert: Callable[[str], object]) -> BeforeValidator:
    """A variable's value is text; where a number or a switch is due, it is read as one."""
    return BeforeValidator(lambda value: convert(value) if isinstance(value, Filled) else value)


def _text(check: Callable[[str], str]) -> BeforeValidator:
    """A check of text, before the type's: it still knows what a variable filled in."""
    return BeforeValidator(lambda value: check(value) if isinstance(value, str) else value)


Whole = Annotated[int, _filled(lambda text: int(text) if INTEGER.fullmatch(text) else text)]
Number = Annotated[float, _filled(lambda text: float(text) if DECIMAL.fullmatch(text) else text)]
Switch = Annotated[bool, _filled(lambda text: _SWITCH.get(text, text))]


def _name(value: str) -> str:
    if not value or value != value.strip() or not value.isprintable() or len(value) > 256:
        expected = "expected a name: 1 to 256 printable characters, no space at either end"
        raise wrong("name", f"{expected}; found {found(value)}")
    return value


Name = Annotated[str, _text(_name), Field(min_length=1, max_length=256)]
"""What a model, a column, a consumer group is called."""


def _condition(value: str) -> str:
    if not value.strip() or len(value) > 10_000 or "\0" in value:
        expected = "expected a condition in SQL, like \"country = 'DE' AND amount > 100\""
        raise wrong("condition", f"{expected}; found {found(value)}")
    return value.strip()


Condition = Annotated[str, _text(_condition), Field(min_length=1, max_length=10_000)]
"""A condition in SQL over a baseline's columns; what it says is read where the baseline is."""


def _version(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        text = f'a version is text; put {value} in quotes, or "3.10" becomes 3.1 on the way'
        raise wrong("number_version", text)
    return value


Version = Annotated[
    Name,
    BeforeValidator(_version),
    WithJsonSchema({"type": ["string", "integer"], "minLength": 1, "maxLength": 256}),
]
"""A model or a model's version. Whole numbers are taken as the text they are written as."""


_PATH = re.compile(r"\.|(?!\$)[^.\s\"\\]+(?:\.[^.\s\"\\]+)*")


def _dotted_path(value: str) -> str:
    if _PATH.fullmatch(value) and value.isprintable():
        return value
    bare = value.removeprefix("$").strip(". ")
    hint = f'; did you mean "{bare}"?' if _PATH.fullmatch(bare) else ""
    hint = "" if isinstance(value, Filled) else hint
    expected = "expected a dotted path like meta.version, without spaces and quotes"
    raise wrong("dotted_path", f"{expected}; found {found(value)}{hint}")


def _below_the_record(value: str) -> str:
    if value == ".":
        raise wrong("dotted_path", 'expected the path of a field, found ".", the whole record')
    return value


ObjectPath = Annotated[str, _text(_dotted_path), Field(min_length=1)]
"""A dotted path into a record, or `.` for the record itself."""
DottedPath = Annotated[ObjectPath, _text(_below_the_record)]
"""A dotted path to a field of a record."""


class Const(Section):
    """A value that is the same for every record."""

    const: Version = Field(description="The value that every record has.", examples=["fraud"])


def _const_or_path(value: object) -> Hashable:
    return "const" if isinstance(value, Mapping | Const) else "path"


ConstOrPath = Annotated[
    Annotated[Const, Tag("const")] | Annotated[DottedPath, Tag("path")],
    Discriminator(_const_or_path),
]
"""`{const: X}`, or the dotted path where a record says it."""


def _folder(info: ValidationInfo) -> Path:
    context: Mapping[str, Path] = info.context or {}
    return context.get("folder", Path())


def _path_text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise wrong("file_path", f"expected the path of a file, found {found(value)}")
    if value.startswith("~") and not isinstance(value, Filled):
        raise wrong("file_path", "~ stands for nothing here; write ${HOME} or the whole path")
    return str(value)


def _file_path(value: object, info: ValidationInfo) -> Path:
    return value if isinstance(value, Path) else _folder(info) / _path_text(value)


FilePath = Annotated[
    Path,
    PlainValidator(_file_path),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
"""A path, relative to the configuration file's folder."""


def is_file(path: Path) -> bool:
    """Whether there is a file, as far as we are allowed to look."""
    try:
        return path.is_file()
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path or a glob (`*`, `?`, `[ab]`, `**`) of files, relative to a folder."""

    folder: Path
    pattern: str

    def matches(self) -> tuple[Path, ...]:
        """The files that are there now, by name. A file is found by its very name first."""
        plain = self.folder / self.pattern
        if is_file(plain):
            return (plain,)
        # Path.glob takes no absolute pattern.
        names = glob.glob(self.pattern, root_dir=self.folder, recursive=True)  # noqa: PTH207
        paths = (self.folder / name for name in names)
        return tuple(sorted(path for path in paths if is_file(path)))

    @property
    def fixed_folder(self) -> Path:
        """The folder above the first part that is a pattern; files can only come below it."""
        path = Path(self.pattern)
        parts = [*takewhile(lambda part: not glob.has_magic(part), path.parts)]
        return self.folder.joinpath(*parts)

    @property
    def is_glob(self) -> bool:
        """Whether files may come and go."""
        return glob.has_magic(self.pattern)

    def __str__(self) -> str:
        return str(self.folder / self.pattern)

    @classmethod
    def validate(cls, value: object, info: ValidationInfo) -> "PathPattern":
        """What a setting becomes."""
        if isinstance(value, PathPattern):
            return value
        return cls(_folder(info), _path_text(value))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            cls.validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1}


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _one_or_many(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise wrong("type", f"expected text or a list of texts, found {found(value)}")
    return (value,) if isinstance(value, str) else _as_tuple(value)


def _comma_separated(value: object) -> object:
    if not isinstance(value, str):
        return _as_tuple(value)
    parts = (part.strip() for part in value.split(","))
    return tuple(Filled(p, value.names) if isinstance(value, Filled) else p for p in parts)


def _no_repeats(values: tuple[Any, ...]) -> tuple[Any, ...]:
    seen = set()
    for value in values:
        if value in seen:
            raise wrong("repeated", f"{quoted(str(value))} is in the list twice")
        seen.add(value)
    return values


class _OrText:
    """Tells the JSON Schema that text will do for a list."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(schema)]}


Item = TypeVar("Item")
Listed = Annotated[
    tuple[Item, ...],
    Field(min_length=1),
    BeforeValidator(_as_tuple),
    AfterValidator(_no_repeats),
]
"""A list of one entry or more, none of them twice."""
OneOrMany = Annotated[Listed[Item], BeforeValidator(_one_or_many), _OrText()]
"""The same; a text alone is a list of one."""
CommaSeparated = Annotated[Listed[Item], BeforeValidator(_comma_separated), _OrText()]
"""The same; a text may have commas between its items."""


def _names_a_broker(text: str) -> bool:
    return parses(text) and not text.startswith(":") and Address.parse(text).port > 0


def _broker(value: str) -> str:
    if _names_a_broker(value):
        return value
    near = next(filter(_names_a_broker, near_forms(value, "localhost", 9092)), None)
    hint = f'; did you mean "{near}"?' if near else ""
    raise wrong("address", f"expected a broker like localhost:9092, found {found(value)}{hint}")


Broker = Annotated[str, _text(_broker)]
"""`host:port` of a Kafka broker."""

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


def _topic(value: str) -> str:
    if not _TOPIC.fullmatch(value) or value in (".", ".."):
        expected = 'expected a topic: 1 to 249 letters, digits, ".", "_" or "-"'
        raise wrong("topic", f"{expected}; found {found(value)}")
    return value


Topic = Annotated[str, _text(_topic)]
"""A Kafka topic's name."""


def not_yet(*values: str) -> BeforeValidator:
    """Values that make sense and that this version can't act on, refused in words of their own."""

    def check(value: object) -> object:
        if isinstance(value, str) and value in values:
            raise wrong("later_value", f"{quoted(value)} is not supported by this version yet")
        return value

    return BeforeValidator(check)
