"""Storage of records: `Store`, one SQLite file; `Writer`, which writes to it in another thread.
`read_only.ReadOnlyStore` reads a file without copying or writing it, for a command.

All are a `recommender.records.kinds.Repository`; another storage can offer the same methods.
"""

from recommender.store.forms import FORM
from recommender.store.sqlite_store import Store
from recommender.store.writer import Writer

__all__ = ["FORM", "Store", "Writer"]
