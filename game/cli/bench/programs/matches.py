"""Speed of matches with NPCs: their decisions, play-tests, replays, levels being packed."""

import time
from typing import Any, Final

import numpy as np

from .timing import Row, Unable, Watch, found, member, processors

rules: Any = found("game.core.rules", "game.rules")
ar: Any = found("game.core.sim.arena", "game.sim.arena")
st: Any = found("game.core.sim.state", "game.sim.state")
setup: Any = found("game.core.sim.setup", "game.sim.setup")
core_tick: Any = found("game.core.sim.tick", "game.sim.tick").tick
catalogue: Any = found("game.core.levels.catalogue", "game.levels.catalogue")
npc: Any = found("game.match.npc", "game.npc")
load_level: Any = member(catalogue, "load_level", "load")
pack_arenas: Any = member(ar, "pack_arenas", "pack")

LEVEL: Final = "foundry"
BRAIN: Final = "hunter"
WARM_DECISIONS: Final = 100
PUBLISHED_MATCHES: Final = 1000
SIDE: Final = 64  # tiles


class NpcMatch:
    """A match of NPCs of one policy in every seat, that begins anew when it ends."""

    def __init__(self, policy: Any, level: str = LEVEL) -> None:
        self.level = load_level(level)
        self.levels = pack_arenas([self.level.arena])
        spawns = self.level.arena.spawns
        self.seats = len(spawns)
        self.world = st.new_world(1, self.seats, ar.terrain_of(self.level.arena).size)
        self.roster = np.array([[(spawn.team, setup.LEVEL_CLASS) for spawn in spawns]], np.int64)
        self.actions = np.zeros((1, self.seats, st.ACTION_SIZE), np.int64)
        self.begun = 0
        self.begin()
        # A generous budget: what is slow here is to be measured, not replaced.
        self.driver = npc.NpcDriver(self.seats, dict.fromkeys(range(self.seats), policy), budget=1.0)

    def begin(self) -> None:
        """Begin the next one."""
        self.begun += 1
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, 0, 0, self.begun, self.roster, 0)

    def tick(self) -> None:
        """Advance one tick."""
        with np.errstate(over="ignore"):
            core_tick(self.world, self.levels, 0, self.actions)

    @property
    def living(self) -> int:
        """How many seats live."""
        return int((self.world.tanks[0, :, st.TANK_ALIVE] != 0).sum())


def npc_decisions(npcs: int = 8, decisions: int = 1500, seconds: float = 60.0) -> Row:
    """Measure one decision of all NPCs of one brain: observations, one inference, sampling."""
    match = NpcMatch(npc.SeatPolicy(BRAIN))
    seats = range(npcs)
    match.driver = npc.NpcDriver(match.seats, dict.fromkeys(seats, npc.SeatPolicy(BRAIN)), budget=1.0)
    watch = Watch()
    warm, until = 0, time.monotonic() + seconds
    while watch.count < decisions and (time.monotonic() < until or not watch.count):
        full = match.living == match.seats
        decides = int(match.world.head[0, st.TICK]) % rules.DECISION_PERIOD == 0 and full
        if decides and warm >= WARM_DECISIONS:
            watch.start()
            match.driver.act(match.world, match.levels, 0, match.actions)
            watch.stop(npcs)
        else:
            match.driver.act(match.world, match.levels, 0, match.actions)
        warm += decides
        match.tick()
        if match.world.head[0, st.DONE] or match.living < match.seats:
            match.begin()
    if match.driver.notices:
        raise Unable(str(match.driver.notices[0]))
    return watch.spans(f"decision of {npcs} NPCs", "us", 1e6, npcs=npcs, brain=BRAIN, level=LEVEL)


def play_test(matches: int = 96) -> Row:
    """Measure matches of the level in the game's usual set-up, by three players in turn, and scale them to 1,000."""
    playing: Any = found("game.match.simulation", "game.simulation")
    brains: Any = found("game.match.brain_library", "game.brain_library")
    library = brains.BrainLibrary()
    level = load_level(LEVEL)
    players = (npc.SeatPolicy("marksman", 14), npc.SeatPolicy("marksman"), npc.SeatPolicy(BRAIN, 14, 0.9))
    tables = [playing.usual_seats(level, player, "regular", library) for player in players]

    def play(count: int, seed: int) -> None:
        jobs = [playing.MatchJob(level, (seed << 20) + n, tables[n % len(tables)]) for n in range(count)]
        playing.play_matches(jobs, library=library)

    play(len(tables), 1)  # brains and kernels are loaded before
    watch = Watch(processors())
    watch.start()
    play(matches, 2)
    watch.stop()
    scale = PUBLISHED_MATCHES / matches
    return watch.total(f"{matches} matches", "s of 1,000 matches", scale, matches=matches, level=LEVEL)


def verify(level: str, ticks: int, seconds: float = 3.0) -> Row:
    """Measure how many ticks of a recorded match of bots are verified in a second, the level's packing included."""
    recording: Any = found("game.match.replay", "game.replay")
    match = NpcMatch(npc.SeatPolicy("marksman"), level)
    recorder = recording.Recorder(match.level, match.begun, match.roster)
    done = 0
    while done < ticks and not match.world.head[0, st.DONE]:
        match.driver.act(match.world, match.levels, 0, match.actions)
        recorder.record(match.world, match.actions)
        match.tick()
        done += 1
    replay = recording.parse_replay(recorder.data(), "bench")

    def once() -> int:
        report = recording.verify(replay)
        if not report.ok:
            raise Unable(f"the replay differs: {report}")
        return done

    once()
    watch = Watch()
    watch.repeat(once, seconds, least=3)
    return watch.rate(f"verification of {done} ticks", level=level, ticks=done, seats=match.seats)


def pack(side: int = SIDE, seconds: float = 3.0) -> Row:
    """Measure packing one open level of `side` by `side` tiles with pillars, and its bytes."""
    tiles = np.zeros((side, side), np.uint8)
    tiles[2::5, 2::5] = rules.WALL
    spawns = (ar.Spawn(1, 1, 0), ar.Spawn(side - 2, side - 2, 1))
    arena = ar.Arena("bench", tiles, rules.ELIMINATE, spawns, 3600)
    levels = pack_arenas([arena])

    def once() -> int:
        pack_arenas([arena])
        return 1

    watch = Watch()
    watch.repeat(once, seconds, least=3)
    size = sum(int(part.nbytes) for part in _arrays(levels))
    return watch.spans("level", "ms", 1e3, side=side, bytes=size)


def _arrays(value: Any) -> list[Any]:
    """All arrays of a named tuple, those inside its parts too."""
    if isinstance(value, np.ndarray):
        return [value]
    return [array for part in value for array in _arrays(part)] if isinstance(value, tuple) else []
