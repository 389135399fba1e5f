"""One file a peer: it is run in a virtual environment of its own, with only numpy in common."""
