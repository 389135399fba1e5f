"""What the process says about itself, beside the report."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import driftwatch
from driftwatch.deadletters.port import Delivery
from driftwatch.sources.http import Answered

Step = Literal["poll", "decode", "count", "save", "commit", "advance", "publish"]
STEPS: tuple[Step, ...] = get_args(Step)


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """Facts at the moment of a report.

    loop_seconds: time spent in each step since the process began; a step that is missing took none.
    checkpoint_bytes: saved since the process began.
    config_last_reload_successful: also true where nothing was reloaded yet.
    dead_letters: what became of them since the process began; one that is missing became none.
    answered: requests that posted events by their answer, likewise.
    """

    loop_seconds: Mapping[str, float] = field(default_factory=dict)
    checkpoint_bytes: int = 0
    config_last_reload_successful: bool = True
    version: str = driftwatch.__version__
    python_version: str = field(default_factory=platform.python_version)
    dead_letters: Mapping[Delivery, int] = field(default_factory=dict)
    answered: Mapping[Answered, int] = field(default_factory=dict)
