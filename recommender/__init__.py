"""Suggestions by collaborative filtering, skill and content, for any program whose users choose items.

An independent plugin: it imports neither the game nor any learner, and needs only numpy, scipy and OpenSkill.
`from recommender import Advisor, Store, Rating, Item`; importing the package alone loads nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from recommender.version import __version__ as __version__

if TYPE_CHECKING:
    from recommender.advisor.engine import Advisor as Advisor
    from recommender.advisor.engine import AdvisorSettings as AdvisorSettings
    from recommender.reasons import Nouns as Nouns
    from recommender.reasons import text as text
    from recommender.records.kinds import Attempt as Attempt
    from recommender.records.kinds import Item as Item
    from recommender.records.kinds import Play as Play
    from recommender.records.kinds import Rating as Rating
    from recommender.store import Store as Store

# Public names and their modules; a module is loaded when one of its names is first used
_PUBLIC: Final = {
    "Advisor": "recommender.advisor.engine",
    "AdvisorSettings": "recommender.advisor.engine",
    "Attempt": "recommender.records.kinds",
    "Item": "recommender.records.kinds",
    "Nouns": "recommender.reasons",
    "Play": "recommender.records.kinds",
    "Rating": "recommender.records.kinds",
    "Store": "recommender.store",
    "text": "recommender.reasons",
}
__all__ = [
    "Advisor",
    "AdvisorSettings",
    "Attempt",
    "Item",
    "Nouns",
    "Play",
    "Rating",
    "Store",
    "text",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
