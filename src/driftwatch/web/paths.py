"""The paths that something other than the routes depends on."""

HEALTH = frozenset({"/-/healthy", "/-/ready"})
"""What a supervisor asks: it has no password, and takes a late answer for a dead process."""
