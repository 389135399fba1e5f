"""What is wrong with a configuration, as data: one `Problem` for each thing that a user has to fix.

Every way to get a setting wrong has a `Kind`. The tests hold one small file for each of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic_core import PydanticCustomError

from driftwatch.config.shown import key_text
from driftwatch.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""Where a setting stands: keys by name, list items by number."""

Kind = Literal[
    # the file
    "missing_file",
    "unreadable_file",
    "too_large",
    "not_utf8",
    "secret_file",
    "baseline_file",
    "baseline_pattern",
    "certificate_file",
    # the YAML
    "syntax",
    "empty",
    "not_a_mapping",
    "duplicate_key",
    "key_type",
    "number_key",
    "merge",
    "tag",
    "self_reference",
    "too_deep",
    "too_many",
    "half_character",
    "no_value",
    # ${NAME}
    "unset_variable",
    "malformed_reference",
    # one value
    "unknown_key",
    "later_value",
    "missing",
    "type",
    "choice",
    "range",
    "nothing_in_it",
    "duration",
    "duration_range",
    "size",
    "address",
    "web_address",
    "topic",
    "repeated",
    "dotted_path",
    "false_alarms",
    "file_path",
    "name",
    "condition",
    "number_version",
    # values that don't go together
    "one_source",
    "sasl_without_protocol",
    "sasl_incomplete",
    "tls_without_protocol",
    "key_without_certificate",
    "two_passwords",
    "unit_without_timestamp",
    "timestamp_needed",
    "two_roles",
    "model_not_configured",
    "model_out_of_reach",
    "version_without_baseline",
    "version_with_itself",
    "version_needed",
    "thresholds_unmonitored",
    "tolerance_unmonitored",
    "threshold_empty",
    "threshold_order",
    "threshold_too_high",
    "same_statistic",
    "window_multiple",
    "window_order",
    "alarm_window",
    "false_alarms_panes",
    "history_too_short",
    "one_state",
    "one_dead_letters",
    "dead_letters_without_kafka",
    "dead_letters_loop",
    "setting_of_another_format",
    "format_without_source",
    "one_of_schemas",
]

MOST_PROBLEMS = 50
"""More than this are counted, not listed."""
MOST_COUNTED = 1_000
"""More than this are not looked for: each costs a search for what was meant."""


class Place(NamedTuple):
    """A position in the file, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where each key and each value of a file stands; empty for settings that came from code.

    Two of these are always equal: a comment that moves a line changes no setting.
    """

    keys: Mapping[KeyPath, Place] = field(default_factory=dict, compare=False)
    values: Mapping[KeyPath, Place] = field(default_factory=dict, compare=False)

    def of_value(self, path: KeyPath) -> Place | None:
        """The value if it stands by itself (a list item), else its key or the nearest key above."""
        while path:
            known = self.keys if isinstance(path[-1], str) else self.values
            if path in known:
                return known[path]
            path = path[:-1]
        return None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to fix."""

    kind: Kind
    path: KeyPath
    text: str
    place: Place | None = None

    def line(self, origin: object) -> str:
        """As a user sees it: `driftwatch.yaml:12:5: decode.modle: unknown key`."""
        return f"{where(origin, self.path, self.place)}: {self.text}"


class Broken(NamedTuple):
    """A rule between several keys that a section breaks; `path` begins at that section."""

    kind: Kind
    path: KeyPath
    text: str


def wrong(kind: Kind, text: str) -> PydanticCustomError:
    """The error for a field's validator to raise."""
    return PydanticCustomError(kind, "{text}", {"text": text})


def where(origin: object, path: KeyPath, place: Place | None) -> str:
    """File, line, column and key, as far as they are known."""
    file = f"{origin}:{place.line}:{place.column}" if place else str(origin)
    return f"{file}: {path_text(path)}" if path else file


def path_text(path: KeyPath) -> str:
    """A path as people write it.

    >>> path_text(("models", "fraud v2", "columns")), path_text(("windows", 1))
    ('models."fraud v2".columns', 'windows[1]')
    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{key_text(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def config_error(origin: object, problems: Iterable[Problem]) -> ConfigError:
    """All the problems of a file in one error: a line each, in the order of the file."""
    found = sorted(problems, key=lambda problem: problem.place or Place(0, 0))
    lines = [problem.line(origin) for problem in found[:MOST_PROBLEMS]]
    if len(found) > MOST_PROBLEMS:
        more = "at least " if len(found) >= MOST_COUNTED else ""
        lines.append(f"{origin}: and {more}{len(found) - MOST_PROBLEMS} more")
    return ConfigError("\n".join(lines))
