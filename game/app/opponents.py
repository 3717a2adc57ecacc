"""Who can drive an NPC seat: the shipped and the player's own brains, and the scripted bots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from game import rules
from game.app.strings import Strings
from game.bots.drive import BotDriver
from game.bots.table import BOTS, bot_id
from game.sim import arena as ar
from game.sim import state as st
from game.sim.observe import SCRATCH_SIZE, observe
from game.sim.slots import OBSERVATION_SIZE
from game.sim.state import IntArray, World

if TYPE_CHECKING:
    from game.app.match import Match
    from game.levels.model import Level
    from game.paths import UserFolders

MIXED: Final = "mixed"  # every seat another mind
OWN_TEAM: Final = 0


@dataclass(frozen=True)
class OpponentRow:
    """One line of the opponents' list."""

    id: str
    label: str
    text: str  # what it is like, or why it cannot be used
    usable: bool = True


class Opponents:
    """The list, and the names that go with it."""

    def __init__(self, folders: "UserFolders", strings: Strings) -> None:
        self.rows = [OpponentRow(MIXED, strings("brain.mixed"), strings("about.brain.mixed"))]
        self.rows += [OpponentRow(bot.name, bot.name.capitalize(), bot.description) for bot in BOTS if bot.name != "idle"]
        self.difficulty_ids: tuple[str, ...] = ("easy", "normal", "hard")
        self.default_difficulty = "normal"
        self.strongest_difficulty = "hard"
        self.strings = strings

    def find(self, brain: str) -> OpponentRow | None:
        return next((row for row in self.rows if row.id == brain), None)

    def label(self, brain: str) -> str:
        row = self.find(brain)
        return row.label if row is not None else brain

    def caption(self, seats: Mapping[int, str], human: int | None) -> str:
        names = list(dict.fromkeys(self.label(brain) for brain in seats.values()))
        return " · ".join(names[:3]) + (" …" if len(names) > 3 else "")

    def resolve(self, name: str) -> str:
        bot_id(name)
        return name

    def difficulties(self) -> list[tuple[str, str]]:
        return [(d, self.strings(f"difficulty.{d}")) for d in self.difficulty_ids]

    def difficulty_text(self, difficulty: str) -> str:
        return self.strings(f"about.difficulty.{difficulty}")


def assign_brains(
    level: "Level", brain: str, own_brain: str, brains: Sequence[str], human: int | None
) -> dict[int, str]:
    mixed = ("marksman", "chaser", "wanderer")
    seats = {}
    number = 0
    for seat, spawn in enumerate(level.arena.spawns):
        if seat == human:
            continue
        chosen = own_brain if spawn.team == OWN_TEAM else brain
        if brains:
            chosen = brains[number % len(brains)]
        elif chosen == MIXED:
            chosen = mixed[number % len(mixed)]
        seats[seat] = chosen
        number += 1
    return seats


class NpcDriver:
    def __init__(self, match: "Match", opponents: Opponents, seats: Mapping[int, str], difficulty: str) -> None:
        count = match.seats
        self.seats = tuple(seats)
        self.bots = BotDriver(1, count, match.plan.seed)
        for seat, brain in seats.items():
            self.bots.bot_ids[0, seat] = bot_id(brain)
        self.observations = np.zeros((1, count, OBSERVATION_SIZE), np.float32)
        self.decided = np.zeros((1, count, len(rules.ACTION_HEADS)), np.int64)
        self.scratch = np.zeros(SCRATCH_SIZE, np.int64)

    def act(self, world: World, levels: ar.Levels, w: int, actions: IntArray) -> None:
        if world.head[w, st.TICK] % rules.DECISION_PERIOD == 0:
            for seat in self.seats:
                observe(world, levels, w, seat, True, self.observations[0, seat], self.scratch)
            self.bots.decide(self.observations, self.decided)
        for seat in self.seats:
            move, sector, position, fire, special = self.decided[0, seat]
            actions[w, seat] = (move, sector * rules.POSITIONS + position, fire, special)

    def close(self) -> None:
        pass
