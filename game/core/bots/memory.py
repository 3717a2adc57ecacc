"""A bot's memory between decisions: small integers per seat, `memory` (BOT_STATE,)."""

from typing import Final

from game.core import rules
from game.core.bots.senses import OWN_VELOCITY
from game.core.sim.arrays import IntArray, SenseArray, WordArray
from game.core.sim.columns import LARGE, Columns
from game.core.sim.jit import jit
from game.core.sim.rng import below

_STUCK_DECISIONS = 4
_FREEING_DECISIONS = 3  # the least; at most twice as many
_WAIT_ONE_IN = 6  # decisions at a blocked portal
_SIDE_DECISIONS = 12  # the least; at most three times as many

MEMORY: Final = Columns("state", "seat")
MOVE: Final = MEMORY("move", 0, rules.N_MOVES - 1, "the last move chosen")
STUCK: Final = MEMORY("stuck", 0, LARGE, "decisions in a row in which it wanted to move and did not")
ROAM: Final = MEMORY("roam", 0, rules.N_MOVES - 1, "a move to keep, 1 to 8")
ROAM_LEFT: Final = MEMORY("roam_left", 0, 64, "decisions left for which to keep it")
AIM: Final = MEMORY("aim", 0, rules.AIMS - 1, "where the turret rests")
PRESSED: Final = MEMORY("pressed", 0, 1, "1: the special was pressed at the last decision")
SIDE: Final = MEMORY("side", -1, 1, "which way it strafes, 1 clockwise or -1; 0: not drawn yet")
SIDE_LEFT: Final = MEMORY("side_left", 0, 3 * _SIDE_DECISIONS, "decisions until it draws the side again")
BOT_STATE: Final = len(MEMORY)


@jit
def begin_decision(row: SenseArray, memory: IntArray, rng: WordArray, n: int) -> None:
    """Begin a decision: update the counter of failed moves, draw a side to strafe to. rng[n] is the seat's stream."""
    stands = row[OWN_VELOCITY] == 0 and row[OWN_VELOCITY + 1] == 0
    memory[STUCK] = memory[STUCK] + 1 if stands and memory[MOVE] != 0 else 0
    if memory[SIDE_LEFT] > 0:
        memory[SIDE_LEFT] -= 1
        return
    memory[SIDE] = 2 * below(rng, n, 2) - 1
    memory[SIDE_LEFT] = _SIDE_DECISIONS + below(rng, n, 2 * _SIDE_DECISIONS)


@jit
def break_free(memory: IntArray, rng: WordArray, n: int, move: int, waits: bool) -> int:
    """Return `move`, or for a few decisions a random one if the tank is stuck, for example behind another tank.

    waits: it stands on a portal whose other end is occupied, perhaps by a tank that waits too; random times resolve this.
    """
    if memory[ROAM_LEFT] > 0:
        memory[ROAM_LEFT] -= 1
        return int(memory[ROAM])
    if waits:
        waits = below(rng, n, _WAIT_ONE_IN) == 0
    if not waits and (memory[STUCK] < _STUCK_DECISIONS or move == 0):
        return move
    memory[STUCK] = 0
    memory[ROAM] = 1 + below(rng, n, 8)
    memory[ROAM_LEFT] = _FREEING_DECISIONS + below(rng, n, _FREEING_DECISIONS)
    return int(memory[ROAM])


@jit
def write_action(memory: IntArray, action: IntArray, move: int, aim: int, fire: bool, special: bool) -> None:
    """End a decision: write the NPC action (5,): move, aim sector, position within it, fire, special.

    A special acts when it is pressed, so it is released for one decision after each press.
    """
    pressed = 1 if special and memory[PRESSED] == 0 else 0
    memory[MOVE] = move
    memory[AIM] = aim
    memory[PRESSED] = pressed
    action[0] = move
    action[1] = aim >> 3
    action[2] = aim & 7
    action[3] = 1 if fire else 0
    action[4] = pressed
