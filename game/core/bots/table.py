"""The table of bots. A bot's id is its index in `BOTS`; replays store ids: append, never renumber."""

import difflib
from typing import Final, NamedTuple

NO_BOT: Final = -1  # a seat that no bot drives
IDLE: Final = 0
WANDERER: Final = 1
CHASER: Final = 2
MARKSMAN: Final = 3
TURRET: Final = 4
CAMPER: Final = 5
FLEEING: Final = 6
KITING: Final = 7
STRAFER: Final = 8
RUSHER: Final = 9


class Bot(NamedTuple):
    """One row of the table of bots."""

    id: int
    name: str
    description: str


BOTS: Final = (
    Bot(IDLE, "idle", "stands still and never fires"),
    Bot(WANDERER, "wanderer", "moves at random and fires now and then, sometimes at the nearest enemy"),
    Bot(CHASER, "chaser", "takes the shortest path to the enemy or the objective and shoots on sight"),
    Bot(MARKSMAN, "marksman", "banks its shots, dodges, strafes, uses its special and plays the objective"),
    Bot(TURRET, "turret", "stands still and shoots at anything it can hit"),
    Bot(CAMPER, "camper", "hides in the nearest corner, dodges and shoots"),
    Bot(FLEEING, "fleeing", "runs from the nearest enemy, dodges and never fires"),
    Bot(KITING, "kiting", "keeps its distance, retreats and shoots"),
    Bot(STRAFER, "strafer", "circles the visible enemy and shoots, without dodging"),
    Bot(RUSHER, "rusher", "drives straight up to the enemy and fires"),
)
PANEL: Final = (
    "idle",
    "turret",
    "camper",
    "fleeing",
    "kiting",
    "strafer",
    "rusher",
    "wanderer",
    "chaser",
    "marksman",
)
BOT_NAMES: Final = tuple(bot.name for bot in BOTS)


def bot_id(name: str) -> int:
    """Return the id of the bot called `name`; otherwise raise a ValueError that lists all names."""
    for bot in BOTS:
        if bot.name == name:
            return bot.id
    near = difflib.get_close_matches(name, BOT_NAMES, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"bot: expected one of {', '.join(BOT_NAMES)}, found {name!r}{hint}")
