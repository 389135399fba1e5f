"""The paths that something other than the routes depends on."""

HEALTH = frozenset({"/-/healthy", "/-/ready"})
"""What a supervisor asks: it has no password, and takes a late answer for a dead process."""

EVENTS = "/v1/events"
"""Where events are posted, if any are to be."""
