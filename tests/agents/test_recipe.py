"""Recipes say everything about a run and are checked to the last key."""

from pathlib import Path

import pytest

from agents.errors import RecipeError
from agents.recipe import Schedule, load_recipe, parse_toml, preset_names, recipe_from, recipe_to_toml

from .helpers import ROOT, small_recipe

DEMO_RECIPE = ROOT / "tests/plugin_demo/paddle.toml"


def test_every_preset_is_valid_and_survives_being_written_out() -> None:
    names = preset_names()
    assert {"quick", "hunter", "sniper", "guardian"} <= set(names)
    for source in [*names, DEMO_RECIPE]:
        recipe = load_recipe(source)
        assert recipe_from(parse_toml(recipe_to_toml(recipe), "again"), "again") == recipe


def test_strings_survive_toml() -> None:
    recipe = small_recipe(
        description='quote " back \\ line\nend \x01 中文', reward={"a b": 1.5, "nested": {"x": [1, 2]}}
    )
    assert recipe_from(parse_toml(recipe_to_toml(recipe), "x"), "x") == recipe


def test_overrides_replace_single_keys() -> None:
    recipe = load_recipe(
        DEMO_RECIPE, ["ppo.gamma=0.5", "title=renamed", "eval.opponents=['random']", "env.kwargs.levels=calm"]
    )
    assert recipe.ppo.gamma == 0.5
    assert recipe.title == "renamed"
    assert recipe.eval.opponents == ["random"]
    assert recipe.env.kwargs["levels"] == "calm"


def test_schedules_run_over_the_budget() -> None:
    recipe = load_recipe(DEMO_RECIPE, ["ppo.learning_rate={start=1.0, end=0.5}", "ppo.clip_range=0.1"])
    assert [recipe.ppo.learning_rate.at(progress) for progress in (-1, 0, 0.5, 1, 2)] == [
        1.0,
        1.0,
        0.75,
        0.5,
        0.5,
    ]
    assert recipe.ppo.clip_range == Schedule(0.1, 0.1)


def test_reward_goes_to_the_env_only_when_overridden() -> None:
    assert "reward" not in small_recipe().env_kwargs()
    assert small_recipe(reward={"hit": 0.5}).env_kwargs()["reward"] == {"hit": 0.5}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("ppo.n_step=3", r"\[ppo\] n_step: unknown key; did you mean 'n_steps'\?"),
        ("ppo.zzz=3", r"\[ppo\] zzz: unknown key; known: n_steps, batch_size"),
        ("wrong=1", r"wrong: unknown key"),
        ("ppo.gamma=1.5", r"\[ppo\] gamma: expected 0.0 to 1.0, found 1.5"),
        ("ppo.gamma=nan", r"\[ppo\] gamma: expected a number, found nan"),
        ("ppo.n_steps=2.5", r"\[ppo\] n_steps: expected a whole number, found 2.5"),
        ("ppo.n_steps=true", r"\[ppo\] n_steps: expected a whole number, found True"),
        ("ppo.matmul='int4'", r"\[ppo\] matmul: expected one of float32, bfloat16, found 'int4'"),
        (
            "ppo.learning_rate={start=1}",
            r"\[ppo\] learning_rate: expected a number or .* found keys \['start'\]",
        ),
        ("ppo=3", r"ppo: expected a table, found 3"),
        ("net.pi=[0]", r"\[net\] pi: expected 1 to 4096, found 0"),
        ("net.pi=12", r"\[net\] pi: expected a list, found 12"),
        ("net.normalize_observations=1", r"expected true or false, found 1"),
        ("title=3", r"title: expected a string, found 3"),
        ("env.id=''", r"\[env\] id: expected an environment id"),
        ("selfplay.bots={}", r"\[selfplay\] bots: expected at least one bot"),
        ("selfplay.bots={random=-1}", r"\[selfplay\] bots: expected weights above 0"),
        ("env.kwargs.opponent=x", r"\[env.kwargs\] opponent: self-play chooses it"),
    ],
)
def test_faults_are_named_with_file_table_and_key(setting: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as refused:
        load_recipe(DEMO_RECIPE, [setting])
    assert str(refused.value).startswith("paddle.toml > ")


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(RecipeError) as refused:
        load_recipe(DEMO_RECIPE, ["ppo.gamma=2", "net.activation='x'", "eval.matches=0"])
    assert len(str(refused.value).splitlines()) == 3


def test_unreadable_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"expected a .toml file or one of: .*quick"):
        load_recipe("quik")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "none.toml")
    for name, data, message in (
        ("bytes", b"\xff\xfe", "expected UTF-8 text, found byte 255 at 0"),
        ("syntax", b"a = [1", "not valid TOML"),
        ("large", b"#" * 100_000, "expected at most 65536 bytes"),
        ("deep", b"a = " + b"[" * 30_000, "not valid TOML"),
    ):
        path = tmp_path / f"{name}.toml"
        path.write_bytes(data)
        with pytest.raises(RecipeError, match=message):
            load_recipe(path)
    with pytest.raises(RecipeError, match="expected key=value"):
        load_recipe(DEMO_RECIPE, ["ppo.gamma"])


def test_batches_larger_than_a_rollout_are_refused() -> None:
    with pytest.raises(
        RecipeError, match=r"batch_size: expected at most num_envs x n_steps = 512, found 4096"
    ):
        small_recipe(ppo={"batch_size": 4096})
