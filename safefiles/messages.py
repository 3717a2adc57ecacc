"""What a program tells people, in each of its languages: a `Message` is an id with fields, and a package has one table of them.

    say = Catalogue("music", {"no_notes": ("{where}: expected notes, found none", "{where}：没有音符")}).say
    raise MidiRefused(say("no_notes", where="a.mid"))       # str(error) is the English text
    message_of(error).text("zh")                            # what a Chinese screen shows

A message *is* its English text, so that it may stand wherever a text may: in an error, a list, a log, a dataclass. Only
what is put together from it by other means (an f-string) is English for ever: nest it as a field of another message.
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
    """A text in English that knows its id and its fields, and so how other languages say it."""

    __slots__ = ("fields", "key")
    key: str  # CATALOGUE.ID
    fields: Mapping[str, Any]

    def text(self, language: str = ENGLISH) -> str:
        """Return it in a language of LANGUAGES; English in any other, and where its table was never imported."""
        prefix, _, key = self.key.partition(".")
        catalogue = CATALOGUES.get(prefix)
        if language != CHINESE or catalogue is None:
            return str(self)
        return in_chinese(catalogue.table[key][1], self.fields)

    def cut(self, most: int) -> "Message":
        """Return it with an English text of one line and at most `most` characters."""
        return _made(clean(" ".join(self.split()), most), self.key, self.fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (str(self), self.key, dict(self.fields))


def _made(english: str, key: str, fields: Mapping[str, Any]) -> Message:
    message = Message(english)
    message.key, message.fields = key, fields
    return message


class NotPlain(ValueError):
    """Data that `plain` never made; it is of no interest to anybody how."""


def plain(text: str) -> str | list[Any]:
    """Return a text as JSON can hold it: a message as its English text, its id and its fields."""
    if not isinstance(text, Message):
        return text
    fields = {name: plain(value) if isinstance(value, str) else value for name, value in text.fields.items()}
    return [str(text), text.key, fields]


def from_plain(data: Any) -> str:
    """Return the text that `plain` was given. Raises NotPlain for what it never returns, and for an unknown id or field."""
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
    """Return the fields that a message's texts name."""
    texts = CATALOGUES[prefix].table[key]
    return frozenset(name for text in texts for _, name, _, _ in _FORMAT.parse(text) if name)


class Catalogue:
    """The messages of one package by id, each in both languages with the same fields.

    A field `told` holds words of a library or the system: Chinese leaves it out, and says what other fields know.
    """

    def __init__(self, prefix: str, table: Mapping[str, Templates], base: "Catalogue | None" = None) -> None:
        """`base` has the phrases that other packages use too."""
        self.prefix = prefix
        self.table = table
        self._base = base
        CATALOGUES[prefix] = self

    def say(self, key: str, /, **fields: object) -> Message:
        """Return the message of an id. Raises KeyError for an id or a field that is not there."""
        if key not in self.table and self._base is not None:
            return self._base.say(key, **fields)
        return _made(self.table[key][0].format_map(fields), f"{self.prefix}.{key}", fields)


CATALOGUES: Final[dict[str, Catalogue]] = {}  # by prefix, as their packages are imported


def in_language(text: str, language: str) -> str:
    """Return a text in a language, where it is a message; any other as it is."""
    return text.text(language) if isinstance(text, Message) else text


def in_chinese(template: str, fields: Mapping[str, Any], *, blanks: bool = True) -> str:
    """Return a Chinese template with its fields: no blank between two Han, one between Han and other characters.

    Without `blanks` only those stand there that the template has.
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
    """Whether a character has a square of its own: Han, and the marks that go with it."""
    return _han(sign) or "\u3000" <= sign <= "\u303f" or "\uff00" <= sign <= "\uffef" or sign in "“”‘’…—"


def _needs_blank(sign: str, close: str) -> bool:
    return not _wide(sign) and sign not in close
