"""Runs something in a process of its own that may take so much memory and so much time."""

import multiprocessing
import resource
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def contained(
    function: Callable[..., Result], arguments: Sequence[Any], memory_bytes: int, cpu_seconds: int
) -> Result:
    """What the function returns.

    Beyond `memory_bytes` of addresses it meets a MemoryError, beyond `cpu_seconds` of processor
    time its process is killed, and this raises BrokenProcessPool.
    """
    context = multiprocessing.get_context("spawn")
    limits = (memory_bytes, cpu_seconds)
    with ProcessPoolExecutor(1, context, initializer=_limit, initargs=limits) as pool:
        return pool.submit(function, *arguments).result()


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
