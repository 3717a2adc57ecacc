"""The one error of replays."""


class ReplayRefused(ValueError):
    """A file is not a replay that this game can play; one line says what was expected, found, and where."""
