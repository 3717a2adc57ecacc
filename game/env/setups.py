"""The registered environments: one table, a row for each id."""

import difflib
from dataclasses import dataclass
from typing import Final

from game.core import rules

RANDOM: Final = "random"
MAX_TEAM_SIZE: Final = 4  # seats per team


@dataclass(frozen=True)
class Setup:
    """One environment id with its defaults."""

    id: str
    title: str  # one sentence for the documentation
    objective: str | None  # None: the objective of each level
    team_size: int  # most seats per team; fewer on a level with fewer starts
    team_sizes: tuple[int, int] | None  # of generated levels; None: the level's seed decides
    side: int | str  # team of the learner, or RANDOM


SETUPS: Final = (
    Setup(
        "Bankshot/Duel-v0",
        "One against one: destroy the other tank.",
        "eliminate",
        1,
        (1, 1),
        RANDOM,
    ),
    Setup(
        "Bankshot/Eliminate-v0",
        "Two teams of one to four: the last team standing wins.",
        "eliminate",
        MAX_TEAM_SIZE,
        None,
        RANDOM,
    ),
    Setup(
        "Bankshot/Defend-v0",
        "Keep the core standing while attackers come in waves.",
        "defend",
        MAX_TEAM_SIZE,
        None,
        0,
    ),
    Setup(
        "Bankshot/Collect-v0",
        "Bring energy cells home faster than the other team.",
        "collect",
        MAX_TEAM_SIZE,
        None,
        RANDOM,
    ),
    Setup(
        "Bankshot/Survive-v0",
        "Survive until time runs out, while the enemies respawn.",
        "survive",
        MAX_TEAM_SIZE,
        None,
        0,
    ),
    Setup(
        "Bankshot/Arena-v0",
        "All four objectives, drawn match by match: one policy for the whole game.",
        None,
        MAX_TEAM_SIZE,
        None,
        RANDOM,
    ),
)
ENV_IDS: Final = tuple(setup.id for setup in SETUPS)
DEFAULT_LEVELS: Final = "train"  # a spec for game.core.levels.catalogue.select
DEFAULT_OPPONENT: Final = "chaser"
PANEL_LEVELS: Final = "test"  # a spec too: levels that no training uses
CLASS_CHOICES: Final = (RANDOM, "level", *(row.name for row in rules.TANK_CLASSES))


def find_setup(env_id: str) -> Setup:
    """Return the setup of an id, with or without `game:`; otherwise raise a ValueError that lists all ids."""
    wanted = env_id.removeprefix("game:")
    for setup in SETUPS:
        if setup.id == wanted:
            return setup
    near = difflib.get_close_matches(wanted, ENV_IDS, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"environment: expected one of {', '.join(ENV_IDS)}, found {env_id!r}{hint}")
