"""Who may import whom: the import-linter contracts of pyproject.toml hold, and each of them can fail."""

import re
import sys
import tempfile
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.contracts.tree import PACKAGE_ROOTS, ROOT, copy_project, project_table, run_python

LINT = "import sys; from importlinter.cli import lint_imports_command as main; sys.exit(main(['--no-cache']))"

# What a package may import from outside this project and the standard library, with the reason it needs it.
ALLOWED_OUTSIDE = {
    "game.core.rules": set(),
    "game.player.paths": {"platformdirs"},
    # platformdirs names the folder of the kernel cache; llvmlite loads machine code
    "game.core.sim": {"numpy", "numba", "llvmlite", "platformdirs"},
    "game.core.bots": {"numpy", "numba"},
    # compression (3.14) and backports unpack layers
    "game.core.levels": {"numpy", "backports", "compression", "defusedxml"},
    "agents.runtime": {"numpy"},
    "safefiles": {"numpy", "onnx", "onnxruntime", "rich", "typer"},  # onnx: where a model is written
    "safefiles.writing": set(),
    "safefiles.remembered": set(),
    "safefiles.sqlite_file": set(),
    "safefiles.write_thread": set(),
    "recommender.records.kinds": set(),
    "recommender.store": set(),
}

# (file to append to, line to append, name of the contract that must break)
VIOLATIONS = [
    ("game/core/rules.py", "import game.app", "In game/, nothing imports to its right"),
    ("game/core/sim/state.py", "from game.core import levels", "In game/core, bots stand on levels"),
    ("game/core/levels/__init__.py", "import game.view", "In game/, nothing imports to its right"),
    ("agents/tensors.py", "from game import rules", "agents imports neither game nor another plugin"),
    ("safefiles/writing.py", "import agents", "safefiles imports neither game nor a plugin"),
    ("safefiles/onnx_guard.py", "from game import rules", "safefiles imports neither game nor a plugin"),
    ("game/core/levels/__init__.py", "import pygame", "pygame only in game.view and game.app"),
    ("game/core/sim/state.py", "import gymnasium", "The core, its levels and its bots never see a learner"),
    ("game/view/__init__.py", "import torch", "Nothing on the play path imports a learner"),
    ("game/extra.py", "import json", "In game/, nothing imports to its right"),
    ("game/match/npc.py", "import safefiles.onnx_writer", "Neither game nor recommender writes ONNX models"),
    ("game/match/npc.py", "import agents.learner", "game uses only the play-time parts of agents"),
    ("game/app/jukebox/studio.py", "import music.learning", "game uses only the play-time parts of music"),
    (
        "game/player/profile.py",
        "import recommender.commands.root",
        "game uses only the play-time parts of recommender",
    ),
    (
        "recommender/records/kinds.py",
        "import game",
        "recommender imports neither game, another plugin nor a learner",
    ),
    (
        "game/core/levels/model.py",
        "import music.piece",
        "The core, its levels and its bots never see a learner",
    ),
    ("music/keys.py", "import game", "music imports neither game nor another plugin"),
    ("music/library.py", "import pygame", "torch only in music.learning, music21 only in music.corpus"),
    (
        "music/composer/reroll.py",
        "import torch",
        "torch only in music.learning, music21 only in music.corpus",
    ),
]


