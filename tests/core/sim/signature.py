"""One number for the core: SHA-256 over the state after each of 500,000 ticks, the same on every platform.

    python -m tests.core.sim.signature                 # the whole, some minutes of one processor
    python -m tests.core.sim.signature --ticks 10000   # a prefix of it

It needs NumPy, numba, platformdirs and gymnasium alone. The CHANGELOG gives the signature of each version of the rules; the usual
tests compare a prefix with PREFIXES. Actions and levels come from integer generators of this project, so nothing but the
core and its generator of levels is in it. The first twenty matches are short, so that a prefix meets every objective.
"""

import argparse
import hashlib
import platform
import sys
import time
from collections.abc import Iterator
from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.catalogue import select
from game.core.sim import state as st
from game.core.sim.rng import below, seed_rng
from game.match.replay.states import dump_state
from tests.core.sim.proof import Course

TICKS: Final = 500_000
LEVELS: Final = 20
SHORT: Final = 500  # ticks of each of the first matches
LONG: Final = (TICKS - LEVELS * SHORT) // LEVELS
SENSE_EVERY: Final = 50  # ticks
# ticks -> (signature of the states, of the senses), by these rules
PREFIXES: Final = {
    6_000: (
        "232ab7777673771eb4075503f81602bb900afd6ece2135c2406c1948215a5cec",
        "63fc3190762bb9aa8821b7549e50e8291fd9b0f57094da631e3d3816c2e5b60f",
    ),
    TICKS: (
        "2e8373b02da8432fb1c8bc6e0a18af6a061afa06b979a0921c5a9ae77cba1c8d",
        "5294e6de697b825a39711366e53220f38018b6219bfd74c9ae4d0834b1cc41c0",
    ),
}


class SignedCourse(Course):
    """A match under random actions from PCG32."""

    def __init__(self, number: int) -> None:
        level = select(f"train:{LEVELS}", team_sizes=(2, 2))[number % LEVELS]
        super().__init__(level, 5000 + number)
        self._stream = np.zeros((1, 2), np.uint64)
        with np.errstate(over="ignore"):
            seed_rng(self._stream, 0, number, 7)

    def draw(self) -> None:
        """Draw new actions for about half of the seats; mostly fire, sometimes a special."""
        with np.errstate(over="ignore"):
            for seat in range(self.seats):
                drawn = [int(below(self._stream, 0, bound)) for bound in (2, rules.N_MOVES, rules.AIMS, 4, 6)]
                if drawn[0]:
                    self.actions[0, seat] = (drawn[1], drawn[2], drawn[3] > 0, drawn[4] == 0)


def states(ticks: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the state after each tick, and what all seats sense where it is taken, else nothing."""
    done, number = 0, 0
    while done < ticks:
        course = SignedCourse(number)
        cells = course.world.terrain.shape[1]
        again = 0
        for now in range(SHORT if number < LEVELS else LONG):
            if course.world.head[0, st.DONE]:
                again += 1
                course.begin_again(course.seed + 1000 * again)
            course.tick()
            sensed = course.senses().to_bytes(8, "little") if now % SENSE_EVERY == 0 else b""
            yield dump_state(course.world, 0, cells), sensed
            done += 1
            if done == ticks:
                return
        number += 1


def signature(ticks: int = TICKS) -> tuple[str, str]:
    """Return the signatures (hex) of the states and of the senses over the first `ticks` ticks."""
    world, senses = hashlib.sha256(), hashlib.sha256()
    for state, sensed in states(ticks):
        world.update(state)
        senses.update(sensed)
    return world.hexdigest(), senses.hexdigest()


def main() -> int:
    """Print the signature; 1 where it is known for that many ticks and another."""
    parser = argparse.ArgumentParser(description="Sign the core's course.")
    parser.add_argument("--ticks", type=int, default=TICKS)
    ticks = parser.parse_args().ticks
    import numba

    print(
        f"Python {platform.python_version()}, numba {numba.__version__}, NumPy {np.__version__}, "
        f"{platform.system()} {platform.machine()}"
    )
    started = time.process_time()
    found = signature(ticks)
    print(f"{ticks} ticks of rules {rules.FORMAT_VERSION} in {time.process_time() - started:.0f} s")
    print(f"states {found[0]}\nsenses {found[1]}")
    known = PREFIXES.get(ticks)
    if known is not None:
        print("as published" if known == found else f"expected {known[0]}\n     and {known[1]}")
    return int(known not in (None, found))


if __name__ == "__main__":
    sys.exit(main())
