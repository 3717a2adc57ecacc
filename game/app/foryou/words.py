"""The recommender's answers in the player's language: reasons, tags, models."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from game.app.browse.level_library import LevelLibrary
    from game.app.ui.kit import Kit
    from recommender.reasons import Reason

# Tags of a number -> how its low, middle and high are called; the others are shares or grades
AMOUNTS: Final = {
    "size": "size", "sight": "length", "way": "way", "seconds": "length", "enemies": "count", "allies": "count",
    "pickups": "count", "portals": "count", "waves": "count", "cells": "count",
}  # fmt: skip
CACHE: Final = 64  # sentences kept


class Words:
    """Puts what the recommender says into words; sentences are kept, as cards are drawn every frame."""

    def __init__(self, kit: "Kit", library: "LevelLibrary") -> None:
        self._kit = kit
        self._library = library
        self._sentences: dict[tuple[str, int], tuple[Reason, str]] = {}
        self._titles: dict[str, str] = {}

    def title(self, item: str) -> str:
        """Return a level's title; its id where there is no such level."""
        info = self._library.find(item)
        return info.title(self._kit.strings.language) if info is not None else item

    def reason(self, reason: "Reason") -> str:
        """Return a reason as a sentence, titles in quotation marks."""
        language = self._kit.strings.language
        key = (language, id(reason))
        kept = self._sentences.get(key)
        if kept is None or kept[0] is not reason:
            if len(self._sentences) >= CACHE:
                self._sentences.clear()
            kept = self._sentences[key] = (reason, self._sentence(reason, language))
        return kept[1]

    def _sentence(self, reason: "Reason", language: str) -> str:
        from recommender.reasons import text

        values = reason.values
        named = {*values.get("items", ()), *([values["item"]] if "item" in values else ())}
        tags = {str(values["tag"]): self.tag(str(values["tag"]))} if "tag" in values else {}
        said = text(reason, language, {item: self.title(item) for item in named}, tags=tags)
        # Straight marks: the bundled font draws curly ones as wide as a Chinese character
        said = re.sub(r"\*(.+?)\*", '"\\1"', said)
        return said[:1].upper() + said[1:]

    def tag(self, tag: str) -> str:
        """Return what a tag such as "objective:defend" is called."""
        strings = self._kit.strings
        kind, _, name = tag.partition(":")
        if strings.has(f"number.{kind}") and strings.has(f"amount.share.{name}"):
            amount = f"amount.{AMOUNTS.get(kind, 'share')}.{name}"
            return strings(amount, name=strings(f"number.{kind}"))
        for key in (f"tag.{kind}.{name}", f"objective.{name}", f"brain.{name}"):
            if strings.has(key):
                return strings(key)
        return name or tag

    def models(self, names: Collection[str]) -> str:
        """Return the names of models as a list, in the usual order."""
        strings = self._kit.strings
        keys = {name: f"model.{name}" for name in sorted(names)}
        return strings.pick(", ", "、").join(
            strings(key) if strings.has(key) else name for name, key in keys.items()
        )
