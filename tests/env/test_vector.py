"""The vector environment: rows, episodes, final observations, infos, and who sits where."""

from collections import Counter
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv

from game.core import rules
from game.core.bots.table import BOT_NAMES, CHASER, MARKSMAN, NO_BOT, WANDERER
from game.core.sim import state as st
from game.core.sim.arena import Spawn
from game.core.sim.contract import policy_contract
from game.core.sim.slots import OBSERVATION_SIZE
from game.env.engine import STAGGER_STEPS
from game.env.setups import ENV_IDS
from game.env.vector import BankshotVectorEnv
from tests.env.builders import NVEC, Array, depot, fortress, hall, make_vec, seeded_actions, stand_still

TWO_A_SIDE = [Spawn(1, 2, 0), Spawn(10, 2, 1), Spawn(1, 5, 0), Spawn(10, 5, 1)]


@pytest.mark.parametrize("env_id", ENV_IDS)
@pytest.mark.parametrize("seats", ["learner", "all"])
def test_every_id_keeps_to_its_spaces(env_id: str, seats: str) -> None:
    env = gymnasium.make_vec(f"game:{env_id}", num_envs=6, levels="train:3", seats=seats, match_seconds=4)
    inner = env.unwrapped
    assert isinstance(inner, BankshotVectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert env.num_envs == inner.worlds * inner.seats_per_world
    assert (inner.worlds, inner.seats_per_world == 1) == (6, seats == "learner")
    begin, info = env.reset(seed=1)
    check_observations(env, begin)
    ended = 0
    for _, actions in zip(range(150), seeded_actions(env.num_envs), strict=False):
        observations, rewards, terminated, truncated, info = env.step(actions)
        check_observations(env, observations)
        for flags in (terminated, truncated, info["active"]):
            assert flags.dtype == np.bool_
            assert flags.shape == (env.num_envs,)
        assert rewards.dtype == np.float64
        assert np.isfinite(rewards).all()
        assert not (terminated & truncated).any()
        if "final_obs" in info:
            check_observations(env, info["final_obs"])
        ended += int((terminated | truncated).sum())
    assert ended >= env.num_envs


def check_observations(env: VectorEnv[Any, Any, Any], observations: Array) -> None:
    """Fail unless the observations are what the space says:

    shape, type, and every number within its bounds.
    """
    space = env.single_observation_space
    assert isinstance(space, gymnasium.spaces.Box)
    assert observations.shape == (env.num_envs, OBSERVATION_SIZE)
    assert observations.dtype == np.float32
    assert ((observations >= space.low) & (observations <= space.high)).all()


@pytest.mark.parametrize("broken", [1.5, -1.5, np.nan])
def test_an_observation_out_of_bounds_is_found_out(broken: float) -> None:
    env = make_vec("Duel", 2)
    observations, _ = env.reset(seed=1)
    check_observations(env, observations)
    observations[1, 40] = broken
    with pytest.raises(AssertionError):
        check_observations(env, observations)


def arrays_of(step: tuple[Any, ...]) -> list[Array]:
    """Every array that a step returned, those in its info included."""
    found: list[Array] = []
    for part in step:
        if isinstance(part, dict):
            found += arrays_of(tuple(part.values()))
        elif isinstance(part, np.ndarray):
            found.append(part)
    return found


def check_fresh(env: VectorEnv[Any, Any, Any], steps: int) -> None:
    """Fail when an array that a call returned is written to, or handed out again, by a later one."""
    kept: list[tuple[Array, Array]] = [(array, array.copy()) for array in arrays_of(env.reset(seed=1))]
    for _, actions in zip(range(steps), seeded_actions(env.num_envs), strict=False):
        before = actions.copy()
        new = arrays_of(env.step(actions))
        assert np.array_equal(actions, before)
        for array, copy in kept:
            assert np.array_equal(array, copy)
            assert not any(np.shares_memory(array, fresh) for fresh in new)
        kept = [*kept[-40:], *((array, array.copy()) for array in new)]


@pytest.mark.parametrize("seats", ["learner", "all"])
def test_every_call_returns_fresh_arrays(seats: str) -> None:
    check_fresh(make_vec("Duel", 3, match_seconds=1, seats=seats), 40)


class OneBuffer(gymnasium.vector.VectorWrapper):  # type: ignore[misc]
    """An env that fills one buffer again and again."""

    def step(self, actions: Any) -> Any:
        observations, *rest = self.env.step(actions)
        self.buffer = getattr(self, "buffer", observations)
        self.buffer[:] = observations
        return self.buffer, *rest


def test_a_reused_buffer_is_found_out() -> None:
    with pytest.raises(AssertionError):
        check_fresh(OneBuffer(make_vec("Duel", 3)), 5)


@pytest.mark.parametrize(
    ("name", "level", "side", "outcome", "truncated"),
    [
        ("Duel", hall(), 0, 0, True),
        ("Collect", depot(), 1, 0, True),
        ("Survive", hall(objective=rules.SURVIVE), 0, 1, False),
        ("Survive", hall(objective=rules.SURVIVE), 1, -1, False),
        ("Defend", fortress(), 0, 1, False),
    ],
)
def test_the_clock_truncates_only_what_it_does_not_decide(
    name: str, level: Any, side: int, outcome: int, truncated: bool
) -> None:
    env = make_vec(name, 2, levels=level, side=side, opponent="idle", match_seconds=1)
    env.reset(seed=1)
    for step in range(15):
        _, _, ends, cut, info = env.step(stand_still(2))
        assert ("outcome" in info) == (step == 14)
    assert cut.tolist() == [truncated] * 2
    assert ends.tolist() == [not truncated] * 2
    assert info["outcome"].tolist() == [outcome] * 2
    assert info["timed_out"].tolist() == [truncated] * 2
    assert info["ticks"].tolist() == [rules.TICKS_PER_SECOND] * 2
    assert info["team"].tolist() == [side] * 2
    assert info["_outcome"].all()


def test_final_observations_are_the_last_of_the_old_match() -> None:
    """An env without autoreset, stepped alike, ends where the vector env's match ended and goes on from there."""
    arguments: dict[str, Any] = {"levels": "train:4", "match_seconds": 2, "opponent": "chaser:1,wanderer:1"}
    env = make_vec("Collect", 3, **arguments)
    singles = [gymnasium.make("game:Bankshot/Collect-v0", **arguments) for _ in range(3)]
    begin, _ = env.reset(seed=[5, 6, 7])
    for row, (single, seed) in enumerate(zip(singles, (5, 6, 7), strict=True)):
        assert np.array_equal(single.reset(seed=seed)[0], begin[row])
    ended = 0
    for _, actions in zip(range(80), seeded_actions(3), strict=False):
        observations, rewards, terminated, truncated, info = env.step(actions)
        for row, single in enumerate(singles):
            last, reward, ends, cut, single_info = single.step(actions[row])
            assert (reward, ends, cut) == (rewards[row], terminated[row], truncated[row])
            over = ends or cut
            assert over == bool(info.get("_final_obs", np.zeros(3))[row])
            if over:
                ended += 1
                assert np.array_equal(info["final_obs"][row], last)
                assert single_info["outcome"] == info["outcome"][row]
                assert single_info["score"] == info["score"][row]
                last, _ = single.reset()
            assert np.array_equal(last, observations[row])
    assert ended >= 6


def test_what_is_not_over_has_no_final_observation() -> None:
    env = make_vec("Duel", 4, match_seconds=4, stagger=True, opponent="idle", levels=hall())
    env.reset(seed=1)
    for _ in range(30):
        *_, terminated, truncated, info = env.step(stand_still(4))
        if "final_obs" in info:
            assert np.array_equal(info["_final_obs"], terminated | truncated)
            assert not info["final_obs"][~info["_final_obs"]].any()
            assert info["final_info"]["outcome"] is info["outcome"]
            assert not info["ticks"][~info["_ticks"]].any()
            return
    pytest.fail("no match ended")


def test_staggered_first_matches_end_one_after_the_other_and_later_ones_are_whole() -> None:
    env = make_vec("Duel", STAGGER_STEPS, levels=hall(), opponent="idle", match_seconds=16, stagger=True)
    env.reset(seed=1)
    lengths: dict[int, list[int]] = {row: [] for row in range(STAGGER_STEPS)}
    for _ in range(15 * 32):
        info = env.step(stand_still(STAGGER_STEPS))[4]
        for row in np.flatnonzero(info.get("_ticks", [])):
            lengths[int(row)].append(int(info["ticks"][row]))
    firsts = [found[0] for found in lengths.values()]
    assert firsts == [60 * (row + 1) for row in range(STAGGER_STEPS)]
    assert {length for found in lengths.values() for length in found[1:]} == {960}


def test_without_staggering_the_clock_ends_all_first_matches_at_once() -> None:
    env = make_vec("Duel", 4, levels=hall(), opponent="idle", match_seconds=2)
    env.reset(seed=1)
    ended = [int(env.step(stand_still(4))[3].sum()) for _ in range(30)]
    assert ended == [0] * 29 + [4]


def test_opponents_are_drawn_by_their_shares() -> None:
    worlds, matches = 400, 5
    env = make_vec("Duel", worlds, levels=hall(), opponent="idle:1,wanderer:3", match_seconds=1)
    env.reset(seed=1)
    drawn: Counter[int] = Counter()
    sides: Counter[int] = Counter()
    for _ in range(15 * matches + 60):
        info = env.step(stand_still(worlds))[4]
        if "opponent" in info:
            drawn.update(info["opponent"][info["_opponent"]].tolist())
            sides.update(info["team"][info["_team"]].tolist())
    total = drawn.total()
    assert set(drawn) == {0, WANDERER}
    assert total > 1500
    assert drawn[WANDERER] / total == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / total) ** 0.5)
    assert sides[0] / total == pytest.approx(0.5, abs=4 * (0.25 / total) ** 0.5)


