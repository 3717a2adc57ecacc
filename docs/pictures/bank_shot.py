"""play.webp: seconds of a recorded match in which a tank hits around a corner, as the replay player shows them.

Matches between two brains that ship are recorded, each as a replay file. The one with the most hits by banked shots within the
length of the picture is kept as play.bsr, and the game's window plays it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from docs.pictures.film import Order
from docs.pictures.headless import HeadlessApp
from docs.pictures.recording import record, replayed
from game.app.window_options import AppOptions
from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.match.replay import SUFFIX, Replay, load_replay, parse_replay
from safefiles.writing import write_atomic

if TYPE_CHECKING:
    from game.app.playing.session import Match

LEVEL: Final = "crossfire"
BRAINS: Final = ("sniper", "hunter")
SEEDS: Final = 6  # matches that are recorded to choose from
SECONDS: Final = 6.0
WATCHED: Final = 0  # seat
FAR: Final = 4 * rules.SU_PER_TILE
TEMPERATURE: Final = 0.6
SIZE: Final = (720, 528)  # px
SCALE: Final = 1.2  # of the interface
TICKS: Final = round(SECONDS * rules.TICKS_PER_SECOND)


def bank_hits(match: "Match") -> int:
    """How often the watched tank hit another team with a banked shot, from far, in the last tick."""
    tanks = match.world.tanks[match.w]
    own = tanks[WATCHED]
    return sum(
        kind == ev.TANK_HIT
        and b & ev.BANKED_FLAG != 0
        and b & ev.SEAT_MASK == WATCHED
        and tanks[a, st.TANK_TEAM] != own[st.TANK_TEAM]
        and max(abs(x - int(own[st.TANK_X])), abs(y - int(own[st.TANK_Y]))) >= FAR
        for kind, a, b, x, y in match.event_rows()
    )


def best_part(hits: Sequence[int]) -> tuple[int, int]:
    """Return the most hits within the length of the picture, and the first tick of it; `hits`: of each tick.

    The first and the last second do not count: one sees where the shot comes from, and its effect.
    """
    second = rules.TICKS_PER_SECOND
    begins = range(0, max(1, len(hits) - TICKS + second), rules.DECISION_PERIOD)
    count, begin = max((sum(hits[first + second : first + TICKS - second]), -first) for first in begins)
    return count, -begin


def best_part_of(replay: Replay) -> tuple[int, int]:
    """The same for a replay, which is played once without being drawn."""
    match = replayed(replay)
    hits = []
    while not match.over:
        match.tick()
        hits.append(bank_hits(match))
    return best_part(hits)


def recorded(work: Path, matches_to_record: int) -> Path:
    """Return the replay file, recorded if it does not exist: the match with the most hits in the length of the picture."""
    path = work / f"play{SUFFIX}"
    if not path.exists():
        matches = [
            record(LEVEL, BRAINS, seed, temperature=TEMPERATURE)[1] for seed in range(matches_to_record)
        ]
        write_atomic(path, max(matches, key=lambda data: best_part_of(parse_replay(data, path.name))[0]))
    return path


def draw(order: Order) -> list[Image.Image]:
    """Play the replay in the game's window, the camera on the watched tank, and take the seconds with the hits."""
    path = recorded(order.work, SEEDS if order.most is None else 1)
    _, begin = best_part_of(load_replay(path))
    with HeadlessApp(AppOptions(mode="replay", replay=path, seed=0), SIZE, SCALE, most=order.most) as window:
        window.play(begin)
        window.key("tab", taken=False)  # the camera follows the first tank, and its sight line is drawn
        window.run(SECONDS)
    return window.frames
