"""Dead letters: records that were not counted, kept as they came for whoever looks into it."""
