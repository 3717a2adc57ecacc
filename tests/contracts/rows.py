"""What a new row of each table still lacks: `python -m tests.contracts.rows TABLE`, one line a place.

CONTRIBUTING's recipes name the places; here each is looked at for every row of the table, so that a row that is known in
one place and not in another is refused by its name. `test_rows.py` adds a row to a copy of the sources and compares.
"""

import ast
import importlib
import json
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.contracts.tree import ROOT, parsed

Places = Mapping[str, Callable[[], object]]


def attribute(path: str) -> Any:
    """The value of `package.module:NAME`."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def compared(file: str, function: str) -> set[str]:
    """The names `rules.X`, or X, that a function compares with `==`, `!=` or `in`."""
    tree = parsed((ROOT / file).read_text(encoding="utf-8"))
    body = next(
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function
    )
    found = set()
    for node in ast.walk(body):
        if isinstance(node, ast.Compare):
            for part in node.comparators:
                found |= {
                    each.attr if isinstance(each, ast.Attribute) else each.id
                    for each in ast.walk(part)
                    if isinstance(each, ast.Attribute | ast.Name)
                }
    return found


def texts(language: str) -> dict[str, Any]:
    """The texts of the window."""
    return tomllib.loads((ROOT / "game" / "app" / "texts" / f"{language}.toml").read_text(encoding="utf-8"))


def in_texts(group: str, key: str) -> Places:
    """The text of a row in both languages."""
    return {
        f"game/app/texts/{language}.toml [{group}]": lambda language=language: key in texts(language)[group]
        for language in ("en", "zh")
    }


def lacking(row: str, places: Places) -> list[str]:
    """The places that do not know a row, or cannot even be loaded."""
    found = []
    for place, known in places.items():
        try:
            if not known():
                found.append(f"{row}: expected in {place}, found none")
        except Exception as error:  # a table that fails to load is such a place too
            found.append(f"{row}: expected in {place}, found {type(error).__name__}: {error}")
    return found


def numbers(label: str, rows: Mapping[str, int], known: Mapping[str, int]) -> list[str]:
    """Numbers that seed something stay with their rows, and no two rows share one."""
    found = [
        f"{name}: expected {label} {number}, found {rows.get(name)}"
        for name, number in known.items()
        if rows.get(name) != number
    ]
    found += [
        f"{name}: expected a {label} of its own, found {number} twice"
        for name, number in rows.items()
        if list(rows.values()).count(number) > 1
    ]
    return found


def objectives() -> Iterable[str]:
    """Rows of `rules.OBJECTIVES`."""
    from game.core import rules

    for number, row in enumerate(rules.OBJECTIVES):
        name = row.name
        yield from lacking(
            name,
            {
                "game/core/rules.py OBJECTIVE_NAMES": lambda n=number, name=name: (
                    rules.OBJECTIVE_NAMES[n] == name
                ),
                f"game/core/rules.py {name.upper()}": lambda n=number, name=name: (
                    getattr(rules, name.upper()) == n
                ),
                "game/core/sim/objectives.py update_match_outcome": lambda name=name: (
                    name.upper() in compared("game/core/sim/objectives.py", "update_match_outcome")
                ),
                "game/core/levels/checks.py TEAMS_OF": lambda n=number: (
                    n in attribute("game.core.levels.checks:TEAMS_OF")
                ),
                "game/core/levels/generator.py _TEAM_SIZES": lambda n=number: (
                    n in attribute("game.core.levels.generator:_TEAM_SIZES")
                ),
                "game/env/rewards.py DEFAULTS": lambda name=name: (
                    name in attribute("game.env.rewards:DEFAULTS")
                ),
                "game/env/setups.py": lambda name=name: any(
                    name in str(each).lower() for each in attribute("game.env.setups:SETUPS")
                ),
                "game/core/levels/endless.py _TEAMS": lambda n=number: (
                    n in attribute("game.core.levels.endless:_TEAMS")
                ),
                "game/core/levels/endless.py _SECONDS": lambda n=number: (
                    n in attribute("game.core.levels.endless:_SECONDS")
                ),
                "game/match/grading/grades.json": lambda name=name: (
                    name in attribute("game.match.grading.measured_scales:shipped_measurements")()["scales"]
                ),
                "game/match/making/forecast.json": lambda name=name: (
                    name in attribute("game.match.making.forecast:forecasts")()
                ),
                "game/player/level_items.py OBJECTIVE_MOODS": lambda n=number: (
                    n in attribute("game.player.level_items:OBJECTIVE_MOODS")
                ),
                "game/player/community/personas.py BRAINS": lambda n=number: (
                    n in attribute("game.player.community.personas:BRAINS")
                ),
                "game/view/shapes.py OBJECTIVE_ICONS": lambda n=number: attribute(
                    "game.view.shapes:OBJECTIVE_ICONS"
                )[n],
                "game/app/ui/theme.py OBJECTIVE_COLOURS": lambda name=name: (
                    name in attribute("game.app.ui.theme:OBJECTIVE_COLOURS")
                ),
                "game/app/sound/level_music.py COMPOSED_FOR_OBJECTIVE": lambda name=name: (
                    name in attribute("game.app.sound.level_music:COMPOSED_FOR_OBJECTIVE")
                ),
                **in_texts("objective", name),
            },
        )
    yield from _senses()


def _senses() -> Iterable[str]:
    """The shipped brains sense what they were trained on: a slot that grew refuses them, and they must be trained anew."""
    from agents.runtime import load_brain
    from game.match.brain_library import game_contract

    for path in sorted((ROOT / "game" / "brains").glob("*/brain.onnx")):
        yield from lacking(
            f"brain {path.parent.name}",
            {"the senses that it was trained with": lambda path=path: load_brain(path, game_contract())},
        )


def tiles() -> Iterable[str]:
    """Rows of `rules.TILES`."""
    from game.core import rules

    for number, tile in enumerate(rules.TILES):
        places: dict[str, Callable[[], object]] = {
            "game/view/tiles.py PAINTED": lambda n=number: n in attribute("game.view.tiles:PAINTED"),
            "game/view/minimap.py tile_colours": lambda n=number: (
                len(attribute("game.view.minimap:tile_colours")(attribute("game.view.palette:DEFAULT"))) > n
            ),
            "docs/levels.md": lambda name=tile.name: (
                f"`{name.rstrip('0123').rstrip('_')}"
                in (ROOT / "docs" / "levels.md").read_text(encoding="utf-8")
            ),
        }
        if tile.name != "portal":  # its cells differ by pair
            places["game/core/levels/tileset/sheet.py SHEET"] = lambda name=tile.name: attribute(
                "game.core.levels.tileset.sheet:gid_of"
            )(name)
        yield from lacking(tile.name, places)


def bots() -> Iterable[str]:
    """Rows of the table of bots."""
    for bot in attribute("game.core.bots.table:BOTS"):
        yield from lacking(
            bot.name,
            {
                "game/core/bots/decide.py DRIVEN": lambda bot=bot: (
                    bot.id in attribute("game.core.bots.decide:DRIVEN")
                ),
                "game/core/bots/decide.py decide": lambda bot=bot: (
                    bot.name in ("idle",)
                    or bot.name.upper() in compared("game/core/bots/decide.py", "decide")
                ),
                **in_texts("brain", bot.name),
            },
        )


MOOD_NUMBERS = {
    "bright": 0,
    "calm": 1,
    "dark": 2,
    "dreamy": 3,
    "driving": 4,
    "frantic": 5,
    "heroic": 6,
    "wistful": 7,
}


def shipped_moods() -> list[str]:
    """The mood of each piece that ships."""
    pieces = sorted((ROOT / "music" / "shipped" / "pieces").glob("*.piece.json"))
    return [json.loads(path.read_text(encoding="utf-8"))["origin"]["mood"] for path in pieces]


def moods() -> Iterable[str]:
    """Rows of the composer's moods: their numbers seed the shipped pieces."""
    found = attribute("music.composer.moods:MOODS")
    yield from numbers("number", {mood.name: mood.number for mood in found.values()}, MOOD_NUMBERS)
    for name in found:
        yield from lacking(
            name,
            {
                "game/app/sound/level_music.py COMPOSED_FOR or COMPOSED_FOR_OBJECTIVE": lambda name=name: any(
                    name in group
                    for table in ("COMPOSED_FOR", "COMPOSED_FOR_OBJECTIVE")
                    for group in attribute(f"game.app.sound.level_music:{table}").values()
                ),
                "music/shipped/pieces (three pieces)": lambda name=name: shipped_moods().count(name) == 3,
            },
        )


