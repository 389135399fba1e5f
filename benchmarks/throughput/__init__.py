"""How fast Driftwatch and its peers are on the same records, and what the machine could do."""
