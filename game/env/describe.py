"""The environments' manual, made from the tables that they run by."""

from typing import Final

from game.core import rules
from game.core.bots.table import BOT_NAMES
from game.core.levels.families import FAMILIES
from game.core.sim.slots import OBSERVATION_SIZE, slot_table_markdown
from game.env.rewards import reward_table_markdown
from game.env.setups import SETUPS

_ACTION_MEANINGS = {
    "move": "0 stands; 1 to 8 are the compass points clockwise from right",
    "aim_sector": "where the turret turns to: sector of 1/32 turn, clockwise from right",
    "aim_position": "position within the sector: 1/8 of it",
    "fire": "1 holds the trigger",
    "special": "1 presses the special; it acts on the press",
}

# What `gymnasium.make`, `make_vec` and `parallel_env` take: name, default, meaning
ARGUMENTS: Final = (
    (
        "levels",
        "train",
        f"levels to draw from: `train:256`, `train:64:36x28`, `test:rings:64` (a family: {', '.join(FAMILIES)}), `builtin`, "
        "names, `.tmj` paths, a list of these",
    ),
    (
        "opponent",
        "chaser",
        f"bot of the other teams ({', '.join(BOT_NAMES)}), or a mixture drawn match by match: `chaser:1,marksman:2`",
    ),
    ("allies", "as the opponents", "bot or mixture for the learner's team mates"),
    ("seats", "learner", "`learner`: one row a world; `all`: a row for every seat (make_vec only)"),
    ("side", "by id", "team of the learner: 0, 1, or `random`, drawn match by match"),
    ("tank_class", "random", "`random`: one class for all, drawn match by match; `level`; or a class"),
    ("team_sizes", "by seed", "seats of team 0 and team 1 in generated levels"),
    ("level_size", "by seed", "width and height of generated levels, in tiles, where `levels` gives none"),
    ("reward", "the table", 'weights to change: `{"win": 2.0, "collect.cell_home": 0.5}`'),
    ("match_seconds", "by level", "another time limit"),
    ("preview", "true", "false leaves the sight-line slots at zero: faster, but bots are blind too"),
    (
        "shuffle",
        "false",
        "shuffle a team's start positions; otherwise the starts of opponents mirror each other",
    ),
    (
        "stagger",
        "false",
        "give the first matches different time limits, so that resets are spread out",
    ),
    ("threads", "1", "threads that share the worlds"),
)


def environments_markdown() -> str:
    """Return the table of ids."""
    lines = ["| id | what it is about | seats a team | learner's team |", "|---|---|---|---|"]
    for row in SETUPS:
        seats = "1" if row.team_size == 1 else f"1 to {row.team_size}, by level"
        lines.append(f"| `{row.id}` | {row.title} | {seats} | {row.side} |")
    return "\n".join(lines) + "\n"


def actions_markdown() -> str:
    """Return the table of action heads with what they do."""
    lines = ["| head | values | meaning |", "|---|---|---|"]
    lines += [
        f"| `{name}` | 0 to {size - 1} | {_ACTION_MEANINGS[name]} |" for name, size in rules.ACTION_HEADS
    ]
    return "\n".join(lines) + "\n"


def arguments_markdown() -> str:
    """Return the table of arguments."""
    lines = ["| argument | default | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in ARGUMENTS]
    return "\n".join(lines) + "\n"


def describe() -> str:
    """Return the manual as Markdown: description, actions, observation, rewards, episodes, arguments."""
    return f"""Bankshot as a Gymnasium environment: one learner in a tank, scripted bots in all other seats.

## Description

Hover-tanks fight in an arena whose walls turn shots back. After a bank a shot hurts anyone, the shooter too.
One step is one decision: {rules.DECISION_PERIOD} ticks of the core, {rules.TICKS_PER_SECOND} of which make a
second.

{environments_markdown()}
## Action space

`MultiDiscrete({[size for _, size in rules.ACTION_HEADS]})`

{actions_markdown()}
## Observation space

`Box(float32, ({OBSERVATION_SIZE},))`: what a player at this seat could know. A tank that is gone senses
zeros.

{slot_table_markdown()}
## Rewards

Default weights by objective; `reward={{"win": 2.0, "collect.cell_home": 0.5}}` changes single ones.

{reward_table_markdown()}
## Episode end

`terminated`: the match is decided (in `defend` and `survive` the clock decides it too), or the learner's
tank is gone for good. `truncated`: the clock ran out and nobody won (`eliminate`, `collect`). Then `info`
has `outcome` (+1 won, 0 drawn, -1 lost), `score`, `ticks` and `timed_out` of a match that ended; always
`active`, `level`, `team`, `opponent`.

## Arguments

{arguments_markdown()}
`render_mode`: `human` or `rgb_array`.
"""