def test_the_import_contracts_hold() -> None:
    result = run_python("-c", LINT, cwd=ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


# What a contract that lists modules leaves out of their package, and why
LEFT_OUT = {
    "music-plays-without-a-learner": ("music", {
        "music.__main__", "music.commands",  # load the learner when one of its commands is called
        "music.corpus", "music.learning", "music.metrics",  # what trains and measures
        "music.soundtrack",  # plays through pygame
    }),
    "pygame-in-view-and-app": ("game", {
        "game.__main__", "game.app", "game.brains", "game.cli", "game.env", "game.view",
    }),
    "play-path-needs-no-learner": ("game", {"game.__main__", "game.brains", "game.cli", "game.env"}),
}  # fmt: skip


@pytest.mark.parametrize("contract", LEFT_OUT)
def test_a_contract_that_lists_modules_lists_all_but_those_left_out(contract: str) -> None:
    package, left_out = LEFT_OUT[contract]
    rows = project_table()["tool"]["importlinter"]["contracts"]
    (row,) = (row for row in rows if row["id"] == contract)
    children = {f"{package}.{path.stem}" for path in (ROOT / package).glob("*.py") if path.stem != "__init__"}
    children |= {f"{package}.{path.parent.name}" for path in (ROOT / package).glob("*/__init__.py")}
    listed = {name for name in row["source_modules"] if name.startswith(f"{package}.")}
    assert listed | left_out == children
    assert not listed & left_out


@cache
def broken_by_all() -> dict[str, str]:
    """What the linter prints below each contract's name when every forbidden import is there at once."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_project(Path(folder), only_python=True)
        for file, line, _ in VIOLATIONS:
            with (project / file).open("a", encoding="utf-8") as stream:
                stream.write(f"\n{line}\n")
        result = run_python("-c", LINT, cwd=project)
    assert result.returncode != 0, "the added imports went unnoticed"
    _, *sections = re.split(
        r"^(.+)\n-+\n", result.stdout.partition("Broken contracts")[2], flags=re.MULTILINE
    )
    return dict(zip(sections[::2], sections[1::2], strict=True))


@pytest.mark.parametrize(
    ("file", "line", "contract"), VIOLATIONS, ids=[f"{file}-{line}" for file, line, _ in VIOLATIONS]
)
def test_a_forbidden_import_breaks_its_contract(file: str, line: str, contract: str) -> None:
    """The contract names the import itself, or the module that belongs to no layer."""
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    (found,) = (text for name, text in broken_by_all().items() if name.startswith(contract))
    if not (ROOT / file).exists():
        assert module.rpartition(".")[2] in found
        return
    package, _, name = line.removeprefix("from ").removeprefix("import ").partition(" import ")
    assert re.search(
        rf"^-? +{re.escape(module)} -> {re.escape(package)}(\.{name})? \(l\.", found, re.MULTILINE
    ), found


@cache
def everything() -> grimp.ImportGraph:
    """The imports of all packages, and what they import from outside; change nothing in it."""
    return grimp.build_graph(*PACKAGE_ROOTS, include_external_packages=True, cache_dir=None)


def imports_of(package: str) -> set[str]:
    """Every module that `package` imports itself, its own left out."""
    graph = everything()
    assert package in graph.modules
    modules = {package} | graph.find_descendants(package)
    return {
        target for module in modules for target in graph.find_modules_directly_imported_by(module)
    } - modules


def outside_imports(package: str) -> set[str]:
    """Top-level packages outside the project and the standard library that `package` imports itself."""
    tops = {target.partition(".")[0] for target in imports_of(package)}
    return tops - set(PACKAGE_ROOTS) - sys.stdlib_module_names


@pytest.mark.parametrize("package", ALLOWED_OUTSIDE)
def test_play_time_packages_import_only_what_they_need(package: str) -> None:
    assert outside_imports(package) <= ALLOWED_OUTSIDE[package]


@pytest.mark.parametrize(
    ("library", "place"),
    [("typer", "console"), ("rich", "console"), ("onnxruntime", "onnx_session"), ("onnx", "onnx_writer")],
)
def test_one_module_of_safefiles_knows_a_library(library: str, place: str) -> None:
    graph = grimp.build_graph("safefiles", include_external_packages=True, cache_dir=None)
    importers = {
        name for name in graph.find_modules_that_directly_import(library) if name.startswith("safefiles")
    }
    assert importers == {f"safefiles.{place}"}


def test_the_outside_imports_are_really_found() -> None:
    assert {"numpy", "numba"} <= outside_imports("game.core.sim")


def test_the_core_knows_nothing_of_the_game_but_its_rules() -> None:
    assert {name for name in imports_of("game.core.sim") if name.startswith(PACKAGE_ROOTS)} == {
        "game.core.rules"
    }
    assert imports_of("game.core.rules") == {"typing"}
