"""A league goes on from its folder wherever it was stopped, loses no result, and tells what is wrong with a folder."""

import itertools
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.errors import AgentsError, RecipeError, RunError
from agents.league import League, LeagueTable, checked_name, new_league, open_league
from agents.league_run import (
    is_frozen,
    next_stage,
    opponents,
    rate_all,
    run_league,
    stage_recipe,
    stage_run,
    stopped_stage,
)
from agents.match_ratings import ANCHOR, Result
from agents.runtime import load_brain
from agents.train import _Session
from tests.agents.helpers import brain_bytes, quiet, small_recipe

BOTS = ["still", "tracker"]
TABLE = LeagueTable(bots=BOTS, anchor="tracker", stage_samples=512, matches=4, num_worlds=4)
RECIPE = small_recipe(
    selfplay={"enabled": True, "snapshot_every": 10_000, "bot_share": 0.5, "bots": {"tracker": 1.0}},
    imitation={"bots": {"tracker": 1.0}, "samples": 600, "epochs": 2, "batch_size": 64},
    eval={"kwargs": {"levels": "calm"}},
)


_MARKER = (RECIPE.env.id.partition(":")[0], "league_marker")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> League:
    """A league after one stage of each learner."""
    league = new_league(tmp_path_factory.mktemp("league") / "l", RECIPE, TABLE)
    assert run_league(league, 3, quiet()) == 3
    return league


def policies(league: League) -> list[Any]:
    observations = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    return [
        load_brain(member.path, None).logits(observations).tolist()
        for member in league.members
        if member.path
    ]


@pytest.mark.slow
def test_each_learner_has_a_snapshot_that_met_everybody(played: League) -> None:
    names = [member.name for member in played.members]
    assert names == [*BOTS, "league-exploiter-001", "main-001", "main-exploiter-001"]
    pairs = {frozenset((one.first, one.second)) for one in played.results()}
    assert pairs == {frozenset(pair) for pair in itertools.combinations(names, 2)}
    assert {one.matches for one in played.results()} == {4}
    ratings = played.ratings()
    assert set(ratings) == set(names)
    assert ratings["tracker"].mu == pytest.approx(ANCHOR)
    assert ratings["tracker"].mu > ratings["still"].mu


def test_stages_one_by_one_are_those_of_one_go(played: League, tmp_path: Path) -> None:
    league = new_league(tmp_path / "l", RECIPE, TABLE)
    for _ in range(3):
        assert run_league(open_league(league.folder), 1, quiet()) == 1
    assert policies(league) == policies(played)
    assert league.results() == played.results()


