"""What a process writes to standard error, for people and for programs."""

import json
import subprocess
import sys

import pytest

FAULT = """
import logging
from driftwatch.logs import configure_logs
configure_logs("info", {form!r})
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("somebody").exception("it broke")
"""


def written(form: str) -> str:
    command = [sys.executable, "-c", FAULT.format(form=form)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_an_error_of_a_library_says_where_it_stood() -> None:
    entry = json.loads(written("json"))
    assert (entry["level"], entry["event"]) == ("error", "it broke")
    assert entry["exception"].splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("form", ["json", "console"])
def test_it_is_said_once(form: str) -> None:
    assert written(form).count("ZeroDivisionError: division by zero") == 1
