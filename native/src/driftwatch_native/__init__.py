"""The compiled part of Driftwatch. Optional: each thing in it has an equal in Python.

Use it through `driftwatch`, which knows what to do where this is missing or of another version.
"""

from driftwatch_native.cells import count_numbers
from driftwatch_native.json_reader import JsonReader

INTERFACE = 1
"""Counts up whenever what is here is called in another way."""

__all__ = ["INTERFACE", "JsonReader", "count_numbers"]
