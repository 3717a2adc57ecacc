"""Recipes: presets can be read, and every error names file, table and key."""

import pytest

from music.errors import TrainingError
from music.learning.recipe import parse_recipe, presets, read_recipe, with_seed

GOOD = "seed = 3\n[chords]\nsteps = 5\n[lines]\nsteps = 6\n[drums]\nsteps = 7\n"


def test_presets_read() -> None:
    assert {"quick", "standard"} <= set(presets())
    for name in presets():
        assert read_recipe(name).parts["lines"].steps > 1000


def test_a_seed_replaces_the_recipes() -> None:
    recipe = with_seed(parse_recipe(GOOD, "a.toml"), 8)
    assert recipe.seed == 8
    assert parse_recipe(recipe.text, "again").seed == 8
    assert recipe.parts == parse_recipe(GOOD, "a.toml").parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = ", "expected TOML"),
        (GOOD + "[tuba]\nsteps = 1\n", "found 'tuba'"),
        ("seed = -1\n" + GOOD.split("\n", 1)[1], "seed: expected a whole number"),
        ("title = 3\n" + GOOD, "title: expected a text"),
        ("[chords]\nsteps = 5\n", r"expected a table \[lines\]"),
        (GOOD + "speed = 1\n", "drums: expected keys among .*found 'speed'"),
        (GOOD + "width = 1.5\n", "drums › width: expected a whole number from 8"),
        (GOOD + "beta = nan\n", "drums.beta: expected a finite number"),
        (GOOD + "batch = true\n", "drums › batch: expected a whole number"),
        (GOOD + 'loss = "minimax"\n', "drums › loss: expected wgan-gp"),
        (GOOD + "loss = []\n", "drums › loss: expected wgan-gp"),
        ("title = " + "[" * 30_000, "expected TOML"),
        ("chords = 1\n", "expected a table|expected TOML"),
        (GOOD.replace("steps = 7", "width = 9"), "drums: expected a key 'steps'"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        parse_recipe(text, "a.toml")


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(TrainingError, match="quick, standard"):
        read_recipe("slow")
