"""Bots know the slot table and nothing else of the core."""

import ast
from pathlib import Path

import game.core.bots

FOLDER = Path(game.core.bots.__file__).parent
ALLOWED = {
    "game.core.sim.arrays",
    "game.core.sim.columns",
    "game.core.sim.jit",
    "game.core.sim.rng",
    "game.core.sim.slots",
    "game.core.sim.tables",
}
WORLD_FREE = {  # all that may be taken from modules that know worlds
    ("game.core.sim.checks", "check_columns"),
}


def core_imports(source: str) -> list[tuple[str, str]]:
    """Return (module, name) of everything that a source imports from the core."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
    return [
        (module, name)
        for module, name in found
        if module.startswith(("game.core.sim", "game.core.levels", "game.env"))
    ]


def unfair(source: str) -> list[tuple[str, str]]:
    """Return the imports through which a bot could see more than its observation."""
    return [
        (module, name)
        for module, name in core_imports(source)
        if module not in ALLOWED and (module, name) not in WORLD_FREE
    ]


def test_no_bot_can_see_more_than_its_observation() -> None:
    sources = sorted(FOLDER.glob("*.py"))
    assert len(sources) >= 6
    assert {file.name: unfair(file.read_text(encoding="utf-8")) for file in sources} == {
        file.name: [] for file in sources
    }


def test_a_bot_that_looked_at_the_world_would_be_found_out() -> None:
    assert unfair("from game.core.sim.state import TANK_X") == [("game.core.sim.state", "TANK_X")]
    assert unfair("import game.core.sim.observe") == [("game.core.sim.observe", "")]
    assert unfair("from game.core.sim import state") == [("game.core.sim", "state")]
