"""Prometheus's rules: what is recorded, what alerts, and what the person reads who is alerted."""
