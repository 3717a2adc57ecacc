"""Proof that the core is deterministic: traces of seeded matches as text, one hash per line.

    python -m tests.core.sim.proof --pairs 20 --ticks 500              # compiled; with NUMBA_DISABLE_JIT=1 interpreted
    python -m tests.core.sim.proof --compare --pairs 100 --ticks 2000  # interpreted = compiled, in two child processes
    python -m tests.core.sim.proof --batches 2000000                   # compiled = replayed = restored = any batch position
    python -m tests.core.sim.proof --golden                            # writes golden_traces.txt anew

A line is `level seed actions ticks hash [senses]`: the level's name, the match's seed, the seed of the actions, how many
ticks were played, the hash of the world and, where it was taken, the hash of what every seat senses. A trace that is
compared has the SHA-256 of every state from the first tick on in the hash's place: each tick counts.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from game.core import rules
from game.core.levels.catalogue import select
from game.core.levels.model import Level
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.batch import Batch
from game.core.sim.digest import array_hash, world_hash
from game.core.sim.glance import observe_seats
from game.core.sim.observe import SCRATCH_SIZE
from game.core.sim.slots import OBSERVATION_SIZE
from game.core.sim.tick import tick
from game.match.replay.states import dump_state

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).with_name("golden_traces.txt")
HASH_EVERY = 20  # ticks
SENSE_EVERY = 100  # ticks; interpreted senses are slow
SPREAD = (20, 50, 100, 250)  # batch positions are compared at these steps

PAIRS = 20


class Course:
    """One match under seeded random actions, each held for a few ticks, or under the bots."""

    def __init__(self, level: Level, seed: int, *, bots: bool = False) -> None:
        self.level = level
        self.seed = seed
        self.levels = ar.pack_arenas([level.arena])
        self.seats = len(level.arena.spawns)
        self.world = st.new_world(1, self.seats, ar.terrain_of(level.arena).size)
        roster: IntArray = np.array(
            [[(spawn.team, setup.RANDOM_CLASS) for spawn in level.arena.spawns]], np.int64
        )
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, 0, 0, seed, roster, 1)
        self.actions: IntArray = np.zeros((1, self.seats, st.ACTION_SIZE), np.int64)
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._driver = None
        if bots:
            from game.match.npc import NpcDriver, SeatPolicy

            names = ("marksman", "chaser", "wanderer")
            policies = {seat: SeatPolicy(names[seat % 3]) for seat in range(self.seats)}
            self._driver = NpcDriver(self.seats, policies, seed=seed)

    @property
    def ticks(self) -> int:
        return int(self.world.head[0, st.TICK])

    def tick(self) -> None:
        """Advance one tick; a match that is over is kept going, so that a trace has its full length."""
        if self._driver is not None:
            self._driver.act(self.world, self.levels, 0, self.actions)
        elif self.ticks % rules.DECISION_PERIOD == 0:
            self.draw()
        with np.errstate(over="ignore"):
            tick(self.world, self.levels, 0, self.actions)

    def draw(self) -> None:
        """Draw new actions for about half of the seats; mostly fire, sometimes a special."""
        fresh = self._random.random(self.seats) < 0.5
        drawn = self._random.integers(0, (rules.N_MOVES, rules.AIMS, 4, 6), (self.seats, 4))
        drawn[:, st.ACTION_FIRE] = drawn[:, st.ACTION_FIRE] > 0
        drawn[:, st.ACTION_SPECIAL] = drawn[:, st.ACTION_SPECIAL] == 0
        self.actions[0, fresh] = drawn[fresh]

    def senses(self) -> int:
        """Return the hash of what every seat senses now."""
        out = np.zeros((self.seats, OBSERVATION_SIZE), np.float32)
        with np.errstate(over="ignore"):
            everyone = np.arange(self.seats, dtype=np.int64)
            observe_seats(self.world, self.levels, 0, everyone, True, out, np.zeros(SCRATCH_SIZE, np.int64))
        return array_hash(out)

    def trace(self, ticks: int, senses: bool = True, *, each: bool = False) -> Iterator[str]:
        """Play and yield a line every HASH_EVERY ticks; the match begins anew where it ends.

        each: the hash is that of all states so far, after each tick, instead of the present one's.
        """
        matches = 0
        course = hashlib.sha256()
        for now in range(ticks + 1):
            if each:
                course.update(dump_state(self.world, 0, self.world.terrain.shape[1]))
            if now % HASH_EVERY == 0 or now == ticks:
                sensed = f" {self.senses():016x}" if senses and now % SENSE_EVERY == 0 else ""
                name = f"{self.level.name} {self.seed + matches} {self.seed} {now}"
                state = course.hexdigest()[:16] if each else f"{world_hash(self.world):016x}"
                yield f"{name} {state}{sensed}"
            if now == ticks:
                return
            if self.world.head[0, st.DONE]:
                matches += 1
                self.begin_again(self.seed + matches)
            self.tick()

    def begin_again(self, seed: int) -> None:
        """Begin another match of the level."""
        teams = [(spawn.team, setup.RANDOM_CLASS) for spawn in self.level.arena.spawns]
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, 0, 0, seed, np.array([teams], np.int64), 1)


def pairs(count: int) -> list[tuple[Level, int]]:
    """Return `count` pairs of level and seed: small built-in levels and generated ones of every objective."""
    levels = [level for level in select("builtin") if level.width * level.height <= 400][:6]
    levels += select(f"train:{max(2, count - len(levels))}", team_sizes=(2, 2))
    return [(levels[n % len(levels)], 1000 + n) for n in range(count)]


def traces(count: int, ticks: int, first: int = 0, step: int = 1) -> Iterator[str]:
    """Yield the traces of pairs first, first + step, …"""
    for level, seed in pairs(count)[first::step]:
        yield from Course(level, seed).trace(ticks, each=True)


def start_interpreted(
    count: int, ticks: int, share: int, shares: int, **settings: str
) -> "subprocess.Popen[str]":
    """Start a child process that interprets its share of the traces and prints them."""
    command = [sys.executable, "-m", "tests.core.sim.proof", "--pairs", str(count), "--ticks", str(ticks)]
    command += ["--share", str(share), "--shares", str(shares)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT), **settings}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lines_of(child: "subprocess.Popen[str]") -> list[str]:
    """Wait for a child process and return its lines; its error is this one's."""
    out, error = child.communicate()
    if child.returncode != 0:
        raise RuntimeError(error)
    return out.splitlines()


