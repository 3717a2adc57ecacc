"""The programs in `examples/` run, by the public names of the plugins alone, and are as short as the pages say."""

import ast
import re
from pathlib import Path

import gymnasium
import pytest

from agents.recipe_reading import load_recipe
from examples.own_env import follow
from tests.contracts.tree import ROOT, run_python

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
# Arguments that keep a program short ({tmp} is an empty folder), and what it prints
RUNS = {
    "gym_random.py": ([], ["256 numbers observed"]),
    "own_env.py": (
        ["{tmp}/rally", "2048"],
        ["ended by budget.samples (2,048)", "largest difference", "rally.onnx in Rally-v0: mean return "],
    ),
    "own_game.py": (["examples/rally.onnx", "20"], ["rally.onnx played: you "]),
    "own_level.py": (["{tmp}/grid", "9"], ["grid.tmj: 20 x 14 tiles, 2 tanks", "grid: eliminate, 20x14"]),
    "own_opponent.py": ([], ["outcome (1 won, 0 draw, -1 lost): "]),
    "song_shelf.py": (
        ["{tmp}/songs.sqlite", "Nocturne", "5"],
        ["new, you have rated 1 of 8 songs", "Gymnopedie"],
    ),
    "soundtrack.py": (["1"], ["Driving 7: 32 bars"]),
    "soundtrack_game.py": (["1"], ["Dark 7: heard ", "0 gaps in the sound"]),
    "what_next.py": ([], ["Prelude "]),
}
# What a program may import beside the plugins: the parts of the game that a level is made with
LEVEL_PARTS = {
    "game.core", "game.core.levels.model", "game.core.levels.specs", "game.core.levels.starter", "game.core.levels.writer",
    "game.core.sim.arena",
}  # fmt: skip
FRONT_DOORS = {"agents", "music", "recommender"}
SLOW = {
    "own_env.py"
}  # three commands, two of which load torch: 14 s of processor time; what it stands on is tested below
MOST_STATEMENTS = 16


def inner_imports(text: str, more: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """What a program imports of the project other than a plugin's public names and `more`."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [name.name for name in node.names]
    ours = (*FRONT_DOORS, "game", "safefiles", "tests")
    return [name for name in found if name.partition(".")[0] in ours and name not in FRONT_DOORS | more]


def test_every_example_is_run() -> None:
    assert {file.name for file in EXAMPLES} == set(RUNS)


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=pytest.mark.slow) if file.name in SLOW else file for file in EXAMPLES],
    ids=lambda file: file.name,
)
def test_an_example_runs(file: Path, user_dir: Path, tmp_path: Path) -> None:
    arguments, lines = RUNS[file.name]
    words = [each.format(tmp=tmp_path) for each in arguments]
    done = run_python(str(file), *words, cwd=ROOT, SDL_AUDIODRIVER="dummy", SDL_VIDEODRIVER="dummy")
    assert done.returncode == 0, done.stderr
    assert [line for line in lines if line not in done.stdout] == []
    assert not list(user_dir.iterdir()), "a client writes nothing into the user folder"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_is_short_and_goes_by_the_front_door(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert inner_imports(text, LEVEL_PARTS if file.name == "own_level.py" else set()) == []
    body = ast.parse(text).body
    assert ast.get_docstring(ast.parse(text))
    assert (
        len([node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]) <= MOST_STATEMENTS
    )


def test_an_import_past_the_front_door_is_noticed() -> None:
    text = "import agents.runtime\nfrom music import compose\nfrom game.core import rules\nimport numpy"
    assert inner_imports(text) == ["agents.runtime", "game.core"]


def test_the_songs_are_found_again_and_the_page_shows_what_is_said(tmp_path: Path) -> None:
    pages = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("examples.md", "zh/examples.md")]
    for more in ([], ["Nocturne", "5"]):
        done = run_python("examples/song_shelf.py", str(tmp_path / "songs.sqlite"), *more, cwd=ROOT)
        assert all(done.stdout in page for page in pages), done.stdout


def test_the_brain_that_lies_there_returns_nearly_every_ball() -> None:
    done = run_python("examples/own_game.py", "examples/rally.onnx", "60", cwd=ROOT)
    mine, its = map(int, re.findall(r"you (\d+), the brain (\d+)", done.stdout)[0])
    assert mine + its <= 6, "of some 60 balls in 60 seconds"


def test_the_environment_of_the_examples_is_a_sound_one_and_its_recipe_is_read() -> None:
    from gymnasium.utils.env_checker import check_env

    env = gymnasium.make("examples.own_env:Rally-v0")
    check_env(env.unwrapped)
    recipe = load_recipe(str(ROOT / "examples" / "own_env.toml"))
    assert recipe.env.id == "examples.own_env:Rally-v0"
    env.reset(seed=3)
    court = env.unwrapped.court  # type: ignore[attr-defined]
    ends = [env.step(follow(court, 1) + 1)[1:4] for _ in range(600)]
    assert sum(reward for reward, *_ in ends) >= 4, "a bat that follows the ball returns it"


def test_a_brain_of_another_game_is_refused_in_one_line() -> None:
    done = run_python("examples/own_game.py", "game/brains/hunter/brain.onnx", "1", cwd=ROOT)
    assert done.returncode == 1
    assert "expected a brain for senses and choices ((5,), [3]), found ((262,)" in done.stderr
    assert done.stderr.count("\n") == 1
