"""The compiled part of matches with NPCs: observations, choosing actions from a brain's logits, and delaying the actions.

A decision of a brain is `sense_rows`, one onnxruntime call on those rows, and `choose`; the bots follow with `sense_bots` and
their own kernel. `choose` draws what `agents.sampling.sample_actions` draws, from the same streams: the exponential is computed
here, from additions and products only, so that the result does not depend on a platform's mathematics library.
"""

from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, RewardArray, SenseArray, WordArray, int64
from game.core.sim.jit import jit, jit_inline
from game.core.sim.observe import observe
from game.core.sim.rng import next_u32, seed_rng
from game.core.sim.slots import OBSERVATION_SIZE
from game.core.sim.state import World
from game.core.sim.tick import tick

MAX_DELAY: Final = 120  # ticks between seeing and acting
RING: Final = MAX_DELAY // rules.DECISION_PERIOD + 2  # decisions that may be waiting for their delay
HEAD_SIZES: Final = tuple(size for _, size in rules.ACTION_HEADS)
N_HEADS: Final = len(HEAD_SIZES)
N_LOGITS: Final = sum(HEAD_SIZES)

_SIZES: Final[IntArray] = np.array(HEAD_SIZES, np.int64)
_LARGEST: Final = float(np.finfo(np.float32).max)  # a logit beyond it is infinite
_DRAW: Final = 2.0**-32  # a draw of 32 bits as a number from 0 to 1

_LOG2_E: Final = 1.4426950408889634
_LN2_HIGH: Final = (
    6.93147180369123816490e-01  # ln 2 in two parts; the first has 21 zeros at its end: k times it is exact
)
_LN2_LOW: Final = 1.90821492927058770002e-10
_ROUND: Final = (
    6755399441055744.0  # 1.5 * 2**52: what is added to it is rounded to a whole number, in its lowest bits
)
_BIAS: Final = 1023 << 52
_LOWEST: Final = -708.0  # below it e**x is no normal number any more
_NOTHING: Final = -745.1332191019412  # below it e**x is 0


class Seats(NamedTuple):
    """The drivers of N worlds of S seats, and their decisions."""

    brain: IntArray  # (N, S): number of the brain that drives the seat, -1: a bot or none
    bot: IntArray  # (N, S): the bot that drives it (table.BOTS), NO_BOT: a brain or none
    delay: IntArray  # (N, S): ticks
    temperature: RewardArray  # (N, S) float64: temperature of a brain's sampling; 0 takes the likeliest
    streams: WordArray  # (N, S, 2): the PCG32 streams that brains draw from
    chosen: IntArray  # (N, S, 5): rules.ACTION_HEADS, the last decision
    decided: IntArray  # (N, RING, S, 4): actions by number of the decision


class BrainRows(NamedTuple):
    """Inputs and outputs of B brains: one row for each living seat of a brain, at most M.

    One table for all brains instead of one for each: calling a kernel with the same arrays again is faster.
    """

    place: IntArray  # (B, M): world * S + seat of the row
    observations: SenseArray  # (B, M, OBSERVATION_SIZE)
    logits: SenseArray  # (B, M, N_LOGITS)
    weights: RewardArray  # (N_LOGITS,) float64: working memory


def new_seats(worlds: int, seats: int) -> Seats:
    """Return seats without drivers."""
    return Seats(
        brain=np.full((worlds, seats), -1, np.int64),
        bot=np.full((worlds, seats), -1, np.int64),
        delay=np.zeros((worlds, seats), np.int64),
        temperature=np.zeros((worlds, seats)),
        streams=np.zeros((worlds, seats, 2), np.uint64),
        chosen=np.zeros((worlds, seats, N_HEADS), np.int64),
        decided=np.zeros((worlds, RING, seats, st.ACTION_SIZE), np.int64),
    )


def new_rows(brains: int, most: int) -> BrainRows:
    """Return arrays for `most` rows of each brain."""
    return BrainRows(
        place=np.zeros((brains, most), np.int64),
        observations=np.zeros((brains, most, OBSERVATION_SIZE), np.float32),
        logits=np.zeros((brains, most, N_LOGITS), np.float32),
        weights=np.zeros(N_LOGITS),
    )


