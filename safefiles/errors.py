"""Errors that end a command with one line, which says what was expected, what was found, and where."""


class Refused(ValueError):
    """An invalid argument or file; the message is one printable line. Exit code 2."""


class FileRefused(Refused):
    """A file that cannot be used safely."""


class WorkFailed(Exception):
    """The input was valid but the work failed, or a check found a fault; the message is one line. Exit code 1."""
