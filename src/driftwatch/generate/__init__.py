"""What is generated for others to read: Grafana's dashboards, Prometheus's rules.

The daemon never imports it.
"""
