"""Objects of a file that are left out of the level: hidden ones and those of a misspelt class. Repair must not add them again."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from game.core.levels.node import Node
from game.core.levels.problems import NOWHERE, Findings, Problem, closest_word
from game.core.levels.schema import CELL, OBJECT_CLASSES, PORTAL, SPAWN, TILE_CLASSES
from game.core.levels.tile_data import MAX_CELLS, read_blocks
from game.core.levels.tilesets import GID_MASK, TileTable

CORE: Final = "core"
HOME: Final = "home"
_ANY: Final = frozenset({SPAWN, CELL, CORE, HOME, PORTAL})
_NEEDS: Final = {  # codes of what may not really be missing, by the class of the object left out
    SPAWN: ("E042", "W105"),
    CELL: ("E046",),
    CORE: ("E044",),
    HOME: ("E045",),
    PORTAL: ("E043",),
}
_PROPERTIES: Final = {  # … and by the intended property
    "team": ("E042", "W105"),
    "objective": ("E042", "W105"),
    "pair": ("E043",),
}


def classes_in_layer(layer: dict[str, Any], tiles: TileTable) -> str:
    """Return the classes needed by an objective that a hidden layer of a map may hold, separated by commas."""
    return ",".join(sorted(_in_layer(layer, tiles)))


def classes_in_object(own_class: str, gid: int, tiles: TileTable) -> str:
    """Return the same for a hidden object."""
    return ",".join(_known(own_class or tiles.class_of(gid & GID_MASK)))


def doubtful_errors(problems: Iterable[Problem]) -> dict[str, tuple[Problem, ...]]:
    """Return the codes of errors that may be wrong because something was left out, each with the warnings about it."""
    found: dict[str, tuple[Problem, ...]] = {}
    for problem in problems:
        args = dict(problem.args)
        intended = str(args.get("hint") or "")
        codes: tuple[str, ...] = ()
        if problem.code == "W101":
            codes = tuple(code for each in str(args["holds"]).split(",") for code in _NEEDS.get(each, ()))
        elif problem.code == "W108":
            codes = _NEEDS.get(intended, ())
        elif problem.code == "W114":
            codes = _PROPERTIES.get(intended, ())
        elif problem.code == "W118":  # tiles that an offset moves outside the map
            codes = ("E043", "E044", "E045")
        for code in codes:
            found[code] = (*found.get(code, ()), problem)
    return found


def explanations(problems: Sequence[Problem], errors: Iterable[Problem]) -> list[Problem]:
    """Return the warnings of a file that explain why something is missing, for errors of that file."""
    doubted = doubtful_errors(problems)
    return list(dict.fromkeys(why for error in errors for why in doubted.get(error.code, ())))


def _in_layer(layer: dict[str, Any], tiles: TileTable) -> frozenset[str]:
    kind = layer.get("type")
    if kind == "group":
        inside = [each for each in _listed(layer, "layers") if isinstance(each, dict)]
        return frozenset().union(*(_in_layer(each, tiles) for each in inside))
    if kind == "objectgroup":
        inside = [each for each in _listed(layer, "objects") if isinstance(each, dict)]
        return frozenset().union(*(_in_object(each, tiles) for each in inside))
    return _in_tiles(layer, tiles) if kind == "tilelayer" else frozenset()


def _in_object(thing: dict[str, Any], tiles: TileTable) -> frozenset[str]:
    own, gid = thing.get("class") or thing.get("type"), thing.get("gid", 0)
    if isinstance(own, str) and own:
        return _known(own)
    if "template" in thing:
        return _ANY
    return _known(tiles.class_of(gid & GID_MASK)) if type(gid) is int else frozenset()


def _in_tiles(layer: dict[str, Any], tiles: TileTable) -> frozenset[str]:
    width, height = layer.get("width", 0), layer.get("height", 0)
    if type(width) is not int or type(height) is not int or not 0 <= width * height <= MAX_CELLS:
        return _ANY
    blocks = read_blocks(Node(layer, NOWHERE, Findings("")), width, height)
    if blocks is None:
        return _ANY
    gids = {gid & GID_MASK for block in blocks for gid in block.gids if gid}
    return frozenset().union(*(_known(tiles.class_of(gid)) for gid in gids))


def _known(found: str) -> frozenset[str]:
    """Return the intended class if an objective needs it."""
    if found.startswith("home_"):
        return frozenset({HOME})
    if found not in (*OBJECT_CLASSES, *TILE_CLASSES):
        found = closest_word(found, OBJECT_CLASSES) if found else ""
    return frozenset({found} & _ANY)


def _listed(group: dict[str, Any], key: str) -> list[Any]:
    found = group.get(key)
    return found if isinstance(found, list) else []
