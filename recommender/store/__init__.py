"""Where records are kept: `Store`, one SQLite file, `Writer`, which writes to it off the caller's thread.
`read_only.ReadOnlyStore` reads a file where it lies, for a command.

All are a `recommender.records.kinds.Repository`; another place can stand in behind the same methods.
"""

from recommender.store.forms import FORM
from recommender.store.sqlite_store import Store
from recommender.store.writer import Writer

__all__ = ["FORM", "Store", "Writer"]
