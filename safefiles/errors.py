"""The refusal of a file: the message says what was expected, what was found, and where."""


class FileRefused(ValueError):
    """A file is not what it must be to be used safely: one line, fit to be printed as it is."""
