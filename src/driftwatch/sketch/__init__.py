"""Sketches of distributions: edges, cells and counts. Arrays in, arrays out, no I/O."""
