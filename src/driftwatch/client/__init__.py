"""What a model server imports to write its serving log, without ever waiting for it."""

from driftwatch.client.serving_log import ServingLog

__all__ = ["ServingLog"]
