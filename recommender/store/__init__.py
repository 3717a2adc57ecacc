"""Where records are kept: `Store`, one SQLite file, and `Writer`, which writes to it off the caller's thread.

Both are a `recommender.records.kinds.Repository`; another place can stand in behind the same methods.
"""

from recommender.store.forms import FORM
from recommender.store.plays import Play
from recommender.store.sqlite_store import Store
from recommender.store.writer import Writer

__all__ = ["FORM", "Play", "Store", "Writer"]
