"""The recommender's answers in the player's language: reasons, tags, models."""

import re
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from game.app.strings import LANGUAGES, catalogue
from recommender.reasons import tag_text, text

if TYPE_CHECKING:
    from game.app.browse.level_library import LevelLibrary
    from game.app.ui.kit import Kit
    from recommender.reasons import Reason

CACHE: Final = 64  # cached sentences


@lru_cache(maxsize=len(LANGUAGES))
def term_names(language: str) -> dict[str, str]:
    """Return the names of the game's tags and difficulties for use within a sentence."""
    found = {}
    for key, said in catalogue(language).items():
        kind, _, name = key.partition(".")
        if kind == "tag":
            found[name.replace(".", ":")] = said
        elif kind == "difficulty":
            found[name] = said
    return found


class RecommenderTexts:
    """Texts for the recommender's answers; sentences are cached, as cards are drawn every frame."""

    def __init__(self, kit: "Kit", library: "LevelLibrary") -> None:
        self._kit = kit
        self._library = library
        self._sentences: dict[tuple[str, int, bool], tuple[Reason, str]] = {}
        self._titles: dict[str, str] = {}

    def title(self, item: str) -> str:
        """Return a level's title; its id if there is no such level."""
        info = self._library.find(item)
        return info.title(self._kit.strings.language) if info is not None else item

    def reason(self, reason: "Reason", *, chance: bool = True) -> str:
        """Return a reason as a sentence, titles in quotation marks; without `chance` where that is shown beside it."""
        language = self._kit.strings.language
        key = (language, id(reason), chance)
        kept = self._sentences.get(key)
        if kept is None or kept[0] is not reason:
            if len(self._sentences) >= CACHE:
                self._sentences.clear()
            kept = self._sentences[key] = (reason, self._sentence(reason, language, chance=chance))
        return kept[1]

    def _sentence(self, reason: "Reason", language: str, *, chance: bool) -> str:
        if not chance:
            rest = {name: value for name, value in reason.values.items() if name != "chance"}
            reason = replace(reason, values=rest)
        values = reason.values
        named = {*values.get("items", ()), *([values["item"]] if "item" in values else ())}
        tags = term_names(language)
        said = text(reason, language, {item: self.title(item) for item in named}, tags=tags)
        # Straight marks: the bundled font draws curly ones as wide as a Chinese character
        said = re.sub(r"\*(.+?)\*", '"\\1"', said)
        return said[:1].upper() + said[1:]

    def tag(self, tag: str) -> str:
        """Return the name of a tag such as "objective:defend" for use outside a sentence."""
        strings = self._kit.strings
        key = f"tag.{tag.replace(':', '.')}"
        said = strings(key) if strings.has(key) else tag_text(tag, strings.language, {})
        return said[:1].upper() + said[1:]

    def models(self, names: Collection[str]) -> str:
        """Return the names of models as a list, in the usual order."""
        strings = self._kit.strings
        keys = {name: f"model.{name}" for name in sorted(names)}
        return strings.pick(", ", "、").join(
            strings(key) if strings.has(key) else name for name, key in keys.items()
        )
