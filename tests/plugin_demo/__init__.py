"""A second, one-file game: it proves that `agents` trains and serves any Gymnasium vector env."""
