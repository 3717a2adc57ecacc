"""What a bot remembers from one decision to the next: small integers per seat, `memory` (BOT_STATE,)."""

from typing import Final

from game.bots.senses import OWN_VELOCITY
from game.sim.jit import jit
from game.sim.rng import below

MOVE: Final = 0  # the last move chosen, 0..8
STUCK: Final = 1  # decisions in a row in which it wanted to move and did not
ROAM: Final = 2  # a move to keep, 1..8
ROAM_LEFT: Final = 3  # decisions for which to keep it
AIM: Final = 4  # where the turret rests, 0..255
PRESSED: Final = 5  # 1: the special was pressed at the last decision
SIDE: Final = 6  # which way it strafes, 1 clockwise or -1
SIDE_LEFT: Final = 7  # decisions until it draws that anew
BOT_STATE: Final = 8

_STUCK_DECISIONS = 4
_FREEING_DECISIONS = 3  # at least, and up to twice as many
_WAIT_ONE_IN = 6  # decisions at a blocked portal
_SIDE_DECISIONS = 12  # at least, and up to three times as many


@jit
def notice(row, memory, rng, n):  # type: ignore[no-untyped-def]
    """Begin a decision: count up what is stuck, draw a side to strafe to. rng[n] is the seat's stream."""
    stands = row[OWN_VELOCITY] == 0 and row[OWN_VELOCITY + 1] == 0
    memory[STUCK] = memory[STUCK] + 1 if stands and memory[MOVE] != 0 else 0
    if memory[SIDE_LEFT] > 0:
        memory[SIDE_LEFT] -= 1
        return
    memory[SIDE] = 2 * below(rng, n, 2) - 1
    memory[SIDE_LEFT] = _SIDE_DECISIONS + below(rng, n, 2 * _SIDE_DECISIONS)


@jit
def break_free(memory, rng, n, move, waits):  # type: ignore[no-untyped-def]
    """Return `move`, or a random one for a few decisions when the tank is stuck, behind another say.

    waits: it stands on a portal whose other end is taken, perhaps by one that waits too; chance parts them.
    """
    if memory[ROAM_LEFT] > 0:
        memory[ROAM_LEFT] -= 1
        return memory[ROAM]
    if waits:
        waits = below(rng, n, _WAIT_ONE_IN) == 0
    if not waits and (memory[STUCK] < _STUCK_DECISIONS or move == 0):
        return move
    memory[STUCK] = 0
    memory[ROAM] = 1 + below(rng, n, 8)
    memory[ROAM_LEFT] = _FREEING_DECISIONS + below(rng, n, _FREEING_DECISIONS)
    return memory[ROAM]


@jit
def answer(memory, action, move, aim, fire, special):  # type: ignore[no-untyped-def]
    """End a decision: write the NPC action (5,): move, aim sector, position within it, fire, special.

    A special acts on the press, so it is let go for one decision after each press.
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
