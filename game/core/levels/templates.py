"""Objects made from a template (`.tx`, `.tj`): the values of the template, overridden by those of the object."""

from typing import Any, Final

from game.core.levels.beside import LevelFolder, named_within
from game.core.levels.node import Located, Node, line_of
from game.core.levels.problems import Findings, Location, quoted, say
from game.core.levels.tilesets import TileTable, read_tilesets

MAX_TEMPLATES: Final = 64  # per level
_SHAPES: Final = ("ellipse", "point", "polygon", "polyline", "text", "capsule")


class Templates:
    """The templates of a level, each read when an object first names it; its problems are reported once."""

    def __init__(self, level_folder: LevelFolder, findings: Findings) -> None:
        self._level_folder = level_folder
        self._findings = findings
        self._known: dict[str, tuple[Node, TileTable | None] | None] = {}

    def apply(self, node: Node) -> tuple[Node, TileTable | None] | None:
        """Return an object with the values of its template, and the tiles to which its gid refers.

        The tiles are None if they are the map's: for an object without template, or with its own tile.
        Returns None if the template cannot be read.
        """
        if "template" not in node.data:
            return node, None
        source = node.text("template")
        if source is None:
            return None
        if source not in self._known:
            if len(self._known) >= MAX_TEMPLATES:
                self._findings.add(
                    "E016", node.where, limit=MAX_TEMPLATES, what=say("templates"), found=say("more_found")
                )
                self._known[source] = None
            else:
                self._known[source] = self._read(source, node)
        template = self._known[source]
        if template is None:
            return None
        base, tiles = template
        return Node(
            _merge(base.data, node.data), node.where, node.findings
        ), None if "gid" in node.data else tiles

    def _read(self, source: str, node: Node) -> tuple[Node, TileTable | None] | None:
        """Return the object of a template and the tiles of its tileset; None after adding problems."""
        where = node.place("template")
        path = self._level_folder.resolve(source)
        if path is None:
            self._findings.add("E026", where, what=say("a_template"), found=quoted(source))
            return None
        outer = Findings(self._findings.file, self._findings.path)
        value = self._level_folder.document(path, "template", outer)
        for problem in outer.problems():
            self._findings.add(problem.code, problem.at if problem.where else where, **dict(problem.args))
        if value is None:
            return None
        inner = Findings(self._findings.file, self._findings.path)
        base = self._object(Node(value, Location(line=line_of(value)), inner))
        tiles: TileTable | None = None
        if isinstance(value.get("tileset"), dict):
            entry = Node(value["tileset"], Location("tileset", line=line_of(value["tileset"])), inner)
            tiles = read_tilesets([entry], self._level_folder, inner, path.parent)
            tiles.report_broken(inner, all_used=True)
        named_within(self._findings, inner, path)
        return None if base is None or inner.errors else (base, tiles)

    @staticmethod
    def _object(node: Node) -> Node | None:
        found = node.data.get("object")
        if isinstance(found, dict):
            return Node(found, Location("object", line=line_of(found)), node.findings)
        node.findings.add("E011", "object", expected=say("object_value"))
        return None


def _merge(base: dict[str, Any], own: dict[str, Any]) -> Located:
    """Return the values of a template, overridden by the object's own; properties are merged one by one."""
    found = Located.at(line_of(own))
    found |= base
    if any(shape in own for shape in _SHAPES):
        for shape in _SHAPES:
            found.pop(shape, None)
    found |= {key: value for key, value in own.items() if key != "template"}
    if "class" in own or "type" in own:  # the name of this key differs between versions of Tiled
        for key in {"class", "type"} - own.keys():
            found.pop(key, None)
    found["properties"] = _merge_properties(base.get("properties", []), own.get("properties", []))
    return found


def _merge_properties(base: Any, own: Any) -> Any:
    """Return a list of properties, in which the object's replace the template's of the same name."""
    if isinstance(base, dict) or isinstance(own, dict):
        pairs = {**(base if isinstance(base, dict) else {}), **(own if isinstance(own, dict) else {})}
        return pairs or own
    if not isinstance(base, list) or not isinstance(own, list):
        return own if own else base
    names = [entry.get("name") for entry in own if isinstance(entry, dict)]
    kept = [entry for entry in base if not (isinstance(entry, dict) and entry.get("name") in names)]
    return [*kept, *own]
