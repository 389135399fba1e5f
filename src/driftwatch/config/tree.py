"""YAML as plain data, with the place of every key and value, and without YAML's traps.

Scalars are read as YAML 1.2 does: `no`, `on`, `1:30` and `2024-01-01` are text, `true` is a switch,
`3` a number. Repeated keys are refused, and so is what makes a small file a large one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from driftwatch.config.environment import MalformedReferenceError, UnsetVariableError, fill
from driftwatch.config.problems import KeyPath, Kind, Place, Places, Problem
from driftwatch.config.shown import Filled
from driftwatch.config.values import INTEGER

MOST_NESTING = 30
MOST_VALUES = 100_000
MOST_TEXT = 1 << 22
"""Characters of all keys and values, aliases written out, each variable taken for the longest."""

_TAG = "tag:yaml.org,2002:"
_RESOLVED = (
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z")),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")),
    ("int", re.compile(INTEGER.pattern + r"\Z")),
    (
        "float",
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?[0-9]+[eE][-+]?[0-9]+"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
    ),
)
_CONVERT: Mapping[str, tuple[re.Pattern[str], Callable[[str], object]]] = {
    "null": (_RESOLVED[0][1], lambda _: None),
    "bool": (_RESOLVED[1][1], lambda text: text.lower() == "true"),
    "int": (_RESOLVED[2][1], int),
    "float": (_RESOLVED[3][1], lambda text: float(re.sub(r"\.(?=[inIN])", "", text))),
}
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tree:
    """What a file holds. Whatever has a problem stands in `data` as if it were right."""

    data: object
    places: Places
    problems: tuple[Problem, ...]


class TreeError(Exception):
    """A file that holds no settings at all."""

    def __init__(self, kind: Kind, text: str, place: Place | None = None) -> None:
        super().__init__(text)
        self.problem = Problem(kind, (), text, place)


def read_tree(text: str, env: Mapping[str, str]) -> Tree:
    """Read one YAML document whose top is a mapping, filling in variables. Raises TreeError."""
    node = _compose(text)
    if node is None or (isinstance(node, ScalarNode) and node.tag == _TAG + "null"):
        raise TreeError("empty", "the file is empty; expected source, decode, models and state")
    if not isinstance(node, MappingNode):
        sort = "a list" if isinstance(node, SequenceNode) else "a single value"
        text = f"expected a mapping (key: value) at the top of the file, found {sort}"
        raise TreeError("not_a_mapping", text, _place(node))
    builder = _Builder(env)
    data = builder.build(node, ())
    return Tree(data, Places(builder.keys, builder.values), tuple(builder.problems))


class _Resolver(BaseResolver):
    """Knows the scalars of YAML 1.2's core schema, less the numbers that nobody means."""


for _name, _pattern in _RESOLVED:
    _Resolver.add_implicit_resolver(_TAG + _name, _pattern, None)


class _Loader(Reader, Scanner, Parser, Composer, _Resolver):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Resolver.__init__(self)
        self.depth = 0
        self.nodes = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        self.depth += 1
        self.nodes += 1
        if self.depth > MOST_NESTING:
            raise TreeError("too_deep", f"nested more than {MOST_NESTING} deep", self._here())
        if self.nodes > MOST_VALUES:
            raise TreeError("too_many", f"more than {MOST_VALUES:,} keys and values", self._here())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _here(self) -> Place:
        mark = self.get_mark()
        return Place(mark.line + 1, mark.column + 1)


def _compose(text: str) -> Node | None:
    try:
        return _Loader(text).get_single_node()
    except ReaderError as error:
        before = text[: error.position]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise TreeError("syntax", "a control character can't stand in YAML", place) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines = text.splitlines()
        line = lines[mark.line] if mark and mark.line < len(lines) else ""
        at = Place(mark.line + 1, mark.column + 1) if mark else None
        raise TreeError("syntax", _syntax_text(error, line), at) from None
    except (ValueError, OverflowError):
        # PyYAML hands any number of an escape like "\UFFFFFFFF" to chr().
        raise TreeError("syntax", 'an escape ("\\U...") names no character') from None


def _syntax_text(error: yaml.MarkedYAMLError, line: str) -> str:
    """What is wrong, without words of the file: an unquoted password may be what broke it."""
    problem = error.problem or "it can't be read"
    if error.context and error.context.startswith("while "):
        problem += f" ({error.context})" if "'" not in error.context else ""
    hint = ""
    if "'\\t'" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        hint = "; tabs can't indent YAML, write spaces"
    elif "alias" in problem or "anchor" in problem:
        problem, hint = (
            "an alias (*) or anchor (&) that fits nothing",
            "; quote text that begins so",
        )
    elif "tag" in problem:
        problem, hint = "a tag (!) that means nothing", "; quote text that begins so"
    elif "another document" in problem:
        problem, hint = "a second document begins here (---)", "; a configuration is one document"
    elif "${" in line:
        hint = '; inside [] or {} put "${...}" in quotes'
    elif "cannot start any token" in problem or "mapping values are not allowed" in problem:
        hint = "; put text with special characters in quotes"
    return f"not valid YAML: {problem}{hint}"


