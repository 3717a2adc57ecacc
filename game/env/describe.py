"""The environments' manuals, generated from the tables that they use, with the sections of Minigrid's docstrings."""

from typing import Final

from game.core import rules
from game.core.bots.table import BOT_NAMES
from game.core.levels.families import FAMILIES
from game.core.sim.slots import OBSERVATION_SIZE, slot_table_markdown
from game.env.rewards import reward_table_markdown
from game.env.setups import SETUPS

_ACTION_MEANINGS = {
    "move": "0 stands; 1 to 8 are the compass points clockwise from right",
    "aim_sector": "aim of the turret: sector of 1/32 turn, clockwise from right",
    "aim_position": "position within the sector: 1/8 of it",
    "fire": "1 holds the trigger",
    "special": "1 presses the special; it acts when it changes from 0 to 1",
}

# What `gymnasium.make`, `make_vec` and `parallel_env` take: name, default, meaning
ARGUMENTS: Final = (
    (
        "levels",
        "train",
        f"levels to draw from: `train:256`, `train:64:36x28`, `test:rings:64` (a family: {', '.join(FAMILIES)}), "
        "`train:collect:64` (an objective), `train:1v1:64` (tanks per team), `builtin`, names, paths of `.tmj` or `.tmx`, a list",
    ),
    (
        "opponent",
        "chaser",
        f"who plays the other teams: a bot ({', '.join(BOT_NAMES)}), a brain by its name or file (`hunter`, `mine.onnx`), or a "
        "mixture drawn match by match: `chaser:1,hunter:2`",
    ),
    ("allies", "as the opponents", "the same for the learner's team mates"),
    (
        "delay",
        "none",
        "ticks between a decision of a row and its action, multiples of 4 up to 24: `12`, `[0, 24]` (drawn match by match) or "
        "weights `{0: 3, 12: 1}`; the row then observes its delay and its last decision, in additional slots at the end "
        "(`own_delay`, `own_decision`); bots and brains have no delay",
    ),
    (
        "brain_temperature",
        "0.5",
        "sampling temperature of the brains among these; 0 takes the most likely action",
    ),
    ("seats", "learner", "`learner`: one row per world; `all`: a row for every seat (make_vec only)"),
    (
        "players",
        "none",
        'gives some seats to bots or brains, by agent or team: `{"team1": "hunter", "team0_1": "chaser"}`; only with '
        '`seats="all"` (the actions of these rows are ignored) and with parallel_env (these seats are not agents)',
    ),
    ("side", "by id", "team of the learner: 0, 1, or `random`, drawn match by match"),
    ("tank_class", "random", "`random`: one class for all, drawn match by match; `level`; or a class"),
    ("team_sizes", "by seed", "seats of team 0 and team 1 in generated levels"),
    ("level_size", "by seed", "width and height of generated levels, in tiles, if `levels` gives none"),
    ("reward", "as in rewards.md", 'weights to change: `{"win": 2.0, "collect.cell_home": 0.5}`'),
    ("match_seconds", "by level", "another time limit"),
    ("preview", "true", "false leaves the sight-line slots at zero: faster, but bots cannot use them either"),
    (
        "shuffle",
        "false",
        "true: a team's tanks take its starts in order, from a random one on; false: from the first one on, so that on mirrored "
        "levels opponents start at mirror images",
    ),
    (
        "stagger",
        "false",
        "give the first matches different time limits, so that resets are spread out",
    ),
    (
        "masks",
        "false",
        'give `action_masks()` and `info["action_mask"]`: no fire if the gun is not loaded before the next decision, no '
        "special before it is ready; with `delay`, at the ticks in which the row will act",
    ),
    (
        "threads",
        "1 or 2",
        "threads that share the worlds: by default two, given two processors and 32 worlds; results do not depend on it",
    ),
)


def environments_markdown() -> str:
    """Return the table of ids."""
    lines = ["| id | task | seats per team | learner's team |", "|---|---|---|---|"]
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
    return _arguments((), ())


def _arguments(without: tuple[str, ...], more: tuple[tuple[str, str, str], ...]) -> str:
    lines = ["| argument | default | meaning |", "|---|---|---|"]
    rows = (*(row for row in ARGUMENTS if row[0] not in without), *more)
    lines += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows]
    return "\n".join(lines) + "\n"


def _objectives() -> str:
    return "\n".join(f"- `{row.objective}`: {row.title}" for row in SETUPS if row.objective) + "\n"


