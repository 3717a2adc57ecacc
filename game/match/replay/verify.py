"""`verify`: play a replay's inputs through this core and name the first tick and field that differ."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from game.core.levels.catalogue import select
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.digest import MARKED_COLUMNS
from game.core.sim.recorded import find_divergence
from game.core.sim.state import World
from game.match.replay.file import HASH_PERIOD, Replay
from game.match.replay.states import Difference, column_name, dump_state, first_difference

_WORLD_HASH = "world hash"


@dataclass(frozen=True)
class Verification:
    """Result of a verification. `ok`: this core plays the match exactly as recorded."""

    ok: bool
    ticks: int  # ticks recorded
    tick: int = -1  # the first that differs, -1: none
    field: str = ""  # state field that differs first: "tanks"
    column: str = ""  # its column: "aim"
    place: str = ""  # the first number that differs there, where a whole state is recorded: "seat 3 › aim"
    place_tick: int = -1  # the tick of that state: the next keyframe
    expected: int = 0
    found: int = 0
    line: str = ""  # for people
    proven: tuple[str, ...] = ()  # what this core bears out
    unproven: tuple[str, ...] = ()  # what the file says besides

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-able data."""
        return {"schema": 1, **{name: getattr(self, name) for name in self.__dataclass_fields__}}


class _Finding(NamedTuple):
    tick: int
    field: str  # of the state, or _WORLD_HASH
    column: int = -1

    def __str__(self) -> str:
        """Return the finding as people read it."""
        return f"{self.field} › {column_name(self.field, self.column)}" if self.column >= 0 else self.field


def verify(replay: Replay) -> Verification:
    """Play the recorded inputs and compare every mark, hash, keyframe and the result.

    The marks tell the tick, the field and its column; the number comes from the next keyframe, where the whole
    state is known.
    """
    levels = ar.pack_arenas([replay.level.arena], ways=False)
    cells = ar.terrain_of(replay.level.arena).size
    world = st.new_world(1, replay.seats, cells)
    recorded = (
        np.ascontiguousarray(replay.actions),
        np.ascontiguousarray(replay.marks),
        np.array(list(replay.hashes.values()), np.uint64),
        HASH_PERIOD,
    )
    actions: IntArray = np.zeros((1, replay.seats, st.ACTION_SIZE), np.int64)
    marks: IntArray = np.zeros(len(MARKED_COLUMNS), np.int64)
    now = 0
    with np.errstate(over="ignore"):
        setup.begin_match(world, levels, 0, 0, replay.seed, replay.roster, replay.shuffle)
        for then, frame in replay.keyframes.items():
            tick, place = find_divergence(world, levels, *recorded, now, then, actions, marks)
            now = then
            found = dump_state(world, 0, cells)
            if tick >= 0:
                unlike = MARKED_COLUMNS[place] if place < len(MARKED_COLUMNS) else (_WORLD_HASH, -1)
                return _failed(replay, _Finding(tick, *unlike), now, found)
            if found != frame:
                difference = first_difference(frame, found, replay.seats, cells)
                assert difference is not None  # the dumps have one layout
                return _failed(replay, _Finding(now, difference.field), now, found)
    return _compare_result(replay, world)


def _failed(replay: Replay, first: _Finding, now: int, found: bytes) -> Verification:
    """Report a difference, with the number that shows it at the keyframe of tick `now`."""
    cells = ar.terrain_of(replay.level.arena).size
    known = None if first.field == _WORLD_HASH else first
    difference = first_difference(
        replay.keyframes[now],
        found,
        replay.seats,
        cells,
        known.field if known else None,
        known.column if known else -1,
    )
    column = column_name(first.field, first.column) if first.column >= 0 else ""
    line = f"differs at tick {first.tick}: {first}"
    if difference is None:
        line += f"; at the keyframe of tick {now} it is as recorded"
        return Verification(False, replay.ticks, first.tick, first.field, column, line=line)
    line += f"; {_words(difference)}" + (f" at tick {now}" if now != first.tick else "")
    return Verification(
        ok=False,
        ticks=replay.ticks,
        tick=first.tick,
        field=first.field,
        column=column,
        place=difference.place,
        place_tick=now,
        expected=difference.expected,
        found=difference.found,
        line=line,
    )


def _words(difference: Difference) -> str:
    return f"{difference.place}: expected {difference.expected}, found {difference.found}"


def _compare_result(replay: Replay, world: World) -> Verification:
    """Compare the header's result with how the match ended."""
    head = world.head[0]
    done = bool(head[st.DONE])
    facts: tuple[tuple[str, int, int], ...] = (
        ("complete", int(replay.complete), int(done)),
        ("winner", replay.winner, int(head[st.WINNER]) if done else -1),
        ("timed out", int(replay.timed_out), int(head[st.TIMED_OUT])),
        *(
            (f"score of seat {seat}", points, int(world.tanks[0, seat, st.TANK_SCORE]))
            for seat, points in enumerate(replay.scores)
        ),
    )
    for name, expected, found in facts:
        if expected != found:
            end = replay.ticks
            line = f"differs at tick {end}: result; {name}: expected {expected}, found {found}"
            return Verification(False, end, end, "result", "", name, end, expected, found, line)
    line = f"{replay.ticks} ticks as recorded"
    return Verification(
        True, replay.ticks, line=line, proven=PROVEN, unproven=(WHO, *_level_claims(replay), DATE)
    )


PROVEN: Final = ("the level's arena, the inputs of all seats, every tick, the scores and the result",)
WHO: Final = "who played: brains, difficulty, the person's seat (--brains runs the brains again and compares)"
DATE: Final = "names of the seats, the version that recorded it"


def _level_claims(replay: Replay) -> tuple[str, ...]:
    """Say what of a level's texts is not borne out: all of them, but where they are a built-in level's own."""

    def shown(text: object) -> str:
        return f"{text}"[:80]

    level = replay.level
    for known in select("builtin"):
        if known.digest == level.digest and known.name == level.name:
            return tuple(
                f"the level's {name}: {shown(ours)} in the built-in level, {shown(theirs)} in this file"
                for name, ours, theirs in (
                    ("title", known.title.en, level.title.en),
                    ("Chinese title", known.title.zh, level.title.zh),
                    ("author", known.author, level.author),
                )
                if ours != theirs
            )
    return ("the level's name, title and author",)
