"""The demo game honours the seam, and becomes trainable through `agents` alone."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from agents.contract import Contract
from agents.evaluate import Player, evaluate
from agents.export import export_run
from agents.recipe_reading import load_recipe
from agents.runtime import load_brain
from agents.train import create_run, train

from . import paddle
from .paddle import MATCH_STEPS, POINTS_TO_WIN, PaddleVectorEnv

ROOT = Path(__file__).resolve().parents[2]


def _play(env: PaddleVectorEnv, steps: int, seed: int = 1) -> list[Any]:
    random = np.random.default_rng(seed)
    return [env.step(random.integers(0, (3, 2), (env.num_envs, 2))) for _ in range(steps)]


def test_observations_stay_in_their_declared_range_and_reach_its_ends() -> None:
    env = PaddleVectorEnv(64, opponent="random", seats="all")
    env.reset(seed=1)
    seen = np.stack([step[0] for step in _play(env, 400)])
    assert env.single_observation_space.contains(seen[0, 0])
    assert (seen >= env.single_observation_space.low).all()
    assert (seen <= env.single_observation_space.high).all()
    # Every number moves: no slot is dead.
    assert (seen.reshape(-1, 8).std(axis=0) > 0.01).all()


def test_the_same_seed_and_actions_give_the_same_match() -> None:
    runs = []
    for seed in (4, 4, 5):
        env = PaddleVectorEnv(8, opponent={"random": 1.0, "tracker": 1.0})
        env.reset(seed=seed)
        runs.append([step[0].tobytes() + step[1].tobytes() for step in _play(env, 300)])
    assert runs[0] == runs[1] != runs[2]


def test_both_seats_see_the_same_match_mirrored() -> None:
    env = PaddleVectorEnv(1, seats="all")
    env.reset(seed=3)
    for left, right in (step[0] for step in _play(env, 200)):
        assert left[0] == right[1]
        assert left[2] == pytest.approx(-right[2])
        assert left[3] == right[3]
        assert left[4] == pytest.approx(-right[4])


def test_matches_end_with_a_winner_and_a_loser_or_in_time() -> None:
    env = PaddleVectorEnv(16, seats="all")
    env.reset(seed=2)
    ended = 0
    for _, _, terminated, truncated, info in _play(env, 2 * MATCH_STEPS):
        over = terminated | truncated
        assert not (terminated & truncated).any()
        if not over.any():
            assert "outcome" not in info
            continue
        ended += int(over.sum())
        assert (info["_outcome"] == over).all()
        results = info["outcome"].reshape(16, 2)[over.reshape(16, 2)[:, 0]]
        assert (results.sum(axis=1) == 0).all()
        scores = info["score"].reshape(16, 2)[terminated.reshape(16, 2)[:, 0]]
        assert (scores.max(axis=1) == POINTS_TO_WIN).all()
        # The new match has begun in the same step; the last observation of the old one is kept.
        assert (info["final_obs"][over] != env._observe()[over]).any()
    assert ended > 30


def test_arrays_are_fresh_each_step() -> None:
    env = PaddleVectorEnv(4)
    first, _ = env.reset(seed=1)
    kept = first.copy()
    steps = _play(env, 3)
    assert np.array_equal(first, kept)
    assert not any(np.shares_memory(steps[0][index], steps[1][index]) for index in range(4))


def test_state_survives_a_round_trip() -> None:
    env = PaddleVectorEnv(4, seats="all")
    env.reset(seed=1)
    env.assign_bots(np.array([1, 4]), ["random", "tracker"])
    _play(env, 50)
    state = env.state_dict()
    expected = [step[0].tolist() for step in _play(env, 100, seed=9)]
    other = PaddleVectorEnv(4, seats="all")
    other.reset(seed=77)
    other.load_state_dict(state)
    assert [step[0].tolist() for step in _play(other, 100, seed=9)] == expected


def test_the_tracker_is_the_better_bot() -> None:
    still = Player("still", lambda senses: np.tile(np.array([99.0, 0, 0, 99, 0]), (len(senses), 1)))
    lost = [
        evaluate(still, "Paddle/Volley-v0", name, matches=60, seed=1).losses for name in ("random", "tracker")
    ]
    assert lost[0] < lost[1]


def test_unknown_names_are_refused() -> None:
    for arguments in ({"opponent": "wizard"}, {"levels": "moon"}, {"reward": {"style": 1.0}}):
        with pytest.raises(ValueError, match="expected one of"):
            PaddleVectorEnv(1, **arguments)  # type: ignore[arg-type]


def test_the_picture_shows_bats_ball_and_score() -> None:
    import pygame

    env = PaddleVectorEnv(1, seats="all")
    env.reset(seed=1)
    bats, ball, score = env.court
    score[0, 1] = 1
    surface = pygame.Surface((400, 200))
    paddle.draw(surface, env)
    assert surface.get_at((16, int(bats[0, 0] * 200)))[:3] == (90, 220, 255)
    assert surface.get_at((383, int(bats[0, 1] * 200)))[:3] == (255, 150, 90)
    assert surface.get_at((int(ball[0, 0] * 400), int(ball[0, 1] * 200)))[:3] == (240, 240, 255)
    assert surface.get_at((370, 20))[:3] == (255, 150, 90)


def test_neither_game_nor_plugin_know_of_each_other() -> None:
    imported = {
        name
        for path in [*(ROOT / "agents").glob("*.py"), ROOT / "tests/plugin_demo/paddle.py"]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
    }
    assert not {name for name in imported if name.split(".")[0] in {"game", "recommender", "music"}}
    assert "agents.runtime" in imported
    sources = [path.read_text(encoding="utf-8").lower() for path in (ROOT / "agents").glob("*.py")]
    mentions = sum(source.count("paddle") for source in sources)
    assert mentions == 0


def test_the_shipped_recipe_is_valid_and_starts(tmp_path: Path) -> None:
    recipe = load_recipe(
        ROOT / "tests/plugin_demo/paddle.toml",
        ["budget.samples=1", "eval.matches=4", "eval.num_envs=4", "eval.every=0"],
    )
    assert train(create_run(tmp_path / "run", recipe), Console(quiet=True)).facts["status"] == "done"


def test_seconds_of_training_give_an_onnx_opponent_that_beats_random(tmp_path: Path) -> None:
    recipe = load_recipe(
        ROOT / "tests/plugin_demo/paddle.toml",
        [
            "selfplay={}",
            "env.num_envs=64",
            "env.kwargs={opponent='random', levels='calm'}",
            "budget.samples=60_000",
            "ppo={n_steps=32, batch_size=512, learning_rate=3e-3}",
            "net={pi=[32], vf=[32]}",
            "eval={opponents=['random'], matches=200}",
        ],
    )
    run = train(create_run(tmp_path / "run", recipe), Console(quiet=True))
    model = tmp_path / "rookie.onnx"
    export_run(run, model, matches=200)
    brain = load_brain(
        model, Contract.from_dict(PaddleVectorEnv(1).policy_contract()), cache_dir=tmp_path / "cache"
    )
    after = brain.card.evaluation[0]
    untrained = Player("untrained", lambda senses: np.zeros((len(senses), 5)))
    before = evaluate(untrained, recipe.env.id, "random", matches=200, kwargs={"levels": "calm"})
    assert after["win_rate_low"] > before.interval[1]
    assert after["win_rate_low"] > 0.5

    # And the game itself plays against it, in its own window.
    command = [sys.executable, "-m", "tests.plugin_demo.paddle", "--brain", str(model), "--seconds", "0.3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
