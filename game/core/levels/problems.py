"""Problems of level files: codes and their arguments, so that a screen can show them in any language.

A `Problem` keeps its code, its place and its arguments; `message` is its English text, `line` its full line in a language
of `safefiles.messages`. An argument or a place that must be translated is a `Message`. A `Location` also has the
parts of a place (layer, object, cell, line), for programs.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from game.core import rules
from game.core.levels.messages_en import MESSAGES
from game.core.levels.messages_zh import MESSAGES_ZH
from game.core.levels.remedies import REMEDIES
from safefiles.messages import CHINESE, ENGLISH, Catalogue, Message, in_language
from safefiles.text import clean

say: Final = Catalogue("levels", {key: (text, MESSAGES_ZH[key]) for key, text in MESSAGES.items()}).say
ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"
_SEVERITY: Final = {"E": ERROR, "W": WARNING, "N": NOTE}
_ENDINGS: Final = (
    "hint",
    "more",
    "of_layer",
    "moved",
    "hidden",
)  # arguments that are added to the end of a message if they are not empty

_EXPECTED: Final = re.compile(r"expected (.+?), found ")  # the form of most messages
MAX_PROBLEMS: Final = 64  # per file; further ones are only counted
_QUOTED: Final = 40  # characters of an untrusted text that a message shows
_SURE: Final = 0.75  # similarity from which a word counts as a misspelt form of another
_MOST_GUESSES: Final = 256  # words per file that are compared with the known ones


Value = str | int | Message


class Location(NamedTuple):
    """A place: its name in messages, and its parts for programs."""

    text: str | Message = ""  # layer and cell, object or property; empty: the file as a whole
    layer: str = ""
    object: int | None = None  # its id
    name: str = ""  # name of the object
    x: int | None = None  # the cell in Tiled's coordinates: an infinite map has negative ones
    y: int | None = None
    line: int = 0  # line of `path`, from 1; 0: not known
    path: str = ""  # the file, if it is not the level file: a tileset or template

    def inside(self, key: str, line: int = 0) -> "Location":
        """Return the place of a key's value in the object at this place."""
        if isinstance(self.text, Message):
            text: str | Message = say("inside", place=self.text, key=key)
        else:
            text = f"{self.text}.{key}" if self.text else key
        return self._replace(text=text, line=line or self.line)

    def on(self, x: int, y: int) -> "Location":
        """Return this place with a cell."""
        return self._replace(text=say("on_tile", place=self.text, x=x, y=y), x=x, y=y)

    def within(self, name: str, path: str) -> "Location":
        """Return this place in another file that the level uses."""
        return self._replace(text=f"{name} › {self.text}" if self.text else name, path=path)

    def __str__(self) -> str:
        return str(self.text)


Place = str | Message | Location
NOWHERE: Final = Location()


def as_location(place: Place) -> Location:
    """Return a place as a Location; a place that is only text has no parts."""
    return place if isinstance(place, Location) else Location(place)


@dataclass(frozen=True)
class Problem:
    """One problem at one place of a file."""

    code: str  # key of MESSAGES
    file: str  # file name
    place: Place
    args: tuple[tuple[str, Value], ...] = ()
    path: str = ""  # path of the level file, as given; empty: bytes without a file

    @property
    def severity(self) -> str:
        """ERROR, WARNING or NOTE, by the letter of the code."""
        return _SEVERITY[self.code[0]]

    @property
    def at(self) -> Location:
        """The place with its parts."""
        return as_location(self.place)

    @property
    def where(self) -> str:
        """The place in English."""
        return str(self.place)

    @property
    def wording(self) -> Message:
        """The message in all languages: what was expected and what was found."""
        filled: dict[str, Value] = dict(self.args)
        for ending in _ENDINGS:
            if ending in filled:
                filled[ending] = say(ending, **{ending: filled[ending]}) if filled[ending] else ""
        return say(self.code, **filled)

    @property
    def message(self) -> str:
        """The message in English."""
        return str(self.wording)

    def line(self, language: str = ENGLISH, *, path: bool = False) -> str:
        """Return code, file, place and message on one line, in a language of `safefiles.messages.LANGUAGES`.

        With `path` the file is named by its path and, if known, the line, so that editors find it, and the advice
        follows.
        """
        return self.as_message(path=path).text(language)

    def as_message(self, *, path: bool = False) -> Message:
        """Return what `line` says, for a refusal in a language that is not known yet."""
        where, file = self.at.text, self.file
        if path and self.path:
            file = f"{self.path}:{self.at.line}" if self.at.line and not self.at.path else self.path
        place = say("in_file", file=file, place=where) if where else file
        todo = self.advice if path else None
        if todo is None:
            return say("problem", code=self.code, place=place, said=self.wording)
        return say("problem_todo", code=self.code, place=place, said=self.wording, todo=todo)

    @property
    def advice(self) -> Message | None:
        """The advice for this problem, None if its message already contains it."""
        filled = dict(self.args)
        if filled.get("hidden"):
            return say("do_show_layer")
        if self.code == "E014" and self.where in ("width", "height"):
            return say("do_resize")
        return None if filled.get("hint") or filled.get("moved") else advice(self.code)

    def facts(self) -> dict[str, Any]:
        """Return all data of the problem for a program; unknown values are None."""
        at, expected, todo = self.at, _EXPECTED.match(self.message), self.advice
        args = {name: str(value) if isinstance(value, str) else value for name, value in self.args}
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "path": at.path or self.path or None,
            "line": at.line or None,
            "where": self.where,
            "layer": at.layer or None,
            "object": at.object,
            "object_name": at.name or None,
            "x": at.x,
            "y": at.y,
            "expected": args.get("expected") or (expected[1] if expected else None),
            "found": args.get("found"),
            "hint": args.get("hint") or (str(todo) if todo is not None else None),
            "message": self.message,
            "message_zh": self.wording.text(CHINESE),
            "hint_zh": args.get("hint") or (todo.text(CHINESE) if todo is not None else None),
            "where_zh": in_language(at.text, CHINESE),
        }

    def __str__(self) -> str:
        return self.line()


