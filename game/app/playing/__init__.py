"""One match from its set-up to its results."""
