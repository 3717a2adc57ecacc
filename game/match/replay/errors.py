"""The one error of replays."""


class ReplayRefused(ValueError):
    """A file is no replay that this game can play: one line with what was expected, found, and where."""
