"""The files that a configuration names: are they there? Opens none of them."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from driftwatch.config.http import HttpSettings
from driftwatch.config.models import ModelSettings
from driftwatch.config.problems import KeyPath, Kind, Problem, config_error, where
from driftwatch.config.settings import Settings
from driftwatch.config.values import PathPattern, is_file

_CERTIFICATES = (
    "ssl_cafile",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_keyfile_password_file",
    "sasl_token_file",
)

_Finding = tuple[Kind | None, KeyPath, str]
"""What is not there: kind, key and text; no kind where it is only worth a warning."""


def baseline_files(model: ModelSettings) -> tuple[Path, ...]:
    """The baseline files of a model that are there now; a glob may find more later."""
    if isinstance(model.baselines, Mapping):
        return tuple(path for path in model.baselines.values() if is_file(path))
    return tuple(dict.fromkeys(file for part in model.baselines for file in part.matches()))


def check_files(settings: Settings) -> tuple[str, ...]:
    """Look for the files that the settings name. Returns warnings, a line each.

    A glob that finds nothing is an error where its folder is missing, and a warning where the
    folder is there, since files may still come. Raises ConfigError with all that is missing.
    """
    problems, warnings = [], []
    for kind, path, text in _findings(settings):
        place = settings.place(path)
        if kind is None:
            warnings.append(f"{where(settings.origin, path, place)}: {text}")
        else:
            problems.append(Problem(kind, path, text, place))
    if problems:
        raise config_error(settings.origin, problems)
    return tuple(warnings)


def reason(error: Exception) -> str:
    """Why a file can't be read, without its name."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _findings(settings: Settings) -> Iterator[_Finding]:
    for name, model in settings.models.items():
        here = ("models", name, "baselines")
        if isinstance(model.baselines, Mapping):
            for version, path in model.baselines.items():
                if text := _unreadable(path):
                    yield "baseline_file", (*here, version), text
        else:
            several = len(model.baselines) > 1
            for index, pattern in enumerate(model.baselines):
                yield from _no_baseline(pattern, (*here, index) if several else here)
    kafka, files = settings.source.kafka, settings.source.files
    for key in _CERTIFICATES if kafka else ():
        if (certificate := getattr(kafka, key)) and (text := _unreadable(certificate)):
            yield "certificate_file", ("source", "kafka", key), text
    for below, file in _files_of_the_port(settings.http):
        if text := _unreadable(file):
            yield "certificate_file" if below[0] == "tls" else "secret_file", ("http", *below), text
    schemas = settings.decode.schemas
    for key, value in (schemas and schemas.registry) or ():
        if isinstance(value, Path) and (text := _unreadable(value)):
            kind: Kind = "certificate_file" if key == "cafile" else "secret_file"
            yield kind, ("decode", "schemas", "registry", key), text
    for path in files.path if files else ():
        try:
            path.stat()
        except OSError as error:
            yield None, ("source", "files", "path"), f"nothing to read at {path}: {reason(error)}"


def _files_of_the_port(http: HttpSettings) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Keys below `http`, and the files that they name."""
    auth = http.auth
    for above, section in (
        (("tls",), http.tls),
        (("auth", "basic"), auth and auth.basic),
        (("auth", "bearer"), auth and auth.bearer),
    ):
        for key, value in section or ():
            if isinstance(value, Path):
                yield (*above, key), value


def _no_baseline(pattern: PathPattern, here: KeyPath) -> Iterator[_Finding]:
    if not pattern.is_glob:
        if text := _unreadable(Path(str(pattern))):
            yield "baseline_file", here, text
    elif not pattern.matches():
        folder = pattern.fixed_folder
        if os.access(folder, os.R_OK | os.X_OK):
            yield None, here, f"{pattern} finds no file yet"
        else:
            text = f"{pattern} finds no file: there is no folder {folder} that can be read"
            yield "baseline_pattern", here, text


def _unreadable(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return f"there is no file {path}"
    except OSError as error:
        return f"{path} can't be read: {reason(error)}"
    if stat.S_ISDIR(mode):
        return f"{path} is a folder, not a file"
    return None if os.access(path, os.R_OK) else f"{path} can't be read: Permission denied"
