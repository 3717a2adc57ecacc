"""All that can be wrong with a level file: one table of codes, so that a screen can say it in any language.

A `Problem` keeps its code and arguments; `message` fills the English template. E: the level cannot be played,
W: it can, but surely was meant otherwise, N: something Tiled wrote that the game does not use.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"
_SEVERITY: Final = {"E": ERROR, "W": WARNING, "N": NOTE}

MAX_PROBLEMS: Final = 64  # of one file; what exceeds it is counted
_QUOTED: Final = 40  # characters of a stranger's text that a message repeats

MESSAGES: Final = {
    # the file
    "E001": "expected a level file, found {found}",
    "E002": "expected at most {limit} bytes, found {found}",
    "E003": "expected UTF-8 text, found {found}",
    "E004": "expected Tiled's JSON, found {found}: in Tiled choose File > Export As > JSON map files (*.tmj)",
    "E005": "expected JSON, found {found} (line {line}, column {column})",
    "E006": "expected at most {limit} nested brackets, found more",
    "E007": "expected at most {limit} {what}, found {found}",
    "E008": "expected a finite number, found {found}",
    "E009": "the key {key} appears twice in one object",
    "E010": "expected {expected}, found {found}",
    # the map
    "E011": "expected {expected}, found nothing",
    "E012": "expected an orthogonal map, found {found}: in Tiled choose New Map > Orthogonal",
    "E013": "expected a fixed size, found an infinite map: in Tiled untick Map > Map Properties > Infinite",
    "E014": "expected {low} to {high}{unit}, found {found}",
    "E015": "expected one of {expected}, found {found}{hint}",
    "E016": "expected at most {limit} {what}, found {found}",
    # tile layers
    "E017": "tile {found} is in no tileset{hint}{more}",
    "E018": "expected {expected} tiles ({width} × {height}), found {found}",
    "E019": "expected a layer as large as the map, {expected}, found {found}",
    "E020": "expected base64 text, found {found}",
    "E021": "expected {compression} data of {expected} bytes, found {found}",
    "E022": "zstd is not read: in Tiled set Map > Map Properties > Tile Layer Format to CSV or Base64 (zlib)",
    "E023": "expected a tile of a known class, found {found}{hint}{more}",
    "E024": "expected at least one tile layer, found none",
    "E025": "expected a whole number from 0 to 4294967295 as tile, found {found}{more}",
    # tilesets
    "E026": "expected a tileset inside the level's folder, found {found}",
    "E027": "expected a tileset file, found {found}",
    "E028": "tiles {low} to {high} belong to two tilesets",
    "E029": "expected a tileset in Tiled's JSON, found {found}: in Tiled open it and Export As *.tsj",
    # objects
    "E030": "objects of a template are not read: in Tiled right-click the object > Detach",
    "E031": "expected the object inside the map, found it at ({x}, {y})",
    "E032": "expected a point, a rectangle or a tile as {what}, found {found}",
    "E033": "the object's tile {found} is in no tileset{hint}",
    "E034": "the id {found} is given to two objects",
    # the game
    "E040": "expected floor under a {what}, found {found}",
    "E041": "two starts share this tile",
    "E042": "team {team} has no start",
    "E043": "expected two portals {pair}, found {found}",
    "E044": "expected one core to defend, found {found}",
    "E045": "team {team} has no home tile to bring the cells to",
    "E046": "expected energy cells to collect, found none",
    "E047": "no way leads from here to {what}",
    "E048": "team {team} has no part in {objective}: expected teams {expected}",
    "E049": "two {what} share this tile",
    "E099": "more problems: {found}",
    # warnings
    "W101": "layer is hidden and was left out",
    "W102": "expected {expected}, found {found}: {used} is used",
    "W103": "open tiles that can never be reached: {count}, the first one here",
    "W104": "{what} does nothing in {objective}",
    "W105": "teams 0 and 1 have {own} and {enemy} starts",
    "W106": "nobody can reach this {what}",
    "W107": "starts of enemies are only {found} tiles apart",
    "W108": "the class {found} is not known{hint}; the object was left out",
    "W109": "the image {found} lies outside the level's folder: others will not see it in Tiled",
    "W110": "no seat is meant for a player: the first of team 0 is",
    "W111": "made for format {found} of Bankshot's levels, this game reads {expected}",
    # notes
    "N201": "{what} is not used by the game",
    "N202": "property {found} is not known{hint}",
    "N203": "the tileset was not found beside the level; the game's own is used",
    "N204": "object without a class was left out",
    # what a message may end with, where its arguments `hint` and `more` are not empty
    "hint": "; did you mean {hint}?",
    "more": " (more such cells: {more})",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one place of a file."""

    code: str  # key of MESSAGES
    file: str  # file name
    where: str  # layer and cell, object or property; empty: the file as a whole
    args: tuple[tuple[str, str | int], ...] = ()

    @property
    def severity(self) -> str:
        """ERROR, WARNING or NOTE, as the code's letter says."""
        return _SEVERITY[self.code[0]]

    @property
    def message(self) -> str:
        """What was expected and what was found, in English."""
        return self.text(MESSAGES)

    def text(self, messages: Mapping[str, str]) -> str:
        """Return the message by a table of templates such as `MESSAGES`, which may be in another language."""
        filled: dict[str, str | int] = dict(self.args)
        for ending in ("hint", "more"):
            if ending in filled:
                filled[ending] = messages[ending].format_map(filled) if filled[ending] else ""
        return messages[self.code].format_map(filled)

    def __str__(self) -> str:
        place = f"{self.file} › {self.where}" if self.where else self.file
        return f"{self.code} {place}: {self.message}"


