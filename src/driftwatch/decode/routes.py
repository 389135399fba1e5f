"""Which baseline a record belongs to: by its model and its model version."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from driftwatch.records import ABSENT, WRONG_TYPE, IntArray, ModelVersion, Reason
from driftwatch.sketch.vocabulary import category_text

_UNKNOWN_MODEL, _UNKNOWN_VERSION = -1, -2
_REASONS: dict[int, Reason] = {
    _UNKNOWN_MODEL: "unknown_model",
    _UNKNOWN_VERSION: "unknown_version",
}
_CACHE = 2_000
"""Pairs of names whose route is remembered."""
_CACHED_CHARACTERS = 256
"""A name may be as long as a record; longer ones than these are looked up each time."""

Names = Sequence[Any] | str | None
"""One name a record, one for all of them, or none. A name is a text or a number, never a boolean,
which would be the same as a number."""


class Router:
    """Finds the route of each record; the same name always finds the same route."""

    def __init__(self, routes: Iterable[ModelVersion], fallbacks: Mapping[str, str]) -> None:
        """fallbacks: by model, the version that stands in for an unknown one."""
        self.routes = tuple(routes)
        self._index = {route: i for i, route in enumerate(self.routes)}
        self._versions: dict[str, list[str]] = {}
        for model, version in self.routes:
            self._versions.setdefault(model, []).append(version)
        self._fallbacks = fallbacks
        self._cache: dict[tuple[Any, Any], int] = {}

    def reason(self, code: int) -> Reason:
        """Why a record has no route, from the negative code that `find` gave it."""
        return _REASONS[code]

    def known_model(self, name: Any) -> str | None:
        """The model of this name; None if there is none."""
        model = name_of(name)
        return model if model in self._versions else None

    def find(self, models: Names, versions: Names, count: int) -> IntArray:
        """(n,) index into `routes` of each record, or a negative code.

        No versions at all: a model with a single baseline has that one.
        """
        models, versions = _uniform(models), _uniform(versions)
        if not isinstance(models, list | tuple) and not isinstance(versions, list | tuple):
            return np.full(count, self._find(models, versions), dtype=np.int64)
        keys = zip(_spread(models, count), _spread(versions, count), strict=True)
        return np.fromiter((self._find(*key) for key in keys), dtype=np.int64, count=count)

    def _find(self, model: Any, version: Any) -> int:
        key = (model, version)
        code = self._cache.get(key)
        if code is None:
            code = self._look_up(model, version)
            if len(self._cache) < _CACHE and _is_short(model) and _is_short(version):
                self._cache[key] = code
        return code

    def _look_up(self, model: Any, version: Any) -> int:
        model, version = name_of(model), name_of(version)
        known = self._versions.get(model or "")
        if known is None:
            return _UNKNOWN_MODEL
        if version is None and len(known) == 1:
            version = known[0]
        elif version not in known:
            version = self._fallbacks.get(model or "")
        found = self._index.get(ModelVersion(model or "", version or ""))
        return _UNKNOWN_VERSION if found is None else found


def _uniform(names: Names) -> Any:
    """The one name that all records have, or the names as they are."""
    if isinstance(names, list | tuple) and names.count(names[0]) == len(names):
        return names[0]
    return names


def _spread(names: Any, count: int) -> Sequence[Any]:
    return names if isinstance(names, list | tuple) else [names] * count


def _is_short(name: Any) -> bool:
    return not isinstance(name, str) or len(name) <= _CACHED_CHARACTERS


def name_of(value: Any) -> str | None:
    """What a record names, as a text; None where it names nothing."""
    if value is None or value is ABSENT or value is WRONG_TYPE:
        return None
    return category_text(value)
