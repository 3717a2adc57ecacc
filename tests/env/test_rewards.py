"""The reward table, its overrides, and that what a seat earns is what its events say."""

import numpy as np
import pytest

from game.core import rules
from game.core.bots.table import NO_BOT
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arena import PickupSpot, Spawn
from game.core.sim.rewards import STANDOFF_TILES, TERMS
from game.core.sim.state import copy_world
from game.core.sim.tick import tick
from game.env.rewards import DEFAULTS, TERM_NAMES, reward_table_markdown, reward_weights
from tests.env.builders import Array, depot, fortress, hall, make_vec, seeded_actions, stand_still

NOTHING = dict.fromkeys(TERM_NAMES, 0.0)


def weight(table: Array, objective: str, term: str) -> float:
    return float(table[rules.OBJECTIVE_NAMES.index(objective), TERM_NAMES.index(term)])


def test_the_table_names_only_terms_that_there_are() -> None:
    assert tuple(DEFAULTS) == rules.OBJECTIVE_NAMES
    assert {term for row in DEFAULTS.values() for term in row} <= set(TERM_NAMES)


def test_a_win_is_worth_more_than_a_draw_and_a_draw_no_less_than_a_loss() -> None:
    for objective in rules.OBJECTIVE_NAMES:
        table = reward_weights()
        win, draw, loss = (weight(table, objective, term) for term in ("win", "draw", "loss"))
        assert win > draw >= loss


