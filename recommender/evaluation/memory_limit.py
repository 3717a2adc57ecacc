"""The memory that the models of an evaluation need, computed beforehand: similarity matrices are dense.

A model that does not fit is left out with a line that says so; the others are measured.
"""

import os
from typing import Final

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

GIB: Final = 2**30
ASSUMED: Final = 4 * GIB  # if the system does not report its memory
SHARE: Final = 0.5  # share of the machine's memory that an evaluation may use by default
NUMBER: Final = 8  # bytes of a float64
# Arrays of rows × rows at the peak of a fit, measured with tracemalloc: those of models fitted before, of the inner and the
# outer fit, and intermediate sums.
LIKENESS: Final = 24
DENSE: Final = 8  # arrays of players × items in addition
EASE: Final = 6  # arrays of items × items: plays in common, the inverse and its copy, weights of three models


def memory_budget(asked: float | None = None) -> float:
    """Bytes that may be used: `asked` GiB, or half of the machine's, never more than the process's limit."""
    whole = ASSUMED / SHARE
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        whole = float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    found = whole * SHARE if asked is None else asked * GIB
    if resource is not None:
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            found = min(found, limit * SHARE)  # the other half is for threads, libraries and tables
    return found


def likeness_bytes(rows: int, columns: int) -> float:
    """Bytes for neighbours among `rows`, compared over `columns`."""
    return NUMBER * (LIKENESS * float(rows) ** 2 + DENSE * float(rows) * columns)


def ease_bytes(items: int) -> float:
    """Bytes for EASE."""
    return NUMBER * EASE * float(items) ** 2


def missing_models_line(models: tuple[str, ...], pairs: str, needed: float, allowed: float) -> str:
    """The line that says why models are missing."""
    return (
        f"left out: {', '.join(models)}: similarity of every two of {pairs} needs about {needed / GIB:.1f} GiB, "
        f"{allowed / GIB:.1f} GiB may be taken (--memory allows more)"
    )
