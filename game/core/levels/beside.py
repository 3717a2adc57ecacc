"""The files that a level uses (tilesets, templates): only from its own folder, with a common size limit, each read once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from game.core.levels.problems import Findings, Location, Problem, label, quoted, say
from game.core.levels.safe_json import MAX_BYTES, decode, parse_json, read_bounded
from safefiles.messages import Message
from safefiles.text import shown_path

MOST_BYTES: Final = 2 * MAX_BYTES  # of all files that a level uses, together
_KINDS: Final = {"tileset": ("a_tileset", "a_tileset_file"), "template": ("a_template", "a_template_file")}
_MARKER: Final = "<<<<<<< "  # at the beginning of a line; neither JSON nor XML can have this there
_MOST_PATH: Final = 160  # characters of a path that a message shows: its beginning and its end


@contextmanager
def _no_collection() -> Iterator[None]:
    """Turn off the garbage collector: many objects are made and none becomes garbage, and searching doubles the time."""
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


def parse_tiled_file(data: bytes, findings: Findings) -> dict[str, Any] | None:
    """Parse Tiled's JSON or XML, recognised by its bytes; return None after adding problems."""
    text = decode(data, findings)
    if text is None:
        return None
    if (merge := _merged_at(text)) is not None:
        findings.add("E004", Location(line=merge), line=merge)
        return None
    with _no_collection():
        if text.lstrip()[:1] == "<":
            from game.core.levels.xml_reader import (
                parse_xml,
            )  # importing the XML parser takes longer than importing the rest of this package

            return parse_xml(text, findings)
        value = parse_json(text, findings)
    if isinstance(value, dict):
        return value
    if not findings.errors:
        findings.add("E010", expected=say("object_value"), found=quoted(value))
    return None


def _merged_at(text: str) -> int | None:
    """Return the line of the first merge conflict marker, None if there is none."""
    at = 0 if text.startswith(_MARKER) else text.find(f"\n{_MARKER}") + 1
    return text.count("\n", 0, at) + 1 if at or text.startswith(_MARKER) else None


class LevelFolder:
    """The files in a level's folder and below. Without a folder (a level in a replay or pack) there are none."""

    def __init__(self, folder: Path | None) -> None:
        self._home: Path | None = None
        self._left = MOST_BYTES
        self._kept: dict[Path, dict[str, Any]] = {}
        if folder is not None:
            try:
                self._home = folder.resolve()
            except (OSError, RuntimeError, ValueError):
                self._home = None
        self.has_folder = folder is not None

    @property
    def home(self) -> Path | None:
        """The level's folder."""
        return self._home

    def resolve(self, source: str, base: Path | None = None) -> Path | None:
        """Return the file for a path in a file of the folder `base`, None if a level must not read it."""
        home = self._home
        start = base or home
        if home is None or start is None or not is_local(source, up=start != home):
            return None
        try:
            path = (start / source).resolve()
        except (OSError, RuntimeError, ValueError):
            return None
        return path if path.is_relative_to(home) else None

    def read(self, path: Path) -> bytes | Message:
        """Return a file's bytes, or a message that describes what was found instead of a file."""
        data = read_bounded(path)
        if isinstance(data, Message):
            return data
        self._left -= len(data)
        return data if self._left >= 0 else say("too_much_beside", limit=MOST_BYTES)

    def document(self, path: Path, kind: str, findings: Findings) -> dict[str, Any] | None:
        """Return the parsed file, `kind` "tileset" or "template"; None after adding a problem without a place."""
        if path in self._kept:
            return self._kept[path]
        data = self.read(path)
        if isinstance(data, Message):
            where = _ends_of(shown_path(path))
            findings.add("E027", what=say(_KINDS[kind][1]), found=data, path=where)
            return None
        inner = Findings(findings.file, findings.path)
        value = parse_tiled_file(data, inner)
        if value is not None and value.get("type", kind) != kind:
            inner.add("E010", expected=say(_KINDS[kind][0]), found=quoted(value["type"]))
            value = None
        named_within(findings, inner, path)
        if value is not None and not inner.errors:
            self._kept[path] = value
        return value


def named_within(findings: Findings, inner: Findings, path: Path) -> None:
    """Add the problems of another file, with its name in each place."""
    name = label(path.name)
    findings.extend(
        Problem(
            found.code,
            findings.file,
            found.at if found.at.path else found.at.within(name, shown_path(path)),
            found.args,
            findings.path,
        )
        for found in inner.problems()
    )


def is_local(source: str, *, up: bool = False) -> bool:
    """Return whether a path in a file is relative on every platform and, unless `up`, stays below its folder."""
    windows = PureWindowsPath(source)
    parts = PurePosixPath(source).parts
    climbs = not up and ".." in parts
    return not (windows.drive or windows.root or "\\" in source or "\0" in source or climbs)


def _ends_of(path: str) -> str:
    half = _MOST_PATH // 2
    return path if len(path) <= _MOST_PATH else f"{path[:half]}…{path[-half:]}"
