"""A name stands for one thing: where two files or two classes share one, the reason is written here."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.contracts.tree import ROOT, parsed, shipped_sources

EACH_HAS_ONE = "every package has one, and it is always read with its package's name"
COMMAND = "the command's module is named as the command, and calls the module that does the work"
APART = "of plugins that cannot import each other, for the same thing in each"
LAYERS = "the same things in two layers: kept in the core, used or drawn elsewhere"

FILES = {
    "__init__.py": EACH_HAS_ONE,
    "__main__.py": EACH_HAS_ONE,
    "bench.py": EACH_HAS_ONE,
    "console.py": "the commands' own part of `safefiles.console`",
    "errors.py": EACH_HAS_ONE,
    "root.py": EACH_HAS_ONE,
    "version.py": EACH_HAS_ONE,
    "base.py": "what the others of its folder derive from",
    "checks.py": "what must hold before the rest of its package relies on it",
    "contract.py": "what both sides of a file agree on, of each kind of model",
    "curve.py": APART,
    "draw.py": "`python -m game.core.levels.tileset.draw` is a documented command",
    "screen.py": "the main screen of each folder; `ui.screen` is what all screens are",
    "report.py": EACH_HAS_ONE,
    "run.py": EACH_HAS_ONE,
    "evaluate.py": COMMAND,
    "exchange.py": COMMAND,
    "pieces.py": COMMAND,
    "simulate.py": COMMAND,
    "export.py": APART,
    "networks.py": APART,
    "recipe.py": APART,
    "sampling.py": APART,
    "objects.py": LAYERS,
    "rewards.py": LAYERS,
    "shots.py": LAYERS,
    "spaces.py": "Gymnasium's word for both",
    "arena.py": "a level in the core; the environment in which `agents` lets brains play",
    "choice.py": "of a match in the window; of settings in the evaluation of models",
    "effects.py": "what is seen; what sound goes through",
    "engine.py": "of the environments; of the recommender",
    "messages.py": "the table of each package; what they are, in safefiles",
    "kernels.py": "compiled ones of the environments; figures of music's metrics",
    "measure.py": "wins of a brain; loudness of a sound",
    "sheet.py": "of tiles; of samples",
    "tables.py": "of the core; of ratings",
    "text.py": "drawn texts; texts made safe to show",
    "writer.py": "of what its package reads",
}
CLASSES = {
    "Curve": APART,
    "ExportFailed": APART,
    "Recipe": APART,
    "Run": APART,
    "Slot": "of the observation, as the core makes it and as `agents` reads it from any game",
}


def doubled_files(files: Iterable[Path]) -> dict[str, int]:
    """How often each name of a file occurs, of those that occur more than once."""
    times: dict[str, int] = defaultdict(int)
    for file in files:
        times[file.name] += 1
    return {name: number for name, number in times.items() if number > 1}


def doubled_classes(sources: Iterable[str]) -> dict[str, int]:
    """The same for the public classes of modules."""
    times: dict[str, int] = defaultdict(int)
    for source in sources:
        for node in parsed(source).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                times[node.name] += 1
    return {name: number for name, number in times.items() if number > 1}


def test_a_doubled_name_has_its_reason() -> None:
    files = shipped_sources()
    assert doubled_files(files).keys() == FILES.keys()
    assert doubled_classes(file.read_text(encoding="utf-8") for file in files).keys() == CLASSES.keys()
    assert all([*FILES.values(), *CLASSES.values()])


def test_a_doubled_name_is_seen() -> None:
    assert doubled_files([ROOT / "a" / "x.py", ROOT / "b" / "x.py", ROOT / "y.py"]) == {"x.py": 2}
    assert doubled_classes(["class A: ...\nclass _B: ...", "class A: ...\nclass _B: ..."]) == {"A": 2}
