"""What Grafana does with a dashboard before Prometheus is asked: it fills in the choices.

By Grafana's documentation of variables and of its Prometheus data source: a choice of several is a
regular expression of the escaped values; a choice of one stands as it is, its backslashes and
quotes escaped; `All` is all that the variable offers.
"""

import json
import re
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.harness.process import http_get

Json = dict[str, Any]
ALL = "$__all"
SECONDS = 60
"""The range that is looked at."""
BUILT_IN = {"__rate_interval": "4s", "__interval": "1s", "__range": f"{SECONDS}s"}

_LABEL_VALUES = re.compile(r"label_values\((.*), (\w+)\)")
_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}")
_FORMATTED = re.compile(r"\$\{([\w.]+):(percentencode|raw)\}")
_SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|/]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a dashboard. where: its panel or annotation. name: which of the panel's."""

    where: str
    name: str
    expr: str
    instant: bool


def panels(dashboard: Json) -> list[Json]:
    """The panels, without the titles of rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard: Json) -> Iterator[Asked]:
    """Every query of panels and annotations, as it stands in the file."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield Asked(panel["title"], target["refId"], target["expr"], target["instant"])
    for mark in dashboard["annotations"]["list"]:
        yield Asked(mark["name"], "annotation", mark["expr"], False)


def links_of(panel: Json) -> list[str]:
    """The addresses that a panel, its values and its cells lead to."""
    found = [*panel["links"], *panel["fieldConfig"]["defaults"]["links"]]
    for override in panel["fieldConfig"]["overrides"]:
        found += [e for p in override["properties"] if p["id"] == "links" for e in p["value"]]
    return [each["url"] for each in found]


class Page:
    """A dashboard that somebody looks at, on a Prometheus.

    wanted: by variable; what is not named there is `All`, the file's first choice, or the first
    that is offered. offered: what could be chosen, by variable. chosen: the first that was.
    """

    def __init__(
        self, url: str, dashboard: Json, wanted: Mapping[str, str | Sequence[str]]
    ) -> None:
        self._url = url
        self.dashboard = dashboard
        self.offered: dict[str, list[str]] = {}
        self.chosen: dict[str, str] = {}
        self._constants = {
            each["name"]: each["query"]
            for each in dashboard["templating"]["list"]
            if each["type"] == "textbox"
        }
        self._values: dict[str, str] = dict(BUILT_IN)
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                self._choose(variable, wanted.get(variable["name"]))

    def filled(self, expr: str) -> str:
        """The expression with the choices in it."""
        return _VARIABLE.sub(lambda found: self._values[found[1] or found[2]], expr)

    def rows(self, asked: Asked) -> list[Json]:
        """The series of a query that have a value, which NaN is not."""
        now = time.time()
        expr = self.filled(asked.expr)
        if asked.instant:
            found = self._get("query", query=expr, time=now)["result"]
            return [each for each in found if each["value"][1] != "NaN"]
        found = self._get("query_range", query=expr, start=now - SECONDS, end=now, step=1)
        return [s for s in found["result"] if any(value != "NaN" for _, value in s["values"])]

    def followed(self, url: str, labels: Mapping[str, str]) -> str:
        """Where somebody comes to who clicks a value of these labels."""

        def value(found: re.Match[str]) -> str:
            name = found[1].removeprefix("__field.labels.").removeprefix("__data.fields.")
            if found[2] == "raw":
                return str(self._constants[name])
            return urllib.parse.quote(labels.get(name) or self.chosen[name], safe="")

        return _FORMATTED.sub(value, url)

    def _choose(self, variable: Json, wanted: str | Sequence[str] | None) -> None:
        found = _LABEL_VALUES.fullmatch(variable["query"]["query"])
        assert found is not None, variable["query"]
        offered = self._get(f"label/{found[2]}/values", **{"match[]": self.filled(found[1])})
        self.offered[variable["name"]] = offered
        if wanted is None:
            first = variable["current"].get("value")
            wanted = offered if first == [ALL] else [first] if first in offered else offered[:1]
        values = [wanted] if isinstance(wanted, str) else list(wanted)
        assert set(values) <= set(offered), (variable["name"], values, offered)
        self.chosen[variable["name"]] = "".join(values[:1])
        if variable["multi"]:
            escaped = [_SPECIAL.sub(r"\\\\\g<0>", value) for value in values]
            text = escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
        else:
            text = "".join(values).replace("\\", "\\\\").replace('"', '\\"')
        self._values[variable["name"]] = text

    # Any: what Prometheus answers is JSON, and each caller knows its own part.
    def _get(self, what: str, **parameters: object) -> Any:
        address = f"{self._url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        answer = json.loads(http_get(address)[1])
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]
