"""From the bytes of a log to the columns of a batch, one format a file."""
