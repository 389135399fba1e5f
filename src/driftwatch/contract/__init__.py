"""Contracts as a library: judge records inside a model server, before the model answers.

A contract is what a baseline says every record must meet: its rules, and the range of the training
data. It is compiled once and then costs some microseconds a record.
"""

from driftwatch.contract.contract import Contract
from driftwatch.contract.verdict import How, Outside, Verdict, Verdicts

__all__ = ["Contract", "How", "Outside", "Verdict", "Verdicts"]