def first_unlike(left: list[str], right: list[str]) -> str:
    """Return the first line that differs between two traces, with its counterpart; empty when none does."""
    for one, other in zip(left, right):
        if one != other:
            return f"{one} != {other}"
    return "" if len(left) == len(right) else f"{len(left)} lines != {len(right)} lines"


def compare(count: int, ticks: int) -> str:
    """Interpret in two child processes, compile here, and return the first difference, empty when there is none."""
    children = [start_interpreted(count, ticks, share, 2) for share in range(2)]
    compiled = [list(traces(count, ticks, share, 2)) for share in range(2)]
    for child, ours in zip(children, compiled):
        unlike = first_unlike(lines_of(child), ours)
        if unlike:
            return unlike
    return ""


def batch_actions(world: int, step: int, seats: int) -> IntArray:
    """Return the NPC actions of a world at a step, which depend on nothing else."""
    sizes = [size for _name, size in rules.ACTION_HEADS]
    return np.random.Generator(np.random.PCG64([world, step])).integers(0, sizes, (seats, len(sizes)))


def batch_hashes(
    levels: list[Level], worlds: int, first: int, steps: int, *, copies: bool = False
) -> list[list[int]]:
    """Return per world the hash of its state, senses and rewards over `steps` steps, from world number `first` on.

    copies: every few steps the batch is saved, driven astray, and restored before it goes on.
    """
    seats = min(len(level.arena.spawns) for level in levels)
    roster = [(seat % 2, setup.RANDOM_CLASS) for seat in range(seats)]
    weights = np.ones((rules.N_OBJECTIVES, _terms()))
    batch = Batch(
        [level.arena for level in levels],
        worlds,
        roster,
        seed=5,
        shuffle=True,
        weights=weights,
        first_world=first,
    )
    found: list[list[int]] = [[] for _ in range(worlds)]
    for step in range(steps):
        actions = np.stack([batch_actions(first + w, step, seats) for w in range(worlds)])
        if copies and step % 7 == 3:
            saved = batch.state()
            batch.step(np.zeros_like(actions))
            batch.step(actions[::-1].copy())
            batch.load_state(saved)
        io = batch.step(actions)
        if step + 1 in SPREAD or step + 1 == steps:
            for w in range(worlds):
                sensed = array_hash(io.observations[w])
                found[w] += [world_hash(batch.world, w), sensed, array_hash(io.rewards[w])]
    return found


def _terms() -> int:
    from game.core.sim.rewards import N_TERMS

    return N_TERMS


def prove_batches(ticks: int) -> str:
    """Step worlds in batches of many sizes, alone and restored, for `ticks` ticks in all; return what differs."""
    levels = select("train:8", team_sizes=(1, 1))
    done = 0
    steps = 250
    sizes = (1, 2, 3, 16, 64, 250, 512, 1000, 4096)
    while done < ticks:
        for size in sizes:
            first = done // 100
            whole = batch_hashes(levels, size, first, steps)
            for world in sorted({0, size // 3, size - 1}):
                for copies in (False, True):
                    alone = batch_hashes(levels, 1, first + world, steps, copies=copies)
                    if alone != [whole[world]]:
                        return f"world {first + world} in a batch of {size} differs from the same world alone"
                    done += steps * rules.DECISION_PERIOD
            done += size * steps * rules.DECISION_PERIOD
            print(f"{done:,} ticks, batch of {size}: equal", flush=True)
            if done >= ticks:
                break
    return ""


def golden_lines() -> list[str]:
    """Return the golden traces: the last lines of courses on generated levels, which nobody redraws."""
    levels = select("train:12", team_sizes=(2, 2))
    return [list(Course(level, 2000 + n).trace(300))[-1] for n, level in enumerate(levels)]


def main() -> int:
    """Run the proof that the arguments ask for; 1 when something differs."""
    parser = argparse.ArgumentParser(description="Proofs of the core's determinism.")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--ticks", type=int, default=500)
    parser.add_argument("--share", type=int, default=0)
    parser.add_argument("--shares", type=int, default=1)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--batches", type=int, default=0, metavar="TICKS")
    parser.add_argument("--golden", action="store_true")
    chosen = parser.parse_args()
    if chosen.golden:
        GOLDEN.write_text(
            "level seed actions ticks hash\n" + "\n".join(golden_lines()) + "\n", encoding="utf-8"
        )
        return 0
    if chosen.compare or chosen.batches:
        problem = compare(chosen.pairs, chosen.ticks) if chosen.compare else prove_batches(chosen.batches)
        print(problem or "no difference")
        return 1 if problem else 0
    for line in traces(chosen.pairs, chosen.ticks, chosen.share, chosen.shares):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
