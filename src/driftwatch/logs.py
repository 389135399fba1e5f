"""Logs by structlog, on standard error: JSON lines in a container, readable on a terminal."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def _in_reading_order(_: object, __: str, entry: EventDict) -> EventDict:
    """When, how important and what come first; the particulars follow."""
    first = ("timestamp", "level", "event")
    return {**{name: entry[name] for name in first}, **entry}


def configure_logs(
    level: Literal["debug", "info", "warning", "error"] = "info",
    form: Literal["auto", "json", "console"] = "auto",
) -> None:
    """Set up all logging of the process, that of libraries included."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _in_reading_order,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if console
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # A client that can't reach its broker would say so several times a second; we say it once.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