_TAG_TEXT = "a tag (!) that does not fit its value; take it out, or quote text that begins so"


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


class _Builder:
    """Turns nodes into data, notes places, collects problems."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.keys: dict[KeyPath, Place] = {}
        self.values: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []
        self._open: set[int] = set()
        self._count = 0
        self._length = 0
        self._longest = max(map(len, env.values()), default=0)

    def build(self, node: Node, path: KeyPath) -> object:
        self._count += 1
        if self._count > MOST_VALUES:
            raise TreeError(
                "too_many", f"more than {MOST_VALUES:,} values, its aliases (*) written out"
            )
        self.values[path] = _place(node)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            self._problem("tag", path, _TAG_TEXT, node)
            return None
        if id(node) in self._open:
            self._problem("self_reference", path, "an alias (*) of something it stands in", node)
            return None
        if len(path) >= MOST_NESTING:
            raise TreeError("too_deep", f"nested more than {MOST_NESTING} deep", _place(node))
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _problem(self, kind: Kind, path: KeyPath, text: str, node: Node) -> None:
        self.problems.append(Problem(kind, path, text, _place(node)))

    def _make_room(self, node: ScalarNode) -> None:
        """Raise TreeError where a small file would become a large text."""
        # Before the variables are filled in: it is their values that may be long.
        filled = node.value.count("${") * self._longest
        self._length += len(node.value) + filled
        if self._length > MOST_TEXT:
            text = f"more than {MOST_TEXT:,} characters, its aliases (*) and variables written out"
            raise TreeError("too_many", text, _place(node))

    def _scalar(self, node: ScalarNode, path: KeyPath) -> object:
        self._make_room(node)
        tag = node.tag.removeprefix(_TAG)
        if tag in _CONVERT:
            pattern, convert = _CONVERT[tag]
            if pattern.match(node.value):
                value = convert(node.value)
                if value is None:
                    text = "has no value; give it one ({} for an empty section) or take it out"
                    self._problem("no_value", path, text, node)
                return value
        if tag == "str":
            return self._text(node, path, "")
        self._problem("tag", path, _TAG_TEXT, node)
        return ""

    def _text(self, node: ScalarNode, path: KeyPath, otherwise: str) -> str:
        try:
            text = fill(node.value, self.env)
        except UnsetVariableError as error:
            name = error.args[0]
            text = f"the variable {name} is not set; set it, or write ${{{name}:-DEFAULT}}"
            self._problem("unset_variable", path, text, node)
            return otherwise
        except MalformedReferenceError:
            text = "a ${ that is no variable; expected ${NAME} or ${NAME:-DEFAULT}, or $${ for ${"
            self._problem("malformed_reference", path, text, node)
            return otherwise
        if _HALF.search(text):
            try:  # JSON writes a character beyond 0xFFFF as two escapes
                whole = text.encode("utf-16", "surrogatepass").decode("utf-16")
                return Filled(whole, text.names) if isinstance(text, Filled) else whole
            except UnicodeDecodeError:
                half = "holds half of a character (a surrogate)"
                self._problem("half_character", path, half, node)
                return otherwise
        return text

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is None:
                continue
            here = (*path, key)
            if key in result:
                text = f"is here twice; the first is on line {self.keys[here].line}"
                self._problem("duplicate_key", here, text, key_node)
                continue
            self.keys[here] = _place(key_node)
            result[key] = self.build(value_node, here)
        return result

    def _key(self, node: Node, path: KeyPath) -> str | None:
        tag = node.tag.removeprefix(_TAG)
        if not isinstance(node, ScalarNode) or tag not in ("str", "int", "float"):
            sort = {"bool": "a switch", "null": "nothing"}.get(tag, "something else")
            text = f"expected text as a key, found {sort}"
            self._problem("key_type", path, f"{text}; put it in quotes if it is a name", node)
            return None
        if tag == "float":
            here = (*path, str(node.value))
            text = f'a number with a point or an exponent as a key; write "{node.value}" in quotes'
            self._problem("number_key", here, text, node)
            return str(node.value)
        if node.value == "<<":
            text = (
                "<< (merge) is no part of YAML 1.2; write the keys out, or alias (*) whole values"
            )
            self._problem("merge", path, text, node)
            return None
        self._make_room(node)
        return self._text(node, (*path, str(node.value)), str(node.value))
