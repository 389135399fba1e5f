"""Slices of a log whose drift stands out: part of the records changed, and the rest did not."""

from driftwatch.slices.search import Found, SearchPolicy, search
from driftwatch.slices.table import Table, read_table

__all__ = ["Found", "SearchPolicy", "Table", "read_table", "search"]