def test_a_stage_that_was_stopped_goes_on_to_the_same_end(
    played: League, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    league = new_league(tmp_path / "l", RECIPE, replace(TABLE, stage_samples=1024))
    whole = new_league(tmp_path / "w", RECIPE, replace(TABLE, stage_samples=1024))
    run_league(whole, 1, quiet())
    with monkeypatch.context() as patched:
        patched.setattr(_Session, "_after_iteration", lambda self: False)  # as Ctrl-C does
        assert run_league(league, 1, quiet()) == 0
    assert stopped_stage(league) == "main-001"
    assert not league.snapshots("main")
    assert run_league(open_league(league.folder), 1, quiet()) == 1
    assert stopped_stage(league) == ""
    assert policies(league) == policies(whole)


def test_what_a_kill_leaves_is_made_whole(played: League, tmp_path: Path) -> None:
    """Between training and freezing, between freezing and rating, and in the middle of a line."""
    folder = tmp_path / "l"
    shutil.copytree(played.folder, folder)
    league = open_league(folder)
    results = (folder / "results.jsonl").read_bytes()
    (folder / "snapshots" / "main-exploiter-001.onnx").unlink()
    kept = b"".join(line for line in results.splitlines(True) if b"main-exploiter-001" not in line)
    (folder / "results.jsonl").write_bytes(kept + b'{"first": "main-exp')
    for half in (
        ".main-exploiter-001.draft.onnx",
        "._main-001.onnx",
    ):  # of an older build's export; beside a file on a stick
        (folder / "snapshots" / half).write_bytes(b"half")
    order = ["main", "main-exploiter", "league-exploiter"]
    assert [len(league.snapshots(learner)) for learner in order] == [1, 0, 1]
    assert next_stage(league) == ("main-exploiter", 1)
    assert run_league(league, 1, quiet()) == 1
    assert policies(league) == policies(played)
    assert sorted(map(str, league.results())) == sorted(map(str, played.results()))
    assert list(rate_all(league)) == []


def test_an_added_brain_plays_everybody(played: League, tmp_path: Path) -> None:
    folder = tmp_path / "l"
    shutil.copytree(played.folder, folder)
    (folder / "brains" / "guest.onnx").write_bytes(brain_bytes())
    league = open_league(folder)
    before = len(league.results())
    told = list(rate_all(league))
    assert told[0].startswith("guest: ")
    assert len(league.results()) == before + 5
    assert "guest" in league.ratings()


def test_opponents_are_those_that_still_win(played: League) -> None:
    main = opponents(played, "main")
    assert str(played.folder / "snapshots" / "main-001.onnx") not in main
    assert set(opponents(played, "main-exploiter")) == {str(played.folder / "snapshots" / "main-001.onnx")}
    points = played.points("main-001")
    worst, best = min(points, key=points.__getitem__), max(points, key=points.__getitem__)
    weight = {Path(name).stem: value for name, value in main.items()}
    assert weight[worst] >= weight[best]
    recipe = stage_recipe(played, "main-exploiter", 2, anew=False)
    assert (recipe.selfplay.mirror, recipe.selfplay.bot_share, recipe.imitation.bots) == (0.0, 1.0, {})
    assert recipe.seed != stage_recipe(played, "main", 2, anew=False).seed


def test_an_exploiter_begins_anew_when_it_is_frozen(played: League, tmp_path: Path) -> None:
    folder = tmp_path / "l"
    shutil.copytree(played.folder, folder)
    league = open_league(folder)
    parents = []
    for frozen in (False, True):
        wins, losses = (4000, 0) if frozen else (0, 400)
        league.add_results([Result("main-exploiter-001", "main-001", "volley-v0", wins, losses, 0)])
        assert is_frozen(league, "main-exploiter") == frozen
        run = stage_run(league, "main-exploiter", 2)
        parents.append(run.facts["parents"][-1]["title"])
        shutil.rmtree(run.folder)
    assert parents == ["small main-exploiter 1", "clone"]
    assert is_frozen(replace(league, settings=replace(TABLE, patience=1, frozen=1.0)), "league-exploiter")


def test_damage_is_told_with_its_place(played: League, tmp_path: Path) -> None:
    folder = tmp_path / "l"
    shutil.copytree(played.folder, folder)
    lines = (folder / "results.jsonl").read_bytes().splitlines(True)
    for bad, told in (
        (b"{}\n", "results.jsonl, line 2: expected first, second, kind, wins, losses, draws"),
        (b"nonsense\n", "results.jsonl, line 2"),
        (
            lines[1].replace(b'"wins": ', b'"wins": -'),
            "results.jsonl, line 2 > wins: expected a whole number from 0",
        ),
    ):
        (folder / "results.jsonl").write_bytes(b"".join([lines[0], bad, *lines[2:]]))
        with pytest.raises(RunError, match=told):
            open_league(folder).results()
    (folder / "snapshots" / "main-001.onnx").rename(folder / "snapshots" / "main-003.onnx")
    with pytest.raises(
        RunError, match=r"expected snapshots/main-001\.onnx, found none; later ones are there"
    ):
        open_league(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"learners": ["main", "nobody"]},
            "learners: expected main, main-exploiter, league-exploiter, found 'nobody'",
        ),
        ({"learners": ["league-exploiter"]}, "learners: expected main first"),
        ({"anchor": "random"}, "anchor: expected one of the bots still, tracker, found 'random'"),
    ],
)
def test_settings_that_do_not_agree_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RunError, match=message):
        new_league(tmp_path / "l", RECIPE, replace(TABLE, **change))
    assert not (tmp_path / "l").exists()


def test_a_folder_that_is_none_and_settings_with_faults(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="league"):
        open_league(tmp_path)
    league = new_league(tmp_path / "l", RECIPE, TABLE)
    with pytest.raises(RunError, match="already holds a league"):
        new_league(tmp_path / "l", RECIPE, TABLE)
    (league.folder / "league.toml").write_text("matchs = 3\nfrozen = 2.0\n")
    with pytest.raises(RecipeError, match=r"league\.toml > matchs: unknown key; did you mean 'matches'"):
        open_league(league.folder)
    with pytest.raises(RunError, match="enabled = true"):
        new_league(tmp_path / "m", small_recipe(), TABLE)


@pytest.mark.parametrize("name", ["main-001", "A b", "", "../x", "x" * 60])
def test_names_of_added_brains(name: str) -> None:
    with pytest.raises(AgentsError, match="--name: expected"):
        checked_name(name)
    assert checked_name("hunter-2") == "hunter-2"


def test_no_two_stages_have_one_seed_although_exploiters_were_given_up(tmp_path: Path) -> None:
    league = new_league(tmp_path / "l", RECIPE, TABLE)
    with_all = [
        stage_recipe(league, learner, number, anew=False).seed
        for number in range(1, 6)
        for learner in league.settings.learners
    ]
    less = replace(league, settings=replace(TABLE, learners=["main"]))
    later = [stage_recipe(less, "main", number, anew=False).seed for number in range(6, 30)]
    assert len(set(with_all + later)) == len(with_all + later)
    high = replace(league, recipe=replace(RECIPE, seed=2**31 - 1))
    assert 0 <= stage_recipe(high, "main", 1, anew=False).seed < 2**31


def test_a_leagues_recipe_is_data_and_has_no_module_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "league_marker.py").write_text("import pathlib; pathlib.Path(__file__ + '.ran').touch()")
    monkeypatch.syspath_prepend(str(tmp_path))
    recipe = replace(RECIPE, env=replace(RECIPE.env, id=RECIPE.env.id.replace(*_MARKER)))
    league = new_league(tmp_path / "l", recipe, TABLE)
    run = stage_run(league, "main", 1)
    assert run.recipe.env.id == recipe.env.id
    assert not (tmp_path / "league_marker.py.ran").exists()
    assert run_league(league, 1, quiet()) == 1
    assert not (tmp_path / "league_marker.py.ran").exists()
