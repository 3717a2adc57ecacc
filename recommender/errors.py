"""The errors a user may see: each message says what was expected, what was found, and where."""

from safefiles.errors import Refused, WorkFailed


class RecommenderError(Refused):
    """Base of every refusal of this package: one line that can be printed unchanged."""


class TableRefused(RecommenderError):
    """A table of ratings, items, users or plays cannot be read; the message names the file and the line."""


class RatingsRefused(RecommenderError):
    """Ratings that no model can learn from: outside the scale, not a number, or none at all."""


class StoreRefused(RecommenderError):
    """A store's file has a newer format or belongs to another program."""


class StoreFailed(RecommenderError, WorkFailed):
    """A store could not be written."""


class SettingRefused(RecommenderError):
    """A setting, or a combination of settings, with which nothing can be learnt or suggested."""


class UnknownName(RecommenderError):
    """An unknown player or item where a known one is needed."""
