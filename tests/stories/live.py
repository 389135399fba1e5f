"""The daemon of a story: `driftwatch run`, its port and its log."""

import json
from pathlib import Path
from typing import Any

from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until
from tests.stories.said import Said
from tests.stories.stage import Stage

PANE_S = 1
"""A minute of people is a second here: panes, windows and all that is waited for."""


class Daemon:
    """A running daemon.

    Args:
        stage: where it runs.
        port: of 127.0.0.1, that it listens on.
        sections: of its configuration, in place of those that all stories have.
    """

    def __init__(self, stage: Stage, port: int, **sections: Any) -> None:
        self._url = f"http://127.0.0.1:{port}"
        quick = {
            "pane": f"{PANE_S}s",
            "windows": [f"{10 * PANE_S}s", f"{60 * PANE_S}s"],
            "lateness": "1s",
            "idle_after": "1s",
            "checkpoint_every": "1s",
            "state": {"path": "state"},
            "http": {"listen": f"127.0.0.1:{port}"},
        }
        self.configuration = stage.configure(**{**quick, **sections})
        self.process: Driftwatch = stage.start("run", "-c", self.configuration)
        self.process.wait_until_ready(port)

    @property
    def log(self) -> str:
        """What it has written about itself."""
        return self.process.stdout + self.process.stderr

    @property
    def document(self) -> dict[str, Any]:
        """The status as JSON, now."""
        status, body = http_get(f"{self._url}/api/v1/status")
        assert status == 200, body
        return dict(json.loads(body))

    def said(self) -> Said:
        """All that it says now. The page and the JSON are of one report."""

        def both() -> tuple[Said, ...]:
            before, (_, page), after = self.document, http_get(f"{self._url}/"), self.document
            return (Said.of(before, page),) if before["now"] == after["now"] else ()

        (said,) = wait_until(both, what="page and JSON of one report")
        return said

    def wait_until_blind(self, reason: str, timeout: float = 30.0) -> None:
        """Wait until this is a reason not to believe the silence."""

        def blind() -> bool:
            return any(reason in stream["blind"] for stream in self.document["streams"])

        wait_until(blind, what=f"blind: {reason}", timeout=timeout)

    def wait_until_paged(self, column: str, timeout: float = 30.0) -> None:
        """Wait until somebody is paged for a column."""

        def paged() -> bool:
            return any(
                (alarm["column"], alarm["severity"]) == (column, "page")
                for alarm in self.document["alarms"]
            )

        wait_until(paged, what=f"a page on {column}", timeout=timeout)


def folder_of_logs(stage: Stage) -> Path:
    """The folder that the daemon reads."""
    folder = stage.folder / "log"
    folder.mkdir(exist_ok=True)
    return folder
