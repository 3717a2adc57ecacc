"""What the models of an evaluation need of memory, before they take it: likeness of every two rows is dense.

A model that does not fit is left out with a line that says so; the others are measured.
"""

import os
from typing import Final

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

GIB: Final = 2**30
ASSUMED: Final = 4 * GIB  # where the system does not say how much there is
SHARE: Final = 0.5  # of the machine's memory that an evaluation may take without being told
NUMBER: Final = 8  # bytes of a float64
# Arrays of rows × rows at the peak of a fit, as counted with tracemalloc: what is kept of the models fitted before, the inner fit
# beside the outer one, and the sums in between.
LIKENESS: Final = 24
DENSE: Final = 8  # arrays of players × items beside them
EASE: Final = 6  # arrays of items × items: plays in common, the inverse and its copy, weights of three models


def memory_budget(asked: float | None = None) -> float:
    """Bytes that may be taken: `asked` GiB, or half of the machine's, never more than the process's limit."""
    whole = ASSUMED / SHARE
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        whole = float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    found = whole * SHARE if asked is None else asked * GIB
    if resource is not None:
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            found = min(found, limit * SHARE)  # threads, libraries and tables have the other half
    return found


def likeness_bytes(rows: int, columns: int) -> float:
    """What neighbours among `rows` that are alike over `columns` need."""
    return NUMBER * (LIKENESS * float(rows) ** 2 + DENSE * float(rows) * columns)


def ease_bytes(items: int) -> float:
    """What EASE needs."""
    return NUMBER * EASE * float(items) ** 2


def missing_models_line(models: tuple[str, ...], pairs: str, needed: float, allowed: float) -> str:
    """The line that says why models are missing."""
    return (
        f"left out: {', '.join(models)}: likeness of every two of {pairs} needs about {needed / GIB:.1f} GiB, "
        f"{allowed / GIB:.1f} GiB may be taken (--memory allows more)"
    )