def level_moods() -> Iterable[str]:
    """Moods that a level may name."""
    for name in attribute("game.core.levels.model:LEVEL_MOODS"):
        yield from lacking(
            name,
            {
                "game/app/sound/level_music.py COMPOSED_FOR": lambda name=name: (
                    name in attribute("game.app.sound.level_music:COMPOSED_FOR")
                ),
            },
        )


def families() -> Iterable[str]:
    """Families of generated levels."""
    for name in attribute("game.core.levels.families:FAMILIES"):
        yield from lacking(
            name,
            {
                "game/core/levels/families.py FAMILY_TITLES": lambda name=name: (
                    name in attribute("game.core.levels.families:FAMILY_TITLES")
                ),
                "docs/levels.md or docs/environments.md": lambda name=name: any(
                    name in (ROOT / "docs" / page).read_text(encoding="utf-8")
                    for page in ("levels.md", "environments.md")
                ),
            },
        )


def screens() -> Iterable[str]:
    """Screens of the window."""
    opened = "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "app").glob("*.py"))
    )
    for name in attribute("game.app.screens:SCREENS"):
        yield from lacking(
            name,
            {
                "its module: a class of that name": lambda name=name: attribute(
                    "game.app.screens:screen_class"
                )(name),
                "tests/app: a test that opens it": lambda name=name: (
                    attribute("game.app.screens:screen_class")(name).__name__ in opened
                ),
            },
        )


