"""The environments' manuals, made from the tables that they run by, in the sections that Minigrid's docstrings have."""

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
        f"levels to draw from: `train:256`, `train:64:36x28`, `test:rings:64` (a family: {', '.join(FAMILIES)}), "
        "`train:collect:64` (an objective), `train:1v1:64` (tanks a team), `builtin`, names, paths of `.tmj` or `.tmx`, a list",
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
        "ticks between a decision of a row and its act, multiples of 4 to 24: `12`, `[0, 24]` (drawn match by match) or weights "
        "`{0: 3, 12: 1}`; a row is then told its delay and its last decision, in slots behind the others (`own_delay`, "
        "`own_decision`); bots and brains beside it act at once",
    ),
    ("brain_temperature", "0.5", "of the sampling of brains among these; 0 takes the likeliest action"),
    ("seats", "learner", "`learner`: one row a world; `all`: a row for every seat (make_vec only)"),
    (
        "players",
        "none",
        'with every seat a row or an agent: who plays some of them instead, `{"team1": "hunter", "team0_1": "chaser"}`: bots '
        "and brains by agent or team; such a seat is no agent (parallel_env), its row's action is ignored (make_vec)",
    ),
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
    (
        "masks",
        "false",
        'give `action_masks()` and `info["action_mask"]`: no fire while the gun reloads beyond the decision, no special before '
        "it is ready; with `delay`, in the ticks in which the row acts",
    ),
    (
        "threads",
        "1 or 2",
        "threads that share the worlds: two by default, of two processors and 32 worlds; the results are the same",
    ),
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
    return _arguments((), ())


def _arguments(without: tuple[str, ...], more: tuple[tuple[str, str, str], ...]) -> str:
    lines = ["| argument | default | meaning |", "|---|---|---|"]
    rows = (*(row for row in ARGUMENTS if row[0] not in without), *more)
    lines += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows]
    return "\n".join(lines) + "\n"


def _objectives() -> str:
    return "\n".join(f"- `{row.objective}`: {row.title}" for row in SETUPS if row.objective) + "\n"


def _manual(first: str, action: str, observation: str, termination: str, arguments: str) -> str:
    """The manual of one class, in Minigrid's sections; what differs between the classes is given."""
    return f"""{first}

## Description

Hover-tanks fight in an arena whose walls turn shots back. After a bank a shot hurts anyone, the shooter too.
One step is one decision: {rules.DECISION_PERIOD} ticks of the core, {rules.TICKS_PER_SECOND} of which make a
second.

## Objective

Win the match. What wins it follows from its objective, which the slot `objective` tells:

{_objectives()}
## Action Space

{action}

{actions_markdown()}
## Observation Space

{observation}

{slot_table_markdown()}
## Rewards

Default weights by objective; `reward={{"win": 2.0, "collect.cell_home": 0.5}}` changes single ones. An empty cell
counts nothing.

{reward_table_markdown()}
## Termination

{termination}

## Registered Configurations

{environments_markdown()}
## Arguments

{arguments}"""


_ACTION = f"`MultiDiscrete({[size for _, size in rules.ACTION_HEADS]})`"
_OBSERVATION = f"`Box(float32, ({OBSERVATION_SIZE},))`"
_KNOWN = "what a player at this seat could know. A tank that is gone, or waits to respawn, senses zeros."
_ENDS = """`terminated`: the match is decided (in `defend` and `survive` the clock decides it too), or {gone}.
`truncated`: the clock ran out and nobody won (`eliminate`, and `collect` with a tie)."""
_RESULT = (
    "`outcome` (+1 won, 0 drawn, -1 lost), `score`, `ticks`, `timed_out` (the clock ended it and nobody won)"
)
_RENDER = ("render_mode", "none", "`human` or `rgb_array`")


def single_manual() -> str:
    """Return the docstring of `BankshotEnv`."""
    return _manual(
        "Bankshot as a Gymnasium environment: one learner in a tank, scripted bots in all other seats.",
        f"{_ACTION}, one number for each head.",
        f"{_OBSERVATION}: {_KNOWN}",
        _ENDS.format(gone="the learner's tank is gone for good")
        + f"""

`info` always has `active` (a living tank acts; else the action is ignored), `level` (index into `level_names`), `team`
and `opponent` (the bot's id, -2 - n for the n-th brain); of a match that ended also {_RESULT}.""",
        _arguments(("seats", "players"), (_RENDER,)),
    )


def vector_manual() -> str:
    """Return the docstring of `BankshotVectorEnv`."""
    return _manual(
        """Many matches of Bankshot at once, stepped by one compiled call: what `gymnasium.make_vec` makes.

`seats="learner"` (the default): `num_envs` worlds, one row each. The learner's seat is drawn for every match; bots play
all other seats. `seats="all"`: `num_envs` counts worlds, every seat is a row, row = world * `seats_per_world` + seat, and
`env.num_envs` is their product. A seat that a level has no start for is never active.""",
        f"{_ACTION} a row; `step` takes integers (num_envs, {len(rules.ACTION_HEADS)}).",
        f"{_OBSERVATION} a row: {_KNOWN}",
        _ENDS.format(gone="the row's tank is gone for good")
        + f"""

Autoreset is `SAME_STEP`: where a match ended, the observation returned is the first of the next match, and
`info["final_obs"]` has the last of the old one (`_final_obs` says for which rows). With `autoreset_mode="NextStep"` the
last observation is returned as it is, and the step after it only begins the next match, whatever the actions. A row whose
tank is gone is not active, senses zeros, and gets its next seat, and a last `terminated`, when its world's match ends.

`info` always has `active`: the row has a living tank in the observation returned with it; where it is False the next
action is ignored. Where a match ended it has, under masks as `_outcome`, for every row of the world
{_RESULT}, `level` (index into `level_names`), `team` and `opponent` (the id of the bot, -2 - n
for the n-th brain, -1 with `seats="all"`);
`final_info` holds the same arrays.""",
        _arguments(
            (),
            (
                (
                    "autoreset_mode",
                    "SameStep",
                    "`SameStep`, or `NextStep` as Gymnasium's own vector wrappers want it",
                ),
                ("first_world", "0", "number of the first world, so that a batch can be split"),
                ("render_mode", "none", "`rgb_array`: a picture of every world"),
            ),
        ),
    )


def parallel_manual() -> str:
    """Return the docstring of `BankshotParallelEnv`."""
    return _manual(
        """One match of Bankshot as a PettingZoo parallel environment: every seat is an agent.

Agents are called `team0_0`, `team0_1`, `team1_0`, ... after team and number within it. Those that the drawn level has no
start for take no part.""",
        f"{_ACTION} an agent.",
        f"{_OBSERVATION} an agent: {_KNOWN} `state()` is what all seats sense, one after the other.",
        _ENDS.format(gone="the agent's tank is gone for good, and it leaves")
        + f"""

An agent whose tank waits to respawn stays and its action is ignored (`info["active"]` is False). When the match ends
every agent that is left is told {_RESULT}.""",
        _arguments(("seats", "opponent", "allies", "side"), (_RENDER,)),
    )
