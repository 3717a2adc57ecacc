"""Every text of the window, in English and Chinese: `texts/en.toml` and `texts/zh.toml`, one key per line."""

import locale
import os
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Final

from safefiles.messages import CHINESE, in_chinese, in_language

LANGUAGES: Final = ("en", "zh")
FALLBACK: Final = "en"


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> dict[str, str]:
    """Return all texts of a language by their dotted key. Raises ValueError for an unknown language."""
    if language not in LANGUAGES:
        raise ValueError(f"language: expected one of {', '.join(LANGUAGES)}, found {language!r}")
    document = tomllib.loads(
        files("game.app").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    )
    return dict(_flatten(document, ""))


def _flatten(table: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flatten(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, str(value)))
    return rows


def system_language() -> str:
    """Return the language of the player's system if the game has it."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else FALLBACK
    name = locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else FALLBACK


class Strings:
    """Looks texts up in the chosen language: `strings("menu.play")`, `strings("toast.saved", name="x")`."""

    def __init__(self, language: str = "auto") -> None:
        """Take "en", "zh" or "auto" (the system's)."""
        self.language = system_language() if language == "auto" else language
        self._texts = catalogue(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key` with `{name}` fields filled in; the key itself if there is no such text."""
        text = self._texts.get(key) or catalogue(FALLBACK).get(key, key)
        if not values:
            return text
        fields = {
            name: self.translate(value) if isinstance(value, str) else value for name, value in values.items()
        }
        return in_chinese(text, fields, blanks=False) if self.language == CHINESE else text.format(**fields)

    def translate(self, text: str) -> str:
        """Return a message of another package in the player's language; any other text unchanged."""
        return in_language(text, self.language)

    def has(self, key: str) -> bool:
        """Return whether there is a text with that key."""
        return key in self._texts

    def pick(self, english: str, chinese: str) -> str:
        """Return the one of two texts (for example a level's titles) in the current language; the other if it is empty."""
        return (chinese or english) if self.language == "zh" else (english or chinese)
