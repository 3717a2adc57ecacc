"""Hand-made observations, and batches of bots in real matches."""

from collections.abc import Sequence

import numpy as np

from game.core import rules
from game.core.bots.drive import BotDriver
from game.core.bots.table import bot_id
from game.core.levels.generator import generate
from game.core.sim.arena import Arena
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.batch import Batch
from game.core.sim.setup import RANDOM_CLASS
from game.core.sim.slots import ENEMY_SIZE, OBSERVATION_SIZE, OFFSETS, slot_bounds


def calm_row(tank_class: int = rules.RANGER, objective: int = rules.ELIMINATE) -> SenseArray:
    """Return what a whole, ready tank senses in an empty hall with nobody about."""
    row = np.zeros(OBSERVATION_SIZE, np.float32)
    row[OFFSETS["own_class"] + tank_class] = 1
    row[OFFSETS["own_hp"]] = 1
    row[OFFSETS["own_velocity"]] = 0.125
    row[OFFSETS["rays"] : OFFSETS["rays"] + 8] = 1
    row[OFFSETS["objective"] + objective] = 1
    row[OFFSETS["clock"]] = 1
    return row


def put_enemy(row: SenseArray, x: int, y: int) -> None:
    """Put the nearest enemy x, y su away, in sight, with the way-point leading straight to it."""
    at = OFFSETS["enemies"]
    row[at], row[at + 1], row[at + 2], row[at + 6] = 1, x / 4096, y / 4096, 1
    for way in ("way_enemy", "way_objective"):
        row[OFFSETS[way]] = np.sign(x)
        row[OFFSETS[way] + 1] = np.sign(y)
        row[OFFSETS[way] + 2] = max(abs(x), abs(y)) / 256 / 64


def put_flight(
    row: SenseArray, sector: int, target: float, ticks: int, banks: int = 0, position: int = 4
) -> None:
    """Say what a shot fired into a sector would meet."""
    row[OFFSETS["preview_target"] + sector] = target
    row[OFFSETS["preview_ticks"] + sector] = ticks / rules.PREVIEW_TICKS
    row[OFFSETS["preview_banks"] + sector] = banks / 4
    row[OFFSETS["preview_position"] + sector] = (2 * position - 7) / 7


def ask(bot: str, row: SenseArray, seed: int = 0, decisions: int = 1) -> list[list[int]]:
    """Return the actions of a fresh bot that senses the same `decisions` times in a row."""
    driver = BotDriver(1, 1, seed)
    driver.bot_ids[:] = bot_id(bot)
    actions = np.zeros((1, 1, 5), np.int64)
    answers = []
    for _decision in range(decisions):
        driver.decide(row.reshape(1, 1, -1), actions)
        answers.append(actions[0, 0].tolist())
    return answers


def random_rows(worlds: int, seats: int, seed: int) -> SenseArray:
    """Return observations (N, S, D) of random numbers within every slot's range, most zero or at an end."""
    rng = np.random.default_rng(seed)
    low, high = slot_bounds()
    rows = rng.uniform(low, high, (worlds, seats, OBSERVATION_SIZE))
    kind = rng.integers(0, 4, rows.shape)
    rows = np.where(kind == 0, 0.0, np.where(kind == 1, high, np.where(kind == 2, low, rows)))
    rows[..., OFFSETS["own_hp"]] = 1
    target = OFFSETS["preview_target"]
    rows[..., target : target + rules.SECTORS] = rng.choice(
        [1, 0.75, 0.25, 0, -1], (*rows.shape[:2], rules.SECTORS)
    )
    enemies = OFFSETS["enemies"]
    rows[..., enemies + ENEMY_SIZE : enemies + 2 * ENEMY_SIZE] *= rng.integers(0, 2, (worlds, seats, 1))
    return rows.astype(np.float32)


def duel_arenas(count: int, objective: str = "eliminate") -> list[Arena]:
    """Return generated arenas for one against one."""
    return [generate(seed, objective=objective, team_sizes=(1, 1)).arena for seed in range(count)]


class Tally:
    """How the matches of bot `a` against bot `b` went."""

    def __init__(self) -> None:
        self.won = self.lost = self.nobody = 0

    @property
    def matches(self) -> int:
        return self.won + self.lost + self.nobody

    def win_rate(self) -> float:
        return self.won / self.matches

    def decided_rate(self) -> float:
        return (self.won + self.lost) / self.matches


def play(a: str, b: str, arenas: Sequence[Arena], worlds: int, seed: int = 1) -> Tally:
    """Play two matches of equal classes in each of `worlds` worlds, the starts exchanged between the two."""
    tally = Tally()
    for seat in range(2):
        batch = Batch(arenas, worlds, [(0, RANDOM_CLASS), (1, RANDOM_CLASS)], seed=seed)
        driver = BotDriver(worlds, 2, seed + 100)
        driver.bot_ids[:, seat] = bot_id(a)
        driver.bot_ids[:, 1 - seat] = bot_id(b)
        playing: IntArray = np.ones(worlds, np.int64)
        while playing.any():
            driver.decide(batch.io.observations, batch.io.npc_actions)
            io = batch.step()
            driver.reset_ended(io.ended)
            ended = np.flatnonzero(io.ended * playing)
            outcome = io.outcome[ended, seat]
            tally.won += int((outcome > 0).sum())
            tally.lost += int((outcome < 0).sum())
            tally.nobody += int((outcome == 0).sum())
            playing[ended] = 0
    return tally