@jit
def start_seats(seats: Seats, n: int, seed: int) -> None:
    """Begin a match of world n of `seats`: new random streams (as `agents.sampling.make_streams`), no decisions."""
    for seat in range(seats.brain.shape[1]):
        seed_rng(seats.streams[n], seat, seed, seat)
    for number in range(seats.decided.shape[1]):
        for seat in range(seats.brain.shape[1]):
            for column in range(st.ACTION_SIZE):
                seats.decided[n, number, seat, column] = 0


@jit
def sense_rows(
    world: World,
    levels: ar.Levels,
    first: int,
    running: IntArray,
    seats: Seats,
    brain: int,
    rows: BrainRows,
    scratch: IntArray,
) -> int:
    """Write the observations of the living seats of `brain` into its rows; return the number of rows.

    first: the world in which row 0 of `running` (N,) and `seats` plays. A seat without a tank decides to stand.
    """
    count = 0
    n_seats = seats.brain.shape[1]
    for n in range(running.shape[0]):
        if running[n] == 0:
            continue
        for seat in range(n_seats):
            if seats.brain[n, seat] != brain:
                continue
            if world.tanks[first + n, seat, st.TANK_ALIVE] == 0:
                for head in range(N_HEADS):
                    seats.chosen[n, seat, head] = 0
                continue
            observe(world, levels, first + n, seat, True, rows.observations[brain, count], scratch)
            rows.place[brain, count] = n * n_seats + seat
            count += 1
    return count


@jit
def sense_bots(
    world: World,
    levels: ar.Levels,
    first: int,
    running: IntArray,
    seats: Seats,
    observations: SenseArray,
    scratch: IntArray,
) -> None:
    """Write the observations of every seat with a bot into observations (N, S, OBSERVATION_SIZE)."""
    for n in range(running.shape[0]):
        if running[n] == 0:
            continue
        for seat in range(seats.bot.shape[1]):
            if seats.bot[n, seat] >= 0:
                observe(world, levels, first + n, seat, True, observations[n, seat], scratch)


@jit_inline
def exp(x: float) -> float:
    """Return e**x of x <= 0, with an error of at most one unit in the last place; 0 below the smallest float64.

    x is k ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite); a Taylor series gives e**r, and 2**k is put together from bits.
    There is no branch in it, so that LLVM can compute several at once.
    """
    bounded = max(x, _LOWEST)
    shifted = bounded * _LOG2_E + _ROUND
    k = shifted - _ROUND
    r = (bounded - k * _LN2_HIGH) - k * _LN2_LOW
    series = 1.0 / 6227020800.0
    series = series * r + 1.0 / 479001600.0
    series = series * r + 1.0 / 39916800.0
    series = series * r + 1.0 / 3628800.0
    series = series * r + 1.0 / 362880.0
    series = series * r + 1.0 / 40320.0
    series = series * r + 1.0 / 5040.0
    series = series * r + 1.0 / 720.0
    series = series * r + 1.0 / 120.0
    series = series * r + 1.0 / 24.0
    series = series * r + 1.0 / 6.0
    series = series * r + 0.5
    series = series * r * r + r
    power = np.int64((np.float64(shifted).view(np.int64) << 52) + _BIAS).view(np.float64)
    return 0.0 if x < _NOTHING else (series + 1.0) * power


@jit
def _draw_head(
    logits: SenseArray, weights: RewardArray, row: int, begin: int, size: int, heat: float, draw: float
) -> int:
    """Return the choice of one head of `size` logits from `begin`: the likeliest at heat 0, else by the draw, 0 <= draw < 1."""
    likeliest = 0
    highest = logits[row, begin]
    for n in range(1, size):
        if logits[row, begin + n] > highest:
            highest = logits[row, begin + n]
            likeliest = n
    if heat <= 0.0:
        return likeliest
    top = float(highest)
    for n in range(size):
        weights[n] = exp((float(logits[row, begin + n]) - top) / heat)
    total = 0.0
    for n in range(size):
        total += weights[n]
        weights[n] = total
    wanted = draw * total
    choice = 0
    for n in range(size - 1):  # the last choice takes what rounding leaves
        choice += weights[n] <= wanted
    return choice


