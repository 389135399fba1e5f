"""How good the alarms are, beside those of other tools: `make bench-alarms`."""
