"""Verifies who played a recorded match (`replay verify --brains`), in addition to the course of the match.

The brains and bots that a replay names run again on the states reached with its inputs, with the recorded delays,
temperatures and random streams, and every action is compared. A brain is found in the library by the SHA-256 of its
file. A person's inputs and the texts in the file cannot be verified.
"""

import hashlib
import math
from dataclasses import replace

import numpy as np

from game.core import rules
from game.core.bots.table import BOT_NAMES
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.tick import tick
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.npc import DEFAULT_FALLBACK, NpcDriver, SeatPolicy
from game.match.replay.file import Replay
from game.match.replay.header import SeatBrain
from game.match.replay.verify import Verification, verify
from game.match.strengths import possible_strengths

MOST_HELD = 30 * rules.TICKS_PER_SECOND
ACTION_NAMES = ("move", "aim", "fire", "special")


def verify_brains(replay: Replay, library: BrainLibrary | None = None) -> Verification:
    """Verify a replay's course, then the drivers of its seats. `Verification.unproven` lists what could not be verified."""
    report = verify(replay)
    if not report.ok:
        return report
    if replay.drivers is None:
        told = "brains, difficulty: the file is older than their record"
        return replace(report, unproven=(told, *_rest(report)))
    library = library or BrainLibrary()
    names, missing = _find_brains(replay, library)
    policies = {
        seat: SeatPolicy(names.get(driven.sha256, driven.brain), driven.delay, driven.temperature)
        for seat, driven in enumerate(replay.drivers.seats)
        if driven is not None
        and (driven.sha256 in names or (not driven.sha256 and driven.brain in BOT_NAMES))
    }
    problem = _contradiction(replay) or _play_again(replay, policies, library)
    if problem:
        return replace(report, ok=False, tick=0, field="drivers", line=problem)
    seats = ", ".join(str(seat) for seat in policies)
    proven = (f"brains, bots, delays and temperatures of seats {seats}",) if policies else ()
    difficulty = str(replay.info.get("difficulty", ""))
    whole = difficulty in DIFFICULTY_IDS and policies and not missing
    if whole:
        proven = (*proven, f"difficulty {difficulty}")
    persons = [seat for seat, driven in enumerate(replay.drivers.seats) if driven is None]
    unproven = list(missing)
    if persons:
        unproven.append(f"that a person played seats {', '.join(map(str, persons))}")
    if not whole:
        unproven.append("difficulty")
    return replace(report, proven=(*report.proven, *proven), unproven=(*unproven, *_rest(report)))


def _rest(report: Verification) -> tuple[str, ...]:
    """Return what the report on the course left unverified, except what was verified here."""
    return tuple(told for told in report.unproven if not told.startswith("who played"))


def _find_brains(replay: Replay, library: BrainLibrary) -> tuple[dict[str, str], list[str]]:
    """Return the library's name for each recorded SHA-256, and a line for each that it does not have."""
    assert replay.drivers is not None
    wanted: dict[str, str] = {
        driven.sha256: driven.brain for driven in replay.drivers.seats if driven and driven.sha256
    }
    names: dict[str, str] = {}
    for entry in library.entries():
        if wanted and entry.path is not None and entry.usable:
            digest = hashlib.sha256(entry.path.read_bytes()).hexdigest()
            if digest in wanted:
                names.setdefault(digest, entry.name)
    missing = [
        f"brain {name!r}: no brain here has the SHA-256 {digest[:16]}…"
        for digest, name in wanted.items()
        if digest not in names
    ]
    return names, missing


def _contradiction(replay: Replay) -> str:
    """Return how the header contradicts itself; empty if it does not."""
    assert replay.drivers is not None
    difficulty, human = str(replay.info.get("difficulty", "")), replay.info.get("human", -1)
    drivers = replay.drivers.seats
    for seat, driven in enumerate(drivers):
        if driven is not None and difficulty in DIFFICULTY_IDS:
            known = possible_strengths(difficulty, driven.sha256)
            if (driven.delay, driven.temperature) not in known:
                usual = " or ".join(f"{each.delay} and {each.temperature:g}" for each in sorted(known))
                return (
                    f"differs: difficulty {difficulty}: expected delay in ticks and temperature {usual}, "
                    f"found {driven.delay} and {driven.temperature:g} in seat {seat}"
                )
    if isinstance(human, int) and 0 <= human < len(drivers) and drivers[human] is not None:
        return f"differs: seat {human}: expected a person, found {_words(drivers[human])}"
    return ""


def _play_again(replay: Replay, policies: dict[int, SeatPolicy], library: BrainLibrary) -> str:
    """Return a text on the first action that differs from the seat's driver; empty if all are equal."""
    drivers = replay.drivers
    assert drivers is not None
    fallbacks = {
        driven.gave_way[1] for driven in drivers.seats if driven is not None and driven.gave_way is not None
    }
    if fallbacks - set(BOT_NAMES) or len(fallbacks) > 1:
        return f"differs: expected one bot that takes over, found {', '.join(sorted(fallbacks)):.80}"
    gives_way = {
        policies[seat].brain: driven.gave_way[0]
        for seat, driven in enumerate(drivers.seats)
        if driven is not None and driven.gave_way is not None and seat in policies
    }
    held = replay.info.get("held_fire", 0)
    if not isinstance(held, int) or not 0 <= held <= MOST_HELD:
        return f"differs: held_fire: expected 0 to {MOST_HELD} ticks, found {held!r:.40}"
    driver = NpcDriver(
        replay.seats,
        policies,
        seed=drivers.seed,
        library=library,
        fallback=next(iter(fallbacks), DEFAULT_FALLBACK),
        budget=math.inf,
        gives_way=gives_way,
        held_fire=held,
        held_seats=_held_seats(replay) & policies.keys(),
    )
    levels = ar.pack_arenas([replay.level.arena])
    world = st.new_world(1, replay.seats, ar.terrain_of(replay.level.arena).size)
    actions: IntArray = np.zeros((1, replay.seats, st.ACTION_SIZE), np.int64)
    inputs = actions.copy()
    rows = list(policies)
    with np.errstate(over="ignore"):
        setup.begin_match(world, levels, 0, 0, replay.seed, replay.roster, replay.shuffle)
        for now in range(replay.ticks):
            driver.act(world, levels, 0, actions)
            unlike = np.argwhere(actions[0, rows] != replay.actions[now, rows]) if rows else np.zeros((0, 2))
            if len(unlike):
                n, column = unlike[0].tolist()
                seat = rows[n]
                own, found = int(actions[0, seat, column]), int(replay.actions[now, seat, column])
                driver.close()
                return (
                    f"differs at tick {now + 1}: seat {seat}: {_words(drivers.seats[seat])}: expected "
                    f"{ACTION_NAMES[column]} {own}, found {found}"
                )
            np.copyto(inputs, replay.actions[now])
            tick(world, levels, 0, inputs)
    driver.close()
    return ""


def _held_seats(replay: Replay) -> set[int]:
    """Return the seats of all teams except the person's; they may hold their fire in a newcomer's first match."""
    human = replay.info.get("human", -1)
    teams = replay.roster[0, :, setup.ROSTER_TEAM].tolist()
    if not isinstance(human, int) or not 0 <= human < len(teams):
        return set()
    return {seat for seat, team in enumerate(teams) if team != teams[human]}


def _words(driven: SeatBrain | None) -> str:
    if driven is None:
        return "nobody"
    seconds = driven.delay / rules.TICKS_PER_SECOND
    kind = f"brain {driven.brain!r}" if driven.sha256 else f"bot {driven.brain!r}"
    return f"{kind} with a delay of {seconds:.2f} s"
