"""Columns that are made of what a record holds: of texts, vectors and times, and by conditions."""
