"""A real Prometheus for a test: it scrapes every second, and its rules run every second."""

import json
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.harness.ports import PortLease
from tests.harness.process import OwnedProcess, http_get
from tests.harness.tools import program
from tests.harness.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of an answer, and its value now."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is on its way (``pending``) or there (``firing``)."""

    name: str
    state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Prometheus:
    """A Prometheus that runs until `stop`, on a port of its own.

    Args:
        folder: an empty folder for its data, its settings and its log.
        targets: what it scrapes, each as ``host:port``, at ``/metrics``.
        rules: the text of a rule file; none by default. Intervals of its groups count, so leave
            them out where the test should not wait.
        alertmanagers: whom it tells of alerts, each as ``host:port``.

    Raises:
        RuntimeError: Prometheus refuses to start, with its reason: a rule is wrong, for instance.
    """

    def __init__(
        self,
        folder: Path,
        targets: Sequence[str],
        rules: str = "",
        alertmanagers: Sequence[str] = (),
    ) -> None:
        binary = program("prometheus")
        config = {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "evaluation_interval": "1s",
            },
            "scrape_configs": [
                {"job_name": "driftwatch", "static_configs": [{"targets": list(targets)}]}
            ],
            "rule_files": ["rules.yml"] if rules else [],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]},
        }
        # JSON is YAML too.
        (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
        (folder / "rules.yml").write_text(rules, encoding="utf-8")
        self._lease = PortLease()
        self.url = f"http://127.0.0.1:{self._lease.port}"
        self._process = OwnedProcess(
            [
                binary,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._lease.port}",
            ],
            stdout=folder / "prometheus.log",
            cwd=folder,
        )
        try:
            self._process.wait_until_http(f"{self.url}/-/ready")
        except BaseException:
            self.stop()
            raise

    def query(self, expression: str) -> list[Sample]:
        """Evaluate an expression now.

        Returns:
            One sample a series, without the ones that are absent. A scalar has no labels.

        Raises:
            ValueError: Prometheus refuses the expression, with its reason.
        """
        found = self._get("query", query=expression)
        if found["resultType"] == "scalar":
            return [Sample({}, float(found["result"][1]))]
        return [Sample(series["metric"], float(series["value"][1])) for series in found["result"]]

    def wait_for(self, expression: str, timeout: float = 20.0) -> list[Sample]:
        """Wait until an expression has a result, and return it."""
        return wait_until(
            lambda: self.query(expression),
            what=f"Prometheus has a result for {expression}",
            timeout=timeout,
            every=0.2,
        )

    def alerts(self) -> list[Alert]:
        """The alerts that are pending or firing."""
        return [
            Alert(
                name=alert["labels"]["alertname"],
                state=alert["state"],
                labels=alert["labels"],
                annotations=alert["annotations"],
            )
            for alert in self._get("alerts")["alerts"]
        ]

    def wait_for_alert(self, name: str, state: str = "firing", timeout: float = 30.0) -> Alert:
        """Wait until an alert of this name is in this state.

        Args:
            name: the alert's.
            state: ``pending`` or ``firing``.
            timeout: seconds.

        Returns:
            The first such alert.

        Raises:
            TimeoutError: none came; the alerts that are there instead are in the text.
        """
        try:
            found = wait_until(
                lambda: [a for a in self.alerts() if (a.name, a.state) == (name, state)],
                what=f"{name} is {state}",
                timeout=timeout,
                every=0.2,
            )
        except TimeoutError as error:
            there = [(alert.name, alert.state) for alert in self.alerts()]
            raise TimeoutError(f"{error}; the alerts are {there}") from None
        return found[0]

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    # Any: what Prometheus answers is JSON, and each caller knows its own part.
    def _get(self, what: str, **parameters: str) -> dict[str, Any]:
        query = urllib.parse.urlencode(parameters)
        _, body = http_get(f"{self.url}/api/v1/{what}?{query}")
        answer = json.loads(body)
        if answer["status"] != "success":
            raise ValueError(answer["error"])
        data: dict[str, Any] = answer["data"]
        return data
