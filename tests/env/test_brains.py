"""Brains as opponents and allies inside the environments: the same whatever the batch, the threads and the restart."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from game.core import rules
from game.core.bots.table import BOT_NAMES, bot_id
from game.env.brains import FIRST_BRAIN, brain_file, open_brain_library, player_id
from game.env.vector import BankshotVectorEnv, make_vector
from tests.env.builders import make_vec
from tests.match.matches import OLD_BRAIN

HUNTER = Path("game/brains/hunter/brain.onnx")
LEVELS = "test:8"
STEPS = 60


def course(
    env: BankshotVectorEnv, seed: int | list[int] = 7, steps: int = STEPS
) -> list[np.ndarray[Any, Any]]:
    """What rows see while they stand still."""
    seen = [env.reset(seed=seed)[0]]
    quiet = np.zeros((env.num_envs, len(rules.ACTION_HEADS)), np.int64)
    return [*seen, *(env.step(quiet)[0] for _ in range(steps))]


def same(one: list[np.ndarray[Any, Any]], other: list[np.ndarray[Any, Any]]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_brain_does_in_its_seat_what_its_logits_say() -> None:
    env = make_vector(6, levels=LEVELS, opponent=str(OLD_BRAIN), brain_temperature=0.0)
    env.reset(seed=3)
    brain = open_brain_library().load(str(OLD_BRAIN))
    quiet = np.zeros((6, 5), np.int64)
    acted = 0
    for _ in range(40):
        io, ids = env.engine.batch.io, env.engine.bots.ids
        held = (ids == FIRST_BRAIN) & (io.observations[..., 3] > 0)
        seen = io.observations[held].copy()
        env.step(quiet)
        sizes = np.cumsum([size for _, size in rules.ACTION_HEADS])[:-1]
        likeliest = np.stack([part.argmax(1) for part in np.split(brain.logits(seen), sizes, axis=1)], 1)
        ended = io.ended.astype(bool)
        kept = ~ended[np.nonzero(held)[0]]
        assert np.array_equal(io.npc_actions[held][kept], likeliest[kept])
        acted += int(kept.sum())
    assert acted > 150


def test_it_beats_who_stands_still() -> None:
    env = make_vector(16, levels=LEVELS, opponent="hunter")
    env.reset(seed=1)
    outcomes: list[int] = []
    quiet = np.zeros((16, 5), np.int64)
    while len(outcomes) < 16:
        info = env.step(quiet)[4]
        if "outcome" in info:
            outcomes += info["outcome"][info["_outcome"]].tolist()
            assert set(info["opponent"][info["_outcome"]].tolist()) == {FIRST_BRAIN}
    assert outcomes.count(-1) > 5
    assert outcomes.count(1) == 0


def test_the_course_is_the_same_in_any_batch_on_any_threads_and_after_a_restart() -> None:
    arguments: dict[str, Any] = {"levels": LEVELS, "opponent": "hunter:1,sniper:1,chaser:1"}
    whole = course(make_vector(8, threads=1, **arguments))
    assert same(whole, course(make_vector(8, threads=2, **arguments)))
    part = course(make_vector(3, first_world=5, **arguments))
    assert all(np.array_equal(a[5:], b) for a, b in zip(whole, part, strict=True))
    env, again = (make_vector(8, **arguments) for _ in range(2))
    course(env, steps=20)
    again.reset(seed=99)
    again.load_state_dict(env.state_dict())
    quiet = np.zeros((8, 5), np.int64)
    for step in range(20):
        seen = env.step(quiet)[0]
        assert np.array_equal(seen, again.step(quiet)[0])
        assert np.array_equal(seen, whole[21 + step])


def test_a_single_environment_plays_what_a_vector_plays() -> None:
    vector = make_vector(2, levels=LEVELS, opponent="guardian")
    single = gymnasium.make("game:Bankshot/Duel-v0", levels=LEVELS, opponent="guardian")
    seen, _ = vector.reset(seed=[4, 5])
    alone, _ = single.reset(seed=5)
    assert np.array_equal(seen[1], alone)
    quiet = np.zeros((2, 5), np.int64)
    for _ in range(30):
        seen = vector.step(quiet)[0]
        assert np.array_equal(seen[1], single.step(quiet[0])[0])
    single.close()


def test_mixtures_seat_bots_and_brains_and_allies_may_be_brains() -> None:
    env = make_vector(
        40, env_id="Bankshot/Eliminate-v0", levels=LEVELS, opponent="hunter,chaser", allies="sniper"
    )
    env.reset(seed=2)
    assert set(env.engine.seating.opponent.tolist()) == {FIRST_BRAIN, bot_id("chaser")}
    assert set(env.engine.seating.ally.tolist()) == {FIRST_BRAIN - 1}


def test_names() -> None:
    brains: list[str] = []
    path = str(HUNTER)
    assert [player_id(name, brains) for name in ("chaser", "hunter", path, "hunter")] == [2, -2, -3, -2]
    assert brains == ["hunter", path]
    assert brain_file("chaser") is None
    assert brain_file("hunter") is not None
    assert all(player_id(name, []) >= 0 for name in BOT_NAMES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"opponent": "huntr"},
            r"opponent › bot: expected one of idle, .*; or a brain \(.*hunter.*\) or an \.onnx file",
        ),
        ({"allies": "gone.onnx"}, "gone.onnx"),
        ({"brain_temperature": -1}, "brain_temperature: expected a number from 0 to 100, found -1"),
        ({"brain_temperature": True}, "brain_temperature: expected a number from 0 to 100, found True"),
    ],
)
def test_what_is_not_there_is_refused_in_a_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_vector(1, levels=LEVELS, **arguments)


def test_a_foreign_state_may_name_no_brain_that_is_not_seated() -> None:
    env = make_vector(2, levels=LEVELS, opponent="hunter")
    env.reset(seed=1)
    state = env.state_dict()
    state["bots.ids"] = np.full_like(state["bots.ids"], FIRST_BRAIN - 1)
    with pytest.raises(ValueError, match=r"bots\.ids .* bot: expected -2 to"):
        env.load_state_dict(state)


def test_a_state_saved_as_a_match_ends_says_that_nothing_is_decided() -> None:
    """The hunter is told what it decided last; a state knows no ends, so that it must not keep what was before one."""
    env = make_vec("Duel", 4, opponent="hunter", match_seconds=2, levels="train:6")
    env.reset(seed=3)
    ends = 0
    for _ in range(70):
        _, _, terminated, truncated, _ = env.step(np.zeros((4, 5), np.int64))
        over, last = terminated | truncated, env.state_dict()["brains.last"]
        assert not last[over].any()
        ends += int(over.sum())
    assert ends >= 4
    assert last.any()