def test_a_plain_term_changes_every_objective_and_a_dotted_one_only_its_own() -> None:
    table = reward_weights({"collect.win": 5, "win": 2.0, "collect": {"cell_home": 0.5}})
    assert [weight(table, name, "win") for name in rules.OBJECTIVE_NAMES] == [2, 2, 5, 2]
    assert weight(table, "collect", "cell_home") == 0.5
    assert weight(table, "eliminate", "cell_home") == 0
    assert weight(table, "survive", "loss") == weight(reward_weights(), "survive", "loss")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"wim": 1}, r"reward › wim: expected term one of .*, found 'wim'; did you mean 'win'\?"),
        ({"colect.win": 1}, r"reward › colect\.win: expected objective .* did you mean 'collect'\?"),
        ({"collect.cell": 1}, r"reward › collect\.cell: expected term .*, found 'cell'"),
        ({"win": "much"}, r"reward › win: expected a finite number, found 'much'"),
        ({"win": float("nan")}, r"reward › win: expected a finite number, found nan"),
        ({"hit": {}}, r"reward › hit: expected a weight, or weights by term, found an empty table"),
        ({"win": True}, r"reward › win: expected a finite number, found True"),
        ({"survive": {"win": []}}, r"reward › survive\.win: expected a finite number, found \[\]"),
        ({3: 1.0}, r"reward: expected names of terms, found 3"),
        (["win"], r"reward: expected a table of weights, found \['win'\]"),
    ],
)
def test_a_wrong_entry_is_named(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reward_weights(overrides)


def test_the_documented_table_has_every_term_with_its_weights() -> None:
    page = reward_table_markdown()
    for term in TERMS:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{term.name}` |"))
        assert [cell.strip() for cell in row.split("|")[2:6]] == [
            f"{DEFAULTS[name][term.name]:g}" if term.name in DEFAULTS[name] else ""
            for name in rules.OBJECTIVE_NAMES
        ]


def place(env: object, seat: int, x: int, y: int, **columns: int) -> None:
    """Put a tank of world 0 at (x, y) su."""
    tank = env.engine.batch.world.tanks[0, seat]  # type: ignore[attr-defined]
    tank[st.TANK_X], tank[st.TANK_Y] = x, y
    for name, value in columns.items():
        tank[getattr(st, name)] = value


def test_shooting_an_idle_tank_pays_for_every_hit_the_kill_and_the_win() -> None:
    env = make_vec(
        "Duel", 1, levels=hall(), seats="all", tank_class="ranger",
        reward=NOTHING | {"win": 10.0, "loss": -10.0, "kill": 3.0, "death": -3.0, "hit": 0.5, "hurt": -0.25,
        "fired": -0.01},
    )  # fmt: skip
    env.reset(seed=1)
    place(env, 0, 1000, 1000)
    place(env, 1, 1900, 1000)
    shoot = stand_still(2)
    shoot[0] = (0, 0, 0, 1, 0)  # aim 0 points right
    total = np.zeros(2)
    fired = 0
    for _ in range(100):
        before = int(env.engine.batch.world.head[0, st.SHOT_SERIAL])
        _, rewards, terminated, _, info = env.step(shoot)
        total += rewards
        if terminated.any():
            break
        fired += int(env.engine.batch.world.head[0, st.SHOT_SERIAL]) - before
    assert info["outcome"].tolist() == [1, -1]
    hits = rules.TANK_CLASSES[rules.RANGER].armour
    assert fired >= hits
    assert total[1] == pytest.approx(-10 - 3 - 0.25 * hits)
    # what was fired in the step that ended the match went with its world, so at most one shot is not counted
    assert total[0] == pytest.approx(10 + 3 + 0.5 * hits - 0.01 * fired, abs=0.011)


def test_a_time_out_nobody_won_is_a_draw_for_both() -> None:
    env = make_vec(
        "Duel", 1, levels=hall(seconds=1), seats="all", reward=NOTHING | {"draw": -0.5, "win": 9.0}
    )
    env.reset(seed=1)
    total = sum(env.step(stand_still(2))[1] for _ in range(15))
    assert total.tolist() == [-0.5, -0.5]


def test_bringing_a_cell_home_pays_for_taking_it_and_for_bringing_it() -> None:
    env = make_vec(
        "Collect", 1, levels=depot(), seats="all",
        reward=NOTHING | {"collect.cell_taken": 0.25, "collect.cell_home": 2.0, "win": 4.0, "loss": -4.0},
    )  # fmt: skip
    env.reset(seed=1)
    earned = []
    for x, y in ((5 * 256 + 128, 2 * 256 + 128), (256 + 128, 6 * 256 + 128)):
        place(env, 0, x, y)
        earned.append(env.step(stand_still(2))[1].tolist())
    assert earned == [[0.25, 0.0], [6.0, -4.0]]


def test_an_attacker_is_paid_for_hits_on_the_core_and_every_defender_pays() -> None:
    level = fortress()
    env = make_vec(
        "Defend", 1, levels=level, seats="all", tank_class="ranger",
        reward=NOTHING | {"core_damage": 1.0, "core_lost": -0.5},
    )  # fmt: skip
    env.reset(seed=1)
    for _ in range(20):  # until the first wave is there
        env.step(stand_still(2))
    place(env, 1, 6 * 256, 6 * 256 + 128)
    shoot = stand_still(2)
    shoot[1] = (0, 16, 0, 1, 0)  # aim 128 points left, at the core
    total = np.zeros(2)
    hp = env.engine.batch.world.head[0, st.CORE_HP]
    start = int(hp)
    for _ in range(30):
        total += env.step(shoot)[1]
    lost = start - int(env.engine.batch.world.head[0, st.CORE_HP])
    assert lost > 0
    assert total.tolist() == [-0.5 * lost, 1.0 * lost]


@pytest.mark.parametrize(("term", "goal"), [("approach", 1), ("pickup_approach", 0)])
def test_a_step_nearer_pays_its_tiles_and_a_step_away_costs_them(term: str, goal: int) -> None:
    """The pick-up lies to the left of the tank, the enemy, which is the objective, to the right."""
    spawns = (Spawn(6, 4, 0), Spawn(11, 4, 1))
    level = hall(*spawns, pickups=(PickupSpot(1, 4, rules.PICKUP_BANK),))
    env = make_vec("Duel", 1, levels=level, seats="all", tank_class="ranger", reward=NOTHING | {term: 2.0})
    env.reset(seed=1)
    row = 4 * 256 + 128
    place(env, 0, 6 * 256 + 128, row)
    env.step(stand_still(2))
    place(env, 0, (7 if goal else 5) * 256 + 128, row)
    assert env.step(stand_still(2))[1][0] == pytest.approx(2.0)
    place(env, 0, 6 * 256 + 128, row)
    assert env.step(stand_still(2))[1][0] == pytest.approx(-2.0)
    place(env, 0, (10 if goal else 2) * 256 + 128, row)
    assert env.step(stand_still(2))[1][0] == 0.0, "a jump leads to another goal"


@pytest.mark.parametrize("tank_class", ["scout", "ranger", "heavy"])
def test_each_class_is_paid_for_its_special_once_it_is_used(tank_class: str) -> None:
    env = make_vec(
        "Duel", 1, levels=hall(), seats="all", tank_class=tank_class, reward=NOTHING | {"special": 2.0}
    )
    env.reset(seed=1)
    wish = stand_still(2)
    wish[0] = (3, 0, 0, 0, 1)
    assert [env.step(wish)[1].tolist() for _ in range(2)] == [[2.0, 0.0], [0.0, 0.0]], "then it is not ready"


def test_standing_off_pays_by_the_second_while_no_enemy_is_near() -> None:
    env = make_vec("Duel", 1, levels=hall(), seats="all", reward=NOTHING | {"standoff": 15.0})
    env.reset(seed=1)
    far, near = STANDOFF_TILES * 256 + 1, STANDOFF_TILES * 256
    for distance, paid in ((far, 1.0), (near, 0.0)):
        place(env, 0, 1000, 1000)
        place(env, 1, 1000 + distance, 1000)
        assert env.step(stand_still(2))[1].tolist() == pytest.approx([paid, paid])


def test_a_tank_that_does_not_move_pays_by_the_second_whether_it_stands_or_is_stopped() -> None:
    env = make_vec(
        "Duel", 1, levels=hall(), seats="all", tank_class="ranger", reward=NOTHING | {"still": -15.0}
    )
    env.reset(seed=1)
    place(env, 0, 1000, 1000)
    place(env, 1, 1900, 1000)
    right, left, stand = (stand_still(2) for _ in range(3))
    right[0, 0], left[0, 0] = 1, 5
    assert env.step(stand)[1].tolist() == pytest.approx([-1.0, -1.0])
    assert env.step(left)[1].tolist() == pytest.approx([0.0, -1.0])
    place(env, 0, 1900 - 2 * rules.TANK_RADIUS, 1000)  # its enemy is in its way
    env.step(right)
    assert env.step(right)[1].tolist() == pytest.approx([-1.0, -1.0])


def earned_by_events(world: object, w: int, weights: dict[str, float], rewards: Array) -> None:
    """A second, slow reading of the reward terms, straight from the table of events."""
    tanks = world.tanks[w]  # type: ignore[attr-defined]
    head = world.head[w]  # type: ignore[attr-defined]
    team = tanks[:, st.TANK_TEAM]
    for kind, a, b, _x, _y in world.events[w, : head[st.N_EVENTS]].tolist():  # type: ignore[attr-defined]
        by = b & ev.SEAT_MASK
        if kind == ev.FIRED:
            rewards[a] += weights["fired"]
        elif kind == ev.TANK_HIT and by == a:
            rewards[a] += weights["self_hurt"]
        elif kind == ev.TANK_HIT:
            rewards[a] += weights["hurt"]
            rewards[by] += weights["ally_hurt"] if team[a] == team[by] else weights["hit"]
            if team[a] != team[by] and b & ev.BANKED_FLAG:
                rewards[by] += weights["bank_hit"]
        elif kind == ev.TANK_DESTROYED:
            rewards[a] += weights["death"]
            if team[by] != team[a]:
                rewards[by] += weights["kill"]
        elif kind == ev.PICKUP_TAKEN:
            rewards[a] += weights["pickup"]
        elif kind == ev.MATCH_ENDED:
            for seat in np.flatnonzero(tanks[:, st.TANK_ACTIVE]):
                won, lost = (weights[name] for name in ("win", "loss"))
                rewards[seat] += weights["draw"] if a < 0 else won if team[seat] == a else lost


def test_what_is_earned_in_team_fights_is_what_the_events_say() -> None:
    weights = NOTHING | {
        "win": 1.0, "loss": -1.0, "draw": -0.5, "kill": 0.3, "death": -0.2, "hit": 0.11, "bank_hit": 0.07,
        "hurt": -0.13, "self_hurt": -0.17, "ally_hurt": -0.19, "pickup": 0.02, "fired": -0.003,
    }  # fmt: skip
    spawns = [Spawn(3 + 2 * (n // 2), 2 + 3 * (n % 2), n % 2) for n in range(6)]
    env = make_vec("Eliminate", 1, levels=hall(*spawns), seats="all", reward=weights)
    env.reset(seed=3)
    env.assign_bots([0, 1, 2, 3], ["marksman", "chaser", "chaser", "marksman"])
    batch = env.engine.batch
    seen = np.zeros(6)
    for _, action in zip(range(400), seeded_actions(6), strict=False):
        copy = copy_world(batch.world)
        _, rewards, *_ = env.step(action)
        expected = np.zeros(6)
        for _tick in range(rules.DECISION_PERIOD):
            tick(copy, batch.levels, 0, batch.io.actions)
            earned_by_events(copy, 0, weights, expected)
        assert rewards == pytest.approx(expected)
        seen += np.abs(expected)
    assert (seen > 0).all()
    assert (env.engine.bots.ids[0, 4:] == NO_BOT).all()
