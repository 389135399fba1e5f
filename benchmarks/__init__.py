"""How fast Driftwatch is, measured: `make bench`."""
