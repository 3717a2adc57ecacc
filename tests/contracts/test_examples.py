"""The programs in `examples/` run, by the public names of the plugins alone, and are as short as the pages say."""

import ast
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT, run_python

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
# Arguments that keep a program short, and what it prints
RUNS = {
    "gym_random.py": ([], "256 numbers observed"),
    "own_opponent.py": ([], "outcome (1 won, 0 draw, -1 lost): "),
    "soundtrack.py": (["1"], "Driving 7: 32 bars"),
    "what_next.py": ([], "Prelude "),
}
FRONT_DOORS = {"agents", "music", "recommender"}
MOST_STATEMENTS = 16


def inner_imports(text: str) -> list[str]:
    """What a program imports of the project other than a plugin's public names."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [name.name for name in node.names]
    ours = (*FRONT_DOORS, "game", "safefiles", "tests")
    return [name for name in found if name.partition(".")[0] in ours and name not in FRONT_DOORS]


def test_every_example_is_run() -> None:
    assert {file.name for file in EXAMPLES} == set(RUNS)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_runs(file: Path, user_dir: Path) -> None:
    arguments, says = RUNS[file.name]
    done = run_python(str(file), *arguments, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    assert not list(user_dir.iterdir()), "a client writes nothing into the user folder"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_is_short_and_goes_by_the_front_door(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert inner_imports(text) == []
    body = ast.parse(text).body
    assert ast.get_docstring(ast.parse(text))
    assert (
        len([node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]) <= MOST_STATEMENTS
    )


def test_an_import_past_the_front_door_is_noticed() -> None:
    text = "import agents.runtime\nfrom music import compose\nfrom game.core import rules\nimport numpy"
    assert inner_imports(text) == ["agents.runtime", "game.core"]
