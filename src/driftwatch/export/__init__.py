"""The metric table and the exposition of a report."""