def said_in(file: str, function: str) -> set[str]:
    """The texts that a function holds."""
    tree = parsed((ROOT / file).read_text(encoding="utf-8"))
    body = next(
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function
    )
    return {str(node.value) for node in ast.walk(body) if isinstance(node, ast.Constant)}


def suggesting_models() -> Iterable[str]:
    """Models that suggest to a player."""
    for name in attribute("recommender.advisor.opinions:MODELS"):
        yield from lacking(
            name,
            {
                "recommender/advisor/opinions.py _answering": lambda name=name: (
                    name in said_in("recommender/advisor/opinions.py", "_answering")
                ),
                "recommender/README.md": lambda name=name: (
                    name in (ROOT / "recommender" / "README.md").read_text(encoding="utf-8").lower()
                ),
            },
        )


def measured_models() -> Iterable[str]:
    """Neighbours that `recommender evaluate` fits."""
    for kind in attribute("recommender.evaluation.lineup:NEIGHBOURS"):
        name = kind.name
        yield from lacking(
            name,
            {
                "recommender/evaluation/run.py ORDER": lambda name=name: (
                    name in attribute("recommender.evaluation.run:ORDER")
                ),
                "recommender/README.md": lambda name=name: (
                    name.replace("-", " ")
                    in (ROOT / "recommender" / "README.md").read_text(encoding="utf-8").lower()
                ),
            },
        )


TABLES: dict[str, Callable[[], Iterable[str]]] = {
    "objective": objectives,
    "tile": tiles,
    "bot": bots,
    "mood": moods,
    "level-mood": level_moods,
    "family": families,
    "screen": screens,
    "suggesting-model": suggesting_models,
    "measured-model": measured_models,
}


def main(arguments: list[str]) -> int:
    """Print what the rows of the tables named, or of all, lack; 1 where there is something."""
    found = [line for name in arguments or TABLES for line in TABLES[name]()]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
