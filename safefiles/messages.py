"""Messages in several languages: a `Message` is an id with fields, and each package has one table of messages.

    say = Catalogue("music", {"no_notes": ("{where}: expected notes, found none", "{where}：没有音符")}).say
    raise MidiRefused(say("no_notes", where="a.mid"))       # str(error) is the English text
    message_of(error).text("zh")                            # what a Chinese screen shows

A message *is* its English text (a `str`), so that it works anywhere a text does: in an error, a list, a log, a dataclass. Text
that is composed from it by other means (an f-string) stays English: nest it as a field of another message instead.
"""

import string
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from safefiles.text import clean

ENGLISH: Final = "en"
CHINESE: Final = "zh"
LANGUAGES: Final = (ENGLISH, CHINESE)
Templates = tuple[str, str]  # English, Chinese
_FORMAT: Final = string.Formatter()


class Message(str):
    """An English text with its id and fields, from which it can be given in other languages."""

    __slots__ = ("fields", "key")
    key: str  # CATALOGUE.ID
    fields: Mapping[str, Any]

    def text(self, language: str = ENGLISH) -> str:
        """Return the text in a language of LANGUAGES; English for any other, and if its table was never imported."""
        prefix, _, key = self.key.partition(".")
        catalogue = CATALOGUES.get(prefix)
        if language != CHINESE or catalogue is None:
            return str(self)
        return in_chinese(catalogue.table[key][1], self.fields)

    def cut(self, most: int) -> "Message":
        """Return the message with its English text cut to one line and at most `most` characters."""
        return _made(clean(" ".join(self.split()), most), self.key, self.fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (str(self), self.key, dict(self.fields))


def _made(english: str, key: str, fields: Mapping[str, Any]) -> Message:
    message = Message(english)
    message.key, message.fields = key, fields
    return message


class NotPlain(ValueError):
    """Data that was not made by `plain`."""


def plain(text: str) -> str | list[Any]:
    """Return a text as JSON-able data: a message as its English text, id and fields."""
    if not isinstance(text, Message):
        return text
    fields = {name: plain(value) if isinstance(value, str) else value for name, value in text.fields.items()}
    return [str(text), text.key, fields]


def from_plain(data: Any) -> str:
    """Return the text from data made by `plain`. Raises NotPlain for other data, and for an unknown id or field."""
    if isinstance(data, str):
        return data
    if not isinstance(data, list) or len(data) != 3:
        raise NotPlain
    english, key, fields = data
    if not isinstance(english, str) or not isinstance(key, str) or not isinstance(fields, dict):
        raise NotPlain
    prefix, _, name = key.partition(".")
    catalogue = CATALOGUES.get(prefix)
    if catalogue is None or name not in catalogue.table or not _fields_of(prefix, name) <= fields.keys():
        raise NotPlain
    return _made(english, key, {each: _plain_field(value) for each, value in fields.items()})


def _plain_field(value: Any) -> Any:
    if isinstance(value, list):
        return from_plain(value)
    if not isinstance(value, str | int | float):
        raise NotPlain
    return value


@cache
def _fields_of(prefix: str, key: str) -> frozenset[str]:
    """Return the fields used in a message's texts."""
    texts = CATALOGUES[prefix].table[key]
    return frozenset(name for text in texts for _, name, _, _ in _FORMAT.parse(text) if name)


class Catalogue:
    """The messages of one package by id, each in both languages with the same fields.

    A field `told` holds the text of a library or the system: the Chinese text leaves it out and uses the other fields.
    """

    def __init__(self, prefix: str, table: Mapping[str, Templates], base: "Catalogue | None" = None) -> None:
        """`base` has the phrases that other packages also use."""
        self.prefix = prefix
        self.table = table
        self._base = base
        CATALOGUES[prefix] = self

    def say(self, key: str, /, **fields: object) -> Message:
        """Return the message of an id. Raises KeyError for an unknown id or a missing field."""
        if key not in self.table and self._base is not None:
            return self._base.say(key, **fields)
        return _made(self.table[key][0].format_map(fields), f"{self.prefix}.{key}", fields)


CATALOGUES: Final[dict[str, Catalogue]] = {}  # by prefix; filled when their packages are imported


def in_language(text: str, language: str) -> str:
    """Return a message's text in a language; any other text unchanged."""
    return text.text(language) if isinstance(text, Message) else text


def in_chinese(template: str, fields: Mapping[str, Any], *, blanks: bool = True) -> str:
    """Return a Chinese template with its fields: no blank between two Han, one between Han and other characters.

    Without `blanks` no blanks are added to those of the template.
    """
    text = ""
    for literal, name, spec, conversion in _FORMAT.parse(template):
        text = _joined(text, literal, blanks)
        if name is not None:
            value = fields[name]
            if isinstance(value, Message):
                value = value.text(CHINESE)
            value = _FORMAT.convert_field(value, conversion)
            text = _joined(text, _FORMAT.format_field(value, spec or ""), blanks)
    return text


def _joined(left: str, right: str, blanks: bool) -> str:
    before, after = left.rstrip(" "), right.lstrip(" ")
    if not before or not after or not (_wide(before[-1]) or _wide(after[0])):
        return left + right
    apart = (_han(before[-1]) and _needs_blank(after[0], ".,:;)]}%")) or (
        _han(after[0]) and _needs_blank(before[-1], "([{")
    )
    gap = left[len(before) :] + right[: len(right) - len(after)] or (" " if blanks else "")
    return f"{before}{gap if apart else ''}{after}"


def _han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff"


def _wide(sign: str) -> bool:
    """Whether a character is full-width: Han, and Chinese punctuation."""
    return _han(sign) or "\u3000" <= sign <= "\u303f" or "\uff00" <= sign <= "\uffef" or sign in "“”‘’…—"


def _needs_blank(sign: str, close: str) -> bool:
    return not _wide(sign) and sign not in close