@jit
def choose(rows: BrainRows, brain: int, count: int, seats: Seats) -> bool:
    """Draw a choice for each head of the first `count` rows of `brain` into seats.chosen, from the seats' own streams.

    Every row draws once per head at any temperature. Returns False, without drawing, if a logit is not finite.
    """
    logits = rows.logits[brain]
    finite = True
    for row in range(count):
        for n in range(N_LOGITS):
            finite &= abs(logits[row, n]) <= _LARGEST
    if not finite:
        return False
    n_seats = seats.brain.shape[1]
    for row in range(count):
        n = rows.place[brain, row] // n_seats
        seat = rows.place[brain, row] % n_seats
        begin = 0
        for head in range(N_HEADS):
            draw = next_u32(seats.streams[n], seat) * _DRAW
            seats.chosen[n, seat, head] = _draw_head(
                logits, rows.weights, row, begin, _SIZES[head], seats.temperature[n, seat], draw
            )
            begin += _SIZES[head]
    return True


@jit
def put_decisions(world: World, first: int, running: IntArray, seats: Seats) -> None:
    """Store the choices of the running worlds as the decisions of their present tick, to be acted on after the delay."""
    for n in range(running.shape[0]):
        if running[n] == 0:
            continue
        number = world.head[first + n, st.TICK] // rules.DECISION_PERIOD % RING
        for seat in range(seats.brain.shape[1]):
            aim = seats.chosen[n, seat, 1] * rules.POSITIONS + seats.chosen[n, seat, 2]
            seats.decided[n, number, seat, st.ACTION_MOVE] = seats.chosen[n, seat, 0]
            seats.decided[n, number, seat, st.ACTION_AIM] = aim
            seats.decided[n, number, seat, st.ACTION_FIRE] = seats.chosen[n, seat, 3]
            seats.decided[n, number, seat, st.ACTION_SPECIAL] = seats.chosen[n, seat, 4]


@jit
def act_seat(world: World, w: int, seats: Seats, n: int, seat: int, actions: IntArray) -> None:
    """Write actions[w, seat]: the decision of `delay` ticks ago; before the first one the tank stands and keeps its aim."""
    due = world.head[w, st.TICK] - seats.delay[n, seat]
    if due < 0:
        actions[w, seat, st.ACTION_MOVE] = 0
        actions[w, seat, st.ACTION_AIM] = world.tanks[w, seat, st.TANK_AIM]
        actions[w, seat, st.ACTION_FIRE] = 0
        actions[w, seat, st.ACTION_SPECIAL] = 0
        return
    number = due // rules.DECISION_PERIOD % RING
    for column in range(st.ACTION_SIZE):
        actions[w, seat, column] = seats.decided[n, number, seat, column]


@jit
def act_seats(
    world: World, w: int, driven: IntArray, held: IntArray, seats: Seats, actions: IntArray
) -> None:
    """Write actions[w] of the seats `driven` for the coming tick; those of `held` neither fire nor use their special."""
    for n in range(driven.shape[0]):
        act_seat(world, w, seats, 0, driven[n], actions)
    for n in range(held.shape[0]):
        actions[w, held[n], st.ACTION_FIRE] = 0
        actions[w, held[n], st.ACTION_SPECIAL] = 0


@jit
def advance(
    world: World,
    levels: ar.Levels,
    running: IntArray,
    stop: IntArray,
    seats: Seats,
    actions: IntArray,
    ended: IntArray,
) -> int:
    """Run every running world for one decision's ticks; return how many matches ended, and write their worlds to `ended` (N,).

    A world stops when its match ends or its tick reaches `stop` (N,).
    """
    count = int64(0)
    for w in range(running.shape[0]):
        if running[w] == 0:
            continue
        for _tick in range(rules.DECISION_PERIOD):
            for seat in range(actions.shape[1]):
                act_seat(world, w, seats, w, seat, actions)
            tick(world, levels, w, actions)
            if world.head[w, st.DONE] != 0 or world.head[w, st.TICK] >= stop[w]:
                running[w] = 0
                ended[count] = w
                count += 1
                break
    return count
