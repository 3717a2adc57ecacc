"""Records of players and items, as objects, arrays and files."""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from recommender.records.kinds import Attempt as Attempt
    from recommender.records.kinds import Item as Item
    from recommender.records.kinds import Play as Play
    from recommender.records.kinds import Rating as Rating
    from recommender.records.kinds import Repository as Repository
    from recommender.records.kinds import Shown as Shown

# Public names and their modules; a module is loaded when one of its names is first used
_PUBLIC: Final = {
    "Attempt": "recommender.records.kinds",
    "Item": "recommender.records.kinds",
    "Play": "recommender.records.kinds",
    "Rating": "recommender.records.kinds",
    "Repository": "recommender.records.kinds",
    "Shown": "recommender.records.kinds",
}
__all__ = [
    "Attempt",
    "Item",
    "Play",
    "Rating",
    "Repository",
    "Shown",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
