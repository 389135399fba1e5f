"""A real Alertmanager for a test, and somebody at the other end who is told."""

import json
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.harness.ports import PortLease
from tests.harness.process import OwnedProcess, http_get
from tests.harness.tools import alertmanager
from tests.harness.waiting import wait_until


class Pager:
    """Takes what Alertmanager sends, on a port of its own; ends with its block.

    calls: by receiver, each message as Alertmanager's webhook has it.
    """

    def __init__(self) -> None:
        self.calls: dict[str, list[dict[str, Any]]] = {}
        calls = self.calls

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.setdefault(self.path.strip("/"), []).append(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def address(self, receiver: str) -> str:
        """Where a receiver is told."""
        return f"http://127.0.0.1:{self._server.server_port}/{receiver}"

    def alerts(self, receiver: str, name: str) -> list[dict[str, Any]]:
        """What a receiver was told of an alert so far."""
        return [
            alert
            for call in self.calls.get(receiver, [])
            for alert in call["alerts"]
            if alert["labels"]["alertname"] == name
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Alertmanager:
    """An Alertmanager that runs until `stop`, on a port of its own.

    Args:
        folder: an empty folder for its data, its settings and its log.
        config: its configuration.

    Raises:
        RuntimeError: it refuses to start, with its reason.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        binary = alertmanager()
        # JSON is YAML too.
        (folder / "alertmanager.yml").write_text(json.dumps(config), encoding="utf-8")
        self._lease = PortLease()
        self.address = f"127.0.0.1:{self._lease.port}"
        self._process = OwnedProcess(
            [
                binary,
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
            ],
            stdout=folder / "alertmanager.log",
            cwd=folder,
        )
        try:
            self._process.wait_until_http(f"http://{self.address}/-/ready")
        except BaseException:
            self.stop()
            raise

    def send(self, alerts: Sequence[Mapping[str, str]]) -> None:
        """Tell it of alerts with these labels, as Prometheus does."""
        request = urllib.request.Request(
            f"http://{self.address}/api/v2/alerts",
            data=json.dumps([{"labels": labels} for labels in alerts]).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10):
            pass

    def alerts(self) -> list[dict[str, Any]]:
        """What it knows of, with the state of each."""
        _, body = http_get(f"http://{self.address}/api/v2/alerts")
        found: list[dict[str, Any]] = json.loads(body)
        return found

    def held_back(self, count: int) -> set[tuple[str, ...]]:
        """Once it knows so many alerts: those that another one holds back, by name and reason."""

        def judged() -> list[dict[str, Any]]:
            found = self.alerts()
            states = {alert["status"]["state"] for alert in found}
            return found if len(found) == count and "unprocessed" not in states else []

        found = wait_until(judged, what=f"Alertmanager has judged {count} alerts", timeout=15)
        return {
            tuple(alert["labels"].get(name, "") for name in ("alertname", "column", "reason"))
            for alert in found
            if alert["status"]["inhibitedBy"]
        }

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
