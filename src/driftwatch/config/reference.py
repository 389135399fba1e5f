"""The reference of the configuration, made from its settings.

python -m driftwatch.config.reference > docs/reference/configuration.md
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from driftwatch.config.schema import json_schema

_INTRODUCTION = """\
# Configuration

One YAML file, strict: an unknown key, a wrong type or a missing file is an error that names the
file, the line and the key. `driftwatch config check FILE` says all that is wrong with a file, and
`driftwatch config schema` prints a JSON Schema for editors.

- Durations are written `90s`, `2m`, `1h30m`, `1d`; sizes `512KiB`, `1MiB`. Paths are relative to
  the file's folder.
- `${NAME}` stands for an environment variable and `${NAME:-default}` for one that may be missing;
  `$${` is a literal `${`. A key that ends with `_file` reads a secret from a file.
- Paths into a record are dotted: `meta.version` is `version` in the object `meta`.
- SIGHUP reads the file again, and so does `POST /-/reload` where `http.reload` is true. A bad file
  leaves the running configuration as it is; `source`, `state`, `http`, `dead_letters` and
  `show_values` take a restart.

Required keys are marked with *.
"""


def reference() -> str:
    """The document, in Markdown."""
    schema = json_schema()
    return "\n".join([_INTRODUCTION, *_section(schema, schema["$defs"], "", set())])


def _section(
    node: Mapping[str, Any], definitions: Mapping[str, Any], path: str, done: set[str]
) -> Iterator[str]:
    """A table of an object's keys, then the objects below it."""
    below: list[tuple[str, Mapping[str, Any]]] = []
    yield f"## `{path}`" if path else "## The whole file"
    yield ""
    if path and "description" in node:
        yield f"{node['description']}\n"
    yield "| key | default | meaning |"
    yield "| --- | --- | --- |"
    for name, given in node["properties"].items():
        key = f"{path}.{name}" if path else name
        mark = "*" if name in node.get("required", ()) else ""
        default = f"`{_shown(given['default'])}`" if _is_short(given) else ""
        meaning = given.get("description") or _named(given, definitions).get("description", "")
        yield f"| `{name}`{mark} | {default} | {meaning}{_example(given)} |"
        below.extend((f"{key}{more}", found) for more, found in _objects(given, definitions))
    yield ""
    for key, found in below:
        title = str(found.get("title") or found.get("description"))
        if title not in done:
            yield from _section(found, definitions, key, done | {title})


def _objects(
    node: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects with keys of their own that a key may hold, and how to get to them."""
    node = _named(node, definitions)
    if node.get("properties"):
        if len(node["properties"]) > 2 or "const" not in node["properties"]:
            yield "", node
        return
    extra = node.get("additionalProperties")
    if isinstance(extra, dict) and "$ref" in extra:
        for more, found in _objects(extra, definitions):
            yield f".NAME{more}", found


def _named(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition that a node refers to; else the node itself."""
    if "$ref" not in node:
        return node
    found: Mapping[str, Any] = definitions[node["$ref"].rsplit("/", 1)[1]]
    return found


def _is_short(node: Mapping[str, Any]) -> bool:
    return (
        "default" in node and node["default"] not in ({}, []) and len(_shown(node["default"])) < 60
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _example(node: Mapping[str, Any]) -> str:
    if not node.get("examples"):
        return ""
    text = yaml.safe_dump(node["examples"][0], default_flow_style=True, width=1000).strip()
    return f" Example: `{text.removesuffix('...').strip()}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