def _manual(first: str, action: str, observation: str, termination: str, arguments: str) -> str:
    """Return the manual of one class, in Minigrid's sections; the arguments are the parts that differ between classes."""
    return f"""{first}

## Description

Hover-tanks fight in an arena where shots bounce off walls ("bank"). After a bank a shot damages any tank, also the shooter.
One step is one decision: {rules.DECISION_PERIOD} ticks of the core, at {rules.TICKS_PER_SECOND} ticks per second.

## Objective

Win the match. How to win depends on its objective, which the slot `objective` gives:

{_objectives()}
## Action Space

{action}

{actions_markdown()}
## Observation Space

{observation}

{slot_table_markdown()}
## Rewards

Default weights by objective; `reward={{"win": 2.0, "collect.cell_home": 0.5}}` changes single ones. An empty cell
is zero.

{reward_table_markdown()}
## Termination

{termination}

## Registered Configurations

{environments_markdown()}
## Arguments

{arguments}"""


_ACTION = f"`MultiDiscrete({[size for _, size in rules.ACTION_HEADS]})`"
_OBSERVATION = f"`Box(float32, ({OBSERVATION_SIZE},))`"
_KNOWN = "what a player at this seat could know; zeros while its tank is destroyed or waits to respawn."
_ENDS = """`terminated`: the match is decided (in `defend` and `survive` also by the time limit), or {gone}.
`truncated`: time ran out and nobody won (`eliminate`, and `collect` with a tie)."""
_RESULT = "`outcome` (+1 won, 0 drawn, -1 lost), `score`, `ticks`, `timed_out` (time ran out and nobody won)"
_RENDER = ("render_mode", "none", "`human` or `rgb_array`")


def single_manual() -> str:
    """Return the docstring of `BankshotEnv`."""
    return _manual(
        "Bankshot as a Gymnasium environment: one learner in a tank, scripted bots in all other seats.",
        f"{_ACTION}, one number per head.",
        f"{_OBSERVATION}: {_KNOWN}",
        _ENDS.format(gone="the learner's tank is destroyed for good")
        + f"""

`info` always has `active` (the tank is alive; otherwise the action is ignored), `level` (index into `level_names`), `team`
and `opponent` (the bot's id, -2 - n for the n-th brain); when a match ended also {_RESULT}.""",
        _arguments(("seats", "players"), (_RENDER,)),
    )


def vector_manual() -> str:
    """Return the docstring of `BankshotVectorEnv`."""
    return _manual(
        """Many matches of Bankshot at once, stepped by one compiled call; made by `gymnasium.make_vec`.

`seats="learner"` (the default): `num_envs` worlds, one row each. The learner's seat is drawn for every match; bots play
all other seats. `seats="all"`: `num_envs` counts worlds, every seat is a row, row = world * `seats_per_world` + seat, and
`env.num_envs` is their product. A seat that a level has no start for is never active.""",
        f"{_ACTION} per row; `step` takes integers (num_envs, {len(rules.ACTION_HEADS)}).",
        f"{_OBSERVATION} per row: {_KNOWN}",
        _ENDS.format(gone="the row's tank is destroyed for good")
        + f"""

Autoreset is `SAME_STEP`: when a match ends, the returned observation is the first of the next match, and
`info["final_obs"]` has the last one of the old match (`_final_obs` marks the rows). With `autoreset_mode="NextStep"` the
last observation is returned, and the following step ignores the actions and only begins the next match. A row whose tank is
destroyed for good is not active, observes zeros, and gets its next seat, and a last `terminated`, when its world's match
ends.

`info` always has `active`: whether the row's tank is alive in the returned observation; if not, the next action is
ignored. When a match ended, `info` has for every row of the world, with masks such as `_outcome`,
{_RESULT}, `level` (index into `level_names`), `team` and `opponent` (the id of the bot, -2 - n
for the n-th brain, -1 with `seats="all"`);
`final_info` holds the same arrays.""",
        _arguments(
            (),
            (
                (
                    "autoreset_mode",
                    "SameStep",
                    "`SameStep`, or `NextStep`, which Gymnasium's vector wrappers need",
                ),
                ("first_world", "0", "number of the first world, to split a batch"),
                ("render_mode", "none", "`rgb_array`: a picture of every world"),
            ),
        ),
    )


def parallel_manual() -> str:
    """Return the docstring of `BankshotParallelEnv`."""
    return _manual(
        """One match of Bankshot as a PettingZoo parallel environment: every seat is an agent.

Agents are called `team0_0`, `team0_1`, `team1_0`, ...: team and number within it. Agents for which the drawn level has no
start do not take part.""",
        f"{_ACTION} per agent.",
        f"{_OBSERVATION} per agent: {_KNOWN} `state()` is the observations of all seats, one after the other.",
        _ENDS.format(gone="the agent's tank is destroyed for good: it leaves")
        + f"""

An agent whose tank waits to respawn stays, and its action is ignored (`info["active"]` is False). When the match ends,
the `info` of every agent left has {_RESULT}.""",
        _arguments(("seats", "opponent", "allies", "side"), (_RENDER,)),
    )