class LevelError(ValueError):
    """A level that cannot be used. `problems` holds all its problems, warnings included.

    `brains` are the brain names in its starts, with their places, as far as they could be read.
    """

    def __init__(self, problems: Sequence[Problem], brains: Sequence[tuple[str, Place]] = ()) -> None:
        self.problems = tuple(problems)
        self.brains = tuple(brains)
        super().__init__("\n".join(str(problem) for problem in self.problems if problem.severity == ERROR))

    def __reduce__(
        self,
    ) -> tuple[type["LevelError"], tuple[tuple[Problem, ...], tuple[tuple[str, Place], ...]]]:
        return type(self), (self.problems, self.brains)


class Findings:
    """Collects the problems of one file, the first `MAX_PROBLEMS` of each severity, and counts the rest."""

    def __init__(self, file: str, path: str = "") -> None:
        self.file = file
        self.path = path  # as given
        self.keys: Callable[[dict[str, Any], str], int] | None = None  # the line of an object's key
        self.brains: list[
            tuple[str, Place]
        ] = []  # brain names in starts; the level reader cannot check whether they exist
        self._found: list[Problem] = []
        self._counts = {ERROR: 0, WARNING: 0, NOTE: 0}
        self._guesses = 0

    def add(
        self, code: str, place: Place | Callable[[], Place] = NOWHERE, /, **args: Value | Callable[[], Value]
    ) -> None:
        """Add a problem; texts from the file must have been passed through `quoted`.

        A place or an argument that is expensive to compute (a hint) may be a function: it is not called for problems that
        are only counted.
        """
        severity = _SEVERITY[code[0]]
        self._counts[severity] += 1
        if self._counts[severity] <= MAX_PROBLEMS:
            made = tuple((name, value() if callable(value) else value) for name, value in args.items())
            where = place() if callable(place) else place
            self._found.append(Problem(code, self.file, where, made, self.path))

    def likely_word(self, found: str, known: Iterable[str]) -> str:
        """Return `likely_word(found, known)`, empty once so many words were compared that more would take too long."""
        self._guesses += 1
        return likely_word(found, known) if self._guesses <= _MOST_GUESSES else ""

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add problems found elsewhere."""
        for problem in problems:
            if problem in self._found:  # from a file that is used twice
                continue
            self._counts[problem.severity] += 1
            if self._counts[problem.severity] <= MAX_PROBLEMS:
                self._found.append(problem)

    @property
    def errors(self) -> int:
        """Number of errors."""
        return self._counts[ERROR]

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems, errors first, with a last line if some were only counted."""
        order = (ERROR, WARNING, NOTE)
        found = sorted(self._found, key=lambda problem: order.index(problem.severity))
        if self._counts[ERROR] > MAX_PROBLEMS:
            more = self._counts[ERROR] - MAX_PROBLEMS
            found.insert(MAX_PROBLEMS, Problem("E099", self.file, "", (("found", more),), self.path))
        return tuple(found)

    def raise_if_broken(self) -> None:
        """Raise LevelError if there is any error."""
        if self.errors:
            raise LevelError(self.problems(), self.brains)


def tile_words(tile: int) -> Message:
    """Return the name of a tile in messages: in English its class."""
    return say(f"tile_{rules.TILES[tile].name}")


def advice(code: str) -> Message | None:
    """Return the advice for a code; None if its message contains it, or there is none."""
    return say(REMEDIES[code]) if code in REMEDIES else None


def quoted(value: object) -> str | Message:
    """Return an untrusted value in a form for messages: short, on one line, without control characters."""
    if isinstance(value, str):
        text = repr(value[: _QUOTED + 1])
        return text if len(value) <= _QUOTED else repr(value[:_QUOTED]) + "…"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else say("long_number")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return say("object_value")
    return say("list") if isinstance(value, list) else type(value).__name__


def label(text: str, most: int = _QUOTED) -> str:
    """Return an untrusted name of a file, layer, object or property as part of a place: short and printable."""
    return clean(text, most)


def closest_word(found: str, known: Iterable[str]) -> str:
    """Return the known word that is closest to `found`, ignoring case; empty if none is close."""
    words = {word.lower(): word for word in known}
    close = get_close_matches(found.lower(), list(words), n=1, cutoff=0.5) if len(found) <= _QUOTED else []
    return words[close[0]] if close else ""


def suggestion(found: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown word: the closest known one, if one is close."""
    close = closest_word(found, known)
    return say("hint", hint=close) if close else ""


def likely_word(found: str, known: Iterable[str]) -> str:
    """Return the known word of which `found` is probably a misspelt form, ignoring case; empty if there is none."""
    words = {word.lower(): word for word in known}
    close = get_close_matches(found.lower(), list(words), n=1, cutoff=_SURE) if len(found) <= _QUOTED else []
    return words[close[0]] if close else ""
