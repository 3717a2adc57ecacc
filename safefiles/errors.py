"""What ends a command with one line: the message says what was expected, what was found, and where."""


class Refused(ValueError):
    """An argument or a file is not what it must be: one line, fit to be printed as it is. Exit code 2."""


class FileRefused(Refused):
    """A file is not what it must be to be used safely."""


class WorkFailed(Exception):
    """The input was good and the work failed all the same, or a check found a fault: one line. Exit code 1."""
