"""Child processes of a test: they end by their own id, and never outlive the test run."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.harness.waiting import wait_until

# Waits for the end of its standard input, which comes when the test run is gone, however it went.
_WATCHDOG = 'read -r _; kill -KILL "$1"'


class OwnedProcess:
    """A running child process with its output in files.

    It has a session of its own, so that Ctrl-C reaches the tests alone and they end it in order;
    should the test run itself be killed, a watchdog kills the child.

    Args:
        command: the program and its arguments.
        stdout: where its output goes; appended to, so that a restart keeps what was said before.
        stderr: the same for its errors; with its output by default.
        stdin: a file that it reads; nothing by default.
        env: variables on top of those of the test run.
        cwd: the folder it runs in.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        stdout: Path,
        stderr: Path | None = None,
        stdin: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.stdout_path = stdout
        self.stderr_path = stderr or stdout
        self.command = [str(part) for part in command]
        with (
            (stdin or Path(os.devnull)).open("rb") as given,
            stdout.open("ab") as out,
            self.stderr_path.open("ab") as err,
        ):
            self._child = subprocess.Popen(
                self.command,
                stdin=given,
                stdout=out,
                stderr=err,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "sh", str(self._child.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._child.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None

    @property
    def stdout(self) -> str:
        """All that it has said so far."""
        return self.stdout_path.read_text(encoding="utf-8", errors="replace")

    @property
    def stderr(self) -> str:
        """All that it has complained of so far."""
        return self.stderr_path.read_text(encoding="utf-8", errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP makes a zombie of it, SIGCONT wakes it up."""
        self._child.send_signal(number)

    def wait(self, timeout: float = 30.0) -> int:
        """Wait for its end.

        Returns:
            Its exit code; minus the signal where one ended it.

        Raises:
            TimeoutError: it still runs; its last words are in the text.
        """
        try:
            code = self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(self._with_last_words(f"did not end in {timeout:g} s")) from None
        self._dismiss_watchdog()
        return code

    def terminate(self, timeout: float = 15.0) -> int:
        """Ask it to end (SIGTERM), and wait. See `wait`."""
        self._child.terminate()
        return self.wait(timeout)

    def kill(self) -> None:
        """End it with no chance to tidy up (SIGKILL). Nothing happens where it has ended."""
        self._child.kill()
        self.wait()

    def wait_until_said(self, words: str, timeout: float = 30.0) -> None:
        """Wait until its output or its errors contain these words.

        Raises:
            RuntimeError: it ended before; its last words are in the text.
        """

        def said() -> bool:
            running = self.is_running
            if words in self.stdout or words in self.stderr:
                return True
            if not running:
                raise RuntimeError(self._with_last_words(f"ended before it said {words!r}"))
            return False

        wait_until(said, what=f"{self.command[0]} says {words!r}", timeout=timeout)

    def wait_until_http(self, url: str, timeout: float = 30.0) -> None:
        """Wait until a GET of this address is answered with 200.

        Raises:
            RuntimeError: the process ended before; its last words are in the text.
        """

        def answered() -> bool:
            if not self.is_running:
                raise RuntimeError(self._with_last_words(f"ended before it answered {url}"))
            try:
                return http_get(url)[0] == 200
            except OSError:
                return False

        wait_until(answered, what=f"{url} answers", timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def _dismiss_watchdog(self) -> None:
        # First: a process id that has been waited for may be anybody's.
        self._watchdog.kill()
        self._watchdog.wait()
        if self._watchdog.stdin is not None:
            self._watchdog.stdin.close()

    def _with_last_words(self, what: str) -> str:
        lines = [f"{' '.join(self.command)} {what}"]
        for path in dict.fromkeys((self.stdout_path, self.stderr_path)):
            text = path.read_text(encoding="utf-8", errors="replace")
            lines += [f"--- {path}", *text.splitlines()[-30:]]
        return "\n".join(lines)


class Driftwatch(OwnedProcess):
    """The real program as a process: ``Driftwatch("run", "-c", file, folder=tmp_path)``.

    Args:
        arguments: the command line after ``driftwatch``.
        folder: where it runs, and where its output goes: ``stdout.log`` and ``stderr.log``.
        stdin: a file that it reads; nothing by default.
        env: variables on top of those of the test run.
    """

    def __init__(
        self,
        *arguments: str | Path,
        folder: Path,
        stdin: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            [sys.executable, "-m", "driftwatch", *arguments],
            stdout=folder / "stdout.log",
            stderr=folder / "stderr.log",
            stdin=stdin,
            env=env,
            cwd=folder,
        )

    def wait_until_ready(self, port: int, timeout: float = 30.0) -> None:
        """Wait until ``/-/ready`` on this port of 127.0.0.1 says so."""
        self.wait_until_http(f"http://127.0.0.1:{port}/-/ready", timeout)


def http_get(url: str, timeout: float = 10.0, method: str = "GET") -> tuple[int, str]:
    """GET an address, or what else the method says.

    Returns:
        The status, whatever it is, and the body.

    Raises:
        OSError: nobody answers there.
    """
    try:
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()