class LevelError(ValueError):
    """A level that cannot be used. `problems` holds all that is wrong with it, warnings included."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems if problem.severity == ERROR))

    def __reduce__(self) -> tuple[type["LevelError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class Findings:
    """Collects the problems of one file, the first `MAX_PROBLEMS` of each severity, and counts the rest."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Problem] = []
        self._counts = {ERROR: 0, WARNING: 0, NOTE: 0}

    def add(self, code: str, where: str = "", /, **args: str | int | Callable[[], str]) -> None:
        """Note a problem; texts that came from the file must have gone through `quoted`.

        An argument that is dear to make (a hint) may be a function: not called for what is only counted.
        """
        severity = _SEVERITY[code[0]]
        self._counts[severity] += 1
        if self._counts[severity] <= MAX_PROBLEMS:
            made = tuple((name, value() if callable(value) else value) for name, value in args.items())
            self._found.append(Problem(code, self.file, where, made))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take over problems found elsewhere."""
        for problem in problems:
            self._counts[problem.severity] += 1
            if self._counts[problem.severity] <= MAX_PROBLEMS:
                self._found.append(problem)

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return self._counts[ERROR]

    def problems(self) -> tuple[Problem, ...]:
        """Return what was found, errors first, with a closing line where some were only counted."""
        order = (ERROR, WARNING, NOTE)
        found = sorted(self._found, key=lambda problem: order.index(problem.severity))
        if self._counts[ERROR] > MAX_PROBLEMS:
            more = self._counts[ERROR] - MAX_PROBLEMS
            found.insert(MAX_PROBLEMS, Problem("E099", self.file, "", (("found", more),)))
        return tuple(found)

    def raise_if_broken(self) -> None:
        """Raise LevelError when there is any error."""
        if self.errors:
            raise LevelError(self.problems())


def quoted(value: object) -> str:
    """Return a stranger's value as a message may show it: short, on one line, no control characters."""
    if isinstance(value, str):
        text = repr(value[: _QUOTED + 1])
        return text if len(value) <= _QUOTED else repr(value[:_QUOTED]) + "…"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a number of more than 18 digits"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else type(value).__name__


def label(text: str) -> str:
    """Return a stranger's name for a layer, object or property as part of a place: short and printable."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_QUOTED])


def hint(found: str, known: Iterable[str]) -> str:
    """Return the known word that is closest to `found`, empty when none is close."""
    close = get_close_matches(found, list(known), n=1, cutoff=0.5) if len(found) <= _QUOTED else []
    return close[0] if close else ""
