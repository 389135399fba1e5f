"""From a file to `Settings`: read, fill in variables, validate, read the secrets' files.

bytes -> text -> tree (data and places) -> Settings -> Settings with its secrets
"""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from pydantic import SecretStr, ValidationError

from driftwatch.config.explain import explain
from driftwatch.config.files import reason
from driftwatch.config.problems import (
    MOST_COUNTED,
    KeyPath,
    Place,
    Places,
    Problem,
    config_error,
)
from driftwatch.config.settings import Settings
from driftwatch.config.tree import TreeError, read_tree

MOST_BYTES = 1 << 20
MOST_SECRET_BYTES = 1 << 16
_SECRET_KEY: KeyPath = ("source", "kafka", "sasl_password_file")


def load(path: Path, env: Mapping[str, str]) -> Settings:
    """The settings of a configuration file, with the variables of `env` filled in.

    Opens no file but this one and those that `*_file` keys name; `check_files` looks at the rest.
    Raises ConfigError, which tells everything that is wrong at once.
    """
    settings, problems = examine(path, env)
    if settings is None:
        raise config_error(path, problems)
    return settings


def parse(mapping: Mapping[str, object], origin: Path) -> Settings:
    """The settings that a mapping says, in the form of the file; opens nothing.

    `origin` stands for the file: errors name it, and relative paths begin in its folder. `${NAME}`
    and `*_file` keys are left as they are. Raises ConfigError.
    """
    settings, problems = _validate(mapping, origin, Places())
    if settings is None:
        raise config_error(origin, problems)
    return settings


def examine(
    path: Path, env: Mapping[str, str]
) -> tuple[Settings, tuple[()]] | tuple[None, tuple[Problem, ...]]:
    """Either the settings of a file or everything that is wrong with it."""
    try:
        tree = read_tree(_read_text(path), env)
    except TreeError as error:
        return None, (error.problem,)
    if len(tree.problems) >= MOST_COUNTED:
        return None, tree.problems[:MOST_COUNTED]
    settings, invalid = _validate(tree.data, path, tree.places, complete=not tree.problems)
    # What pydantic says of a value that could not be read only repeats the first problem.
    new = (p for p in invalid if not any(_follows(p, known) for known in tree.problems))
    problems = (*tree.problems, *new)
    if problems or settings is None:
        return None, problems or invalid
    try:
        return _with_secrets(settings), ()
    except ValueError as error:
        place = tree.places.of_value(_SECRET_KEY)
        return None, (Problem("secret_file", _SECRET_KEY, str(error), place),)


def _follows(problem: Problem, known: Problem) -> bool:
    """Whether a problem may only be there because of another one, above, below or at its key."""
    if known.kind == "key_type":  # a key that is left out, told at the mapping that it is in
        return problem.path == known.path
    shared = min(len(problem.path), len(known.path))
    return problem.path[:shared] == known.path[:shared]


def _validate(
    data: object, origin: Path, places: Places, complete: bool = True
) -> tuple[Settings, tuple[()]] | tuple[None, tuple[Problem, ...]]:
    context = {"origin": origin, "folder": origin.parent, "places": places, "complete": complete}
    try:
        return Settings.model_validate(data, context=context), ()
    except ValidationError as error:
        return None, tuple(islice(explain(error, data, places), MOST_COUNTED))


def _read_text(path: Path) -> str:
    try:
        data = _read_bytes(path, MOST_BYTES)
    except FileNotFoundError:
        raise TreeError("missing_file", "no such file") from None
    except (OSError, ValueError) as error:
        raise TreeError("unreadable_file", f"can't be read: {reason(error)}") from None
    if len(data) > MOST_BYTES:
        text = f"larger than {MOST_BYTES:,} bytes, which no configuration is"
        raise TreeError("too_large", text)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        text = f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise TreeError("not_utf8", text, place) from None


def _read_bytes(path: Path, most: int) -> bytes:
    """At most one byte more than `most`."""
    with path.open("rb") as file:
        return file.read(most + 1)


def _with_secrets(settings: Settings) -> Settings:
    """The settings with what their `*_file` keys name. Raises ValueError with what is wrong."""
    source, kafka = settings.source, settings.source.kafka
    if kafka is None or kafka.sasl_password_file is None:
        return settings
    password = SecretStr(_read_secret(kafka.sasl_password_file))
    kafka = kafka.model_copy(update={"sasl_password": password})
    return settings.model_copy(update={"source": source.model_copy(update={"kafka": kafka})})


def _read_secret(path: Path) -> str:
    try:
        data = _read_bytes(path, MOST_SECRET_BYTES)
    except OSError as error:
        raise ValueError(f"{path} can't be read: {reason(error)}") from None
    if len(data) > MOST_SECRET_BYTES:
        raise ValueError(f"{path} is larger than {MOST_SECRET_BYTES:,} bytes, so it is no password")
    try:
        secret = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if not secret:
        raise ValueError(f"{path} is empty")
    return secret