def test_the_bots_sit_where_the_learner_does_not() -> None:
    env = make_vec("Eliminate", 40, levels=hall(*TWO_A_SIDE), opponent="chaser", allies="marksman")
    env.reset(seed=2)
    ids, seats, teams = env.engine.bots.ids, env.engine.seating.row_seat[:, 0], env.team_of_row
    for world in range(40):
        of_team = {team: [int(ids[world, seat]) for seat in (team, team + 2)] for team in (0, 1)}
        assert sorted(of_team[int(teams[world])]) == sorted([NO_BOT, MARKSMAN])
        assert of_team[1 - int(teams[world])] == [CHASER, CHASER]
        assert ids[world, seats[world]] == NO_BOT
    assert set(seats.tolist()) == {0, 1, 2, 3}


def test_allies_are_the_opponents_bot_unless_said_otherwise() -> None:
    env = make_vec("Eliminate", 30, levels=hall(*TWO_A_SIDE), opponent="chaser:1,marksman:1")
    env.reset(seed=2)
    kinds = [set(row.tolist()) - {NO_BOT} for row in env.engine.bots.ids]
    assert all(len(kind) == 1 for kind in kinds)
    assert {bot for kind in kinds for bot in kind} == {CHASER, MARKSMAN}


def test_each_row_drives_its_own_seat() -> None:
    env = make_vec("Eliminate", 2, levels=hall(*TWO_A_SIDE), seats="all", tank_class="scout")
    env.reset(seed=1)
    assert env.team_of_row.tolist() == [0, 1, 0, 1] * 2
    tanks = env.engine.batch.world.tanks
    for row in range(8):
        before = tanks[:, :, st.TANK_X : st.TANK_Y + 1].copy()
        actions = stand_still(8)
        actions[row, 0] = 3  # down
        env.step(actions)
        moved = np.argwhere((tanks[:, :, st.TANK_X : st.TANK_Y + 1] != before).any(axis=2))
        assert moved.tolist() == [[row // 4, row % 4]]


def test_the_learners_row_drives_the_seat_that_was_drawn() -> None:
    env = make_vec("Eliminate", 8, levels=hall(*TWO_A_SIDE), opponent="idle", tank_class="scout")
    env.reset(seed=1)
    before = env.engine.batch.world.tanks[:, :, st.TANK_Y].copy()
    actions = stand_still(8)
    actions[:, 0] = 3
    env.step(actions)
    moved = np.argwhere(env.engine.batch.world.tanks[:, :, st.TANK_Y] != before)
    assert moved.tolist() == [[w, int(env.engine.seating.row_seat[w, 0])] for w in range(8)]


def test_a_fallen_learner_terminates_once_idles_and_gets_a_seat_in_the_next_match() -> None:
    env = make_vec("Eliminate", 12, levels=hall(*TWO_A_SIDE), opponent="marksman", side=0, match_seconds=90)
    env.reset(seed=3)
    fallen = np.zeros(12, bool)
    fell = came_back = 0
    for _ in range(400):
        observations, _, terminated, truncated, info = env.step(stand_still(12))
        ended = info.get("_outcome", np.zeros(12, bool))
        new = terminated & ~ended & ~fallen
        fell += int(new.sum())
        came_back += int((fallen & ended).sum())
        # a row that fell says nothing more until its world's match ends
        assert not ((terminated | truncated) & fallen & ~ended).any()
        assert not (truncated & fallen).any()
        assert (terminated | truncated)[ended].all()
        fallen = (fallen | new) & ~ended
        assert np.array_equal(info["active"], ~fallen)
        assert not observations[fallen].any()
        assert observations[~fallen].any(axis=1).all()
        if new.any():
            assert info["_final_obs"][new].all()
    assert fell > 3
    assert came_back > 3


def test_a_tank_that_will_respawn_idles_without_terminating() -> None:
    env = make_vec("Collect", 1, levels=depot(), seats="all")
    env.reset(seed=1)
    tank = env.engine.batch.world.tanks[0, 0]
    tank[st.TANK_ALIVE], tank[st.TANK_RESPAWN] = 0, 30
    active = []
    for _ in range(9):
        _, _, terminated, truncated, info = env.step(stand_still(2))
        assert not (terminated | truncated).any()
        active.append(bool(info["active"][0]))
    assert active == sorted(active)
    assert set(active) == {False, True}


def test_seats_that_a_level_has_no_start_for_are_never_active() -> None:
    small = hall()
    env = make_vec("Eliminate", 16, levels=[small, hall(*TWO_A_SIDE)], seats="all", match_seconds=2)
    _, info = env.reset(seed=1)
    levels = env.engine.batch.world.head[:, st.LEVEL]
    assert set(levels.tolist()) == {0, 1}
    active = info["active"].reshape(16, 4)
    assert active[:, :2].all()
    assert np.array_equal(active[:, 2], levels == 1)
    assert np.array_equal(active[:, 3], levels == 1)


def test_levels_are_reported_by_place_and_name() -> None:
    env = make_vec("Arena", 32, levels="crossfire,cellar", match_seconds=1, opponent="idle")
    assert env.level_names == ("crossfire", "cellar")
    env.reset(seed=1)
    playing = env.engine.batch.world.head[:, st.LEVEL].copy()
    for _ in range(15):
        info = env.step(stand_still(32))[4]
    assert info["level"][info["_level"]].tolist() == playing[info["_level"]].tolist()
    assert set(playing.tolist()) == {0, 1}


def test_bots_take_over_rows_and_hand_them_back() -> None:
    env = make_vec("Duel", 2, seats="all", match_seconds=2)

    def play(other_rows: int) -> list[Array]:
        env.reset(seed=5)
        env.assign_bots([1, 3], ["chaser", "marksman"])
        out = []
        for _, actions in zip(range(60), seeded_actions(4), strict=False):
            actions[1::2] = other_rows  # ignored: bots sit there, in later matches too
            out.append(env.step(actions)[0])
        return out

    assert all(np.array_equal(*pair) for pair in zip(play(0), play(1), strict=True))
    assert env.engine.bots.ids.tolist() == [[NO_BOT, CHASER], [NO_BOT, MARKSMAN]]
    env.assign_bots([1, 3], [None, None])
    assert (env.engine.bots.ids == NO_BOT).all()
    before = env.engine.batch.world.tanks[:, 1, st.TANK_AIM].copy()
    actions = stand_still(4)
    actions[1::2, 1] = (before // 8 + 16) % 32
    env.step(actions)
    assert (env.engine.batch.world.tanks[:, 1, st.TANK_AIM] != before).all()


@pytest.mark.parametrize(
    ("rows", "names", "message"),
    [
        ([9], ["chaser"], r"assign_bots: expected rows 0 to 3, found \[9\]"),
        ([0], ["chesser"], rf"bot: expected one of {', '.join(BOT_NAMES)}, found 'chesser'"),
        ([0, 1], ["chaser"], r"assign_bots: expected a name for each of 2 rows, found 1"),
    ],
)
def test_wrong_bots_are_refused(rows: list[int], names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_vec("Duel", 2, seats="all").assign_bots(rows, names)


def test_only_an_all_seats_env_takes_bots_by_row() -> None:
    with pytest.raises(ValueError, match="assign_bots: expected an environment made with seats='all'"):
        make_vec("Duel", 2).assign_bots([0], ["chaser"])


@pytest.mark.parametrize(
    ("row", "head", "value", "message"),
    [
        (1, 0, 9, r"actions › row 1 › move: expected 0 to 8, found 9"),
        (0, 1, -1, r"actions › row 0 › aim_sector: expected 0 to 31, found -1"),
        (1, 4, 2, r"actions › row 1 › special: expected 0 to 1, found 2"),
    ],
)
def test_an_action_out_of_range_is_named(row: int, head: int, value: int, message: str) -> None:
    env = make_vec("Duel", 2)
    env.reset(seed=1)
    actions = stand_still(2)
    actions[row, head] = value
    with pytest.raises(ValueError, match=message):
        env.step(actions)


def test_actions_of_another_shape_are_refused() -> None:
    env = make_vec("Duel", 2)
    env.reset(seed=1)
    with pytest.raises(ValueError, match=r"actions: expected shape \(2, 5\), found \(2, 4\)"):
        env.step(np.zeros((2, 4), np.int64))


def test_a_step_before_the_first_reset_is_refused() -> None:
    with pytest.raises(gymnasium.error.ResetNeeded):
        make_vec("Duel", 2).step(stand_still(2))


def test_the_contract_is_the_cores_and_fits_the_spaces() -> None:
    env = make_vec("Duel", 1)
    contract = env.policy_contract()
    assert contract == policy_contract()
    assert sum(slot["size"] for slot in contract["slots"]) == OBSERVATION_SIZE
    assert [head["size"] for head in contract["heads"]] == NVEC.tolist()
    assert env.single_observation_space.shape == (OBSERVATION_SIZE,)
    assert env.single_action_space == gymnasium.spaces.MultiDiscrete(NVEC)


def test_without_the_preview_its_slots_are_zero_and_the_rest_is_the_same() -> None:
    with_preview, _ = make_vec("Duel", 4).reset(seed=1)
    without, _ = make_vec("Duel", 4, preview=False).reset(seed=1)
    assert with_preview[:, 115:].any()
    assert not without[:, 115:].any()
    assert np.array_equal(with_preview[:, :115], without[:, :115])


def test_a_picture_of_every_world_can_be_had() -> None:
    env = make_vec("Duel", 2, render_mode="rgb_array")
    env.reset(seed=1)
    pictures = env.render()
    assert pictures is not None
    assert [picture.shape[2] for picture in pictures] == [3, 3]
    assert all(picture.std() > 5 for picture in pictures)
    with pytest.raises(ValueError, match="render_mode: expected None or rgb_array, found 'human'"):
        make_vec("Duel", 2, render_mode="human")
