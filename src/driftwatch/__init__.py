"""Driftwatch: watches machine-learning models in production for drift."""

__version__ = "0.1.0"
