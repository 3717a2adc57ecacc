"""The advisor and its parts: what a player should choose next, and why."""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from recommender.advisor.engine import Advisor as Advisor
    from recommender.advisor.engine import AdvisorSettings as AdvisorSettings

# Public names and their modules; a module is loaded when one of its names is first used
_PUBLIC: Final = {
    "Advisor": "recommender.advisor.engine",
    "AdvisorSettings": "recommender.advisor.engine",
}
__all__ = [
    "Advisor",
    "AdvisorSettings",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
