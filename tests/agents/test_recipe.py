"""Recipes say everything about a run and are checked to the last key."""

from pathlib import Path

import pytest

from agents.errors import RecipeError
from agents.recipe import Schedule
from agents.recipe_reading import load_recipe, parse_toml, preset_names, recipe_from
from agents.recipe_text import recipe_to_toml

from .helpers import ROOT, small_recipe

DEMO_RECIPE = ROOT / "tests/plugin_demo/paddle.toml"


def test_every_preset_is_valid_and_survives_being_written_out() -> None:
    names = preset_names()
    assert {"quick", "hunter", "sniper", "guardian"} <= set(names)
    for source in [*names, DEMO_RECIPE]:
        recipe = load_recipe(source)
        assert recipe_from(parse_toml(recipe_to_toml(recipe), "again"), "again") == recipe


def test_recipes_that_our_own_writer_made_still_load() -> None:
    """Those beside the shipped brains were written before the library `tomli_w` did it."""
    written = sorted((ROOT / "game/brains").glob("*/recipe*.toml"))
    assert len(written) > 6
    for path in written:
        recipe = load_recipe(path)
        again = recipe_from(parse_toml(recipe_to_toml(recipe), "again"), "again")
        assert again == recipe
        assert recipe_to_toml(again) == recipe_to_toml(recipe)
    inline = 'title = "x"\n[env]\nid = "X-v0"\n[ppo]\nlearning_rate = { start = 0.001, end = 5e-06 }\n'
    old = recipe_from(parse_toml(inline, "old"), "old")
    assert old.ppo.learning_rate == Schedule(0.001, 5e-06)
    assert recipe_from(parse_toml(recipe_to_toml(old), "new"), "new") == old


def test_strings_survive_toml() -> None:
    recipe = small_recipe(
        description='quote " back \\ line\nend 中文',
        reward={"a b": 1.5, "nested": {"x": [1, 2]}, '"': -2, "": 3e-300, "中": 10**30},
        env={"kwargs": {"empty": {}, "span": {"start": 1, "end": 1}, "rows": [{"end": 2, "start": 2}, {}]}},
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


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "ppo.gamma=nan",
            r"--set ppo.gamma=nan › value: expected a finite number of at most 40 digits, found nan",
        ),
        ("reward.hit=inf", r"expected a finite number of at most 40 digits, found inf"),
        (f"seed={'9' * 401}", r"expected a number of at most 40 digits, found a longer one"),
        (f"seed={'9' * 5000}", r"--set seed=9+: expected TOML, found"),
    ],
)
def test_numbers_beyond_reason_are_refused_in_a_setting(setting: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe(DEMO_RECIPE, [setting])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[reward]\nhit = inf", r"odd.toml › reward.hit: expected a finite number"),
        (f"seed = {'9' * 401}", r"odd.toml › seed: expected a number of at most 40 digits"),
        (
            "[reward]\nhit = {}",
            r"odd.toml > \[reward\] hit: expected a value or a table of values, found an empty table",
        ),
        (
            "[reward.collect.hit]",
            r"\[reward\] collect.hit: expected a value or a table of values, found an empty",
        ),
        (
            "[env]\nid = ':X'",
            r"odd.toml > \[env\] id: expected an id as in 'Name-v0' or 'module:Name-v0', found ':X'",
        ),
        ("[env]\nid = 'a:b:C-v0'", r"\[env\] id: expected an id as in"),
        ("[env.kwargs]\nday = 2026-11-28", r"\[env.kwargs\] day: expected text, a number, true or false"),
    ],
)
def test_a_recipe_with_an_odd_value_is_refused_by_its_place(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(line if "[env]" in line else f"{line}\n[env]\nid = 'X-v0'", encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        load_recipe(path)


def test_texts_of_a_recipe_come_in_clean(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text('title = "a\\u001b]0;x\\u0007"\n[env]\nid = "X-v0"', encoding="utf-8")
    assert load_recipe(path).title == "a\\x1b]0;x\\x07"


def test_old_recipes_with_minutes_still_load() -> None:
    recipe = small_recipe(budget={"minutes": 2.5})
    assert (recipe.budget.minutes, recipe.budget.cpu_seconds) == (2.5, 0.0)


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(RecipeError) as refused:
        load_recipe(DEMO_RECIPE, ["ppo.gamma=2", "net.activation='x'", "eval.matches=0"])
    assert len(str(refused.value).splitlines()) == 3


def test_unreadable_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"expected a .toml file or one of: .*quick"):
        load_recipe("quik")
    with pytest.raises(RecipeError, match=r"none.toml: expected a recipe \(TOML\), found no such file"):
        load_recipe(tmp_path / "none.toml")
    for name, data, message in (
        ("bytes", b"\xff\xfe", "bytes.toml: expected UTF-8 text, found byte 0xff at offset 0"),
        ("syntax", b"a = [1", "syntax.toml: expected TOML, found Unclosed array"),
        ("large", b"#" * 100_000, "of at most 65,536 bytes, found more"),
        ("deep", b"a = " + b"[" * 30_000, "deep.toml: expected TOML, found nesting that is too deep"),
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


@pytest.mark.parametrize(
    ("key", "message"),
    [("recurrent", "FrameStackObservation"), ("lstm", "no recurrent ones"), ("cnn", "no convolutions")],
)
def test_nets_that_are_not_there_are_refused_with_what_to_do_instead(key: str, message: str) -> None:
    with pytest.raises(RecipeError, match=rf"x\.toml > \[net\] {key}: expected .*{message}"):
        recipe_from({"env": {"id": "A-v0"}, "net": {key: True}}, "x.toml")


def test_the_presets_that_clone_can_go_on_without() -> None:
    """As `train hunter --from hunter --set imitation.bots={}`, exploiters and later stages of a league do."""
    for name in ("hunter", "guardian"):
        recipe = load_recipe(name, ["imitation.bots={}"])
        assert (recipe.imitation.bots, recipe.imitation.rounds) == ({}, 4)
