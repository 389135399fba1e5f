"""Statistics over all columns at once, one a file: arrays in, a frozen result out."""
