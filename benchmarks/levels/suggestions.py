"""How much do the endless levels improve suggestions? `python -m benchmarks.levels.suggestions --people 60 --matches 30`

Simulated players follow the game's first suggestion, match by match, with the endless shelf and with only the built-in
levels: through `LevelRecommender` and a profile, as in the window, at the suggested difficulty. Their taste is that of
`recommender.evaluation.simulated_players`, which the recommender never sees. Their wins are drawn from the level's grade,
shifted by a random number per player and level, because people differ from the panel.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from scipy.special import ndtr

from game.core import rules
from game.core.levels.catalogue import builtin_levels, load_level
from game.core.levels.model import Level
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.endless_shelf import shelf
from game.match.grading.grade import MIDDLE, OFFERED, POINTS, Grade
from game.match.grading.gradebook import shipped_book
from game.player.level_items import item_of
from game.player.level_recommender import LevelRecommender
from game.player.paths import UserFolders
from game.player.profile import MatchRecord, Profile
from recommender.evaluation.simulate import interval
from recommender.evaluation.simulated_players import KINDS, TRUE_ZONE, SimulatedPlayer, SimulatedWorld
from recommender.records.ratings import Floats

STRENGTHS: Final = (25.0, 6.0)  # mean and standard deviation of the simulated players, on the players' scale
GAINS: Final = (1.0, 6.0)  # points gained by practice in the end
SECONDS: Final = 300.0  # between two matches
START: Final = 1_000_000_000.0  # seconds since 1970 at the end of the first match
CATALOGUES: Final = ("endless", "built-in")
COLUMNS: Final = ("enjoyment", "in_zone", "outside", "error", "bias", "new", "generated")


@dataclass(frozen=True)
class KnownLevels:
    """All levels, with the grade and the simulated qualities of each."""

    levels: tuple[Level, ...]
    grades: tuple[Grade, ...]
    world: SimulatedWorld

    @classmethod
    def all(cls, seed: int) -> "KnownLevels":
        """The built-in levels and the shelf; the seed determines each level's average appeal."""
        levels = [entry.level for entry in builtin_levels() if entry.level is not None]
        levels += [load_level(one.name) for one in shelf()]
        grades = [shipped_book().find(level) for level in levels]
        known = tuple(grade for grade in grades if grade is not None)
        assert len(known) == len(levels)
        quality = np.random.default_rng([seed, 11]).normal(0, 0.4, len(levels))
        items = tuple(item_of(level) for level in levels)
        return cls(tuple(levels), known, SimulatedWorld(items, np.zeros(len(levels)), quality))


class LevelPlayer(SimulatedPlayer):
    """A simulated player of this game: taste from the base class, chances from the grades and the player's strength."""

    def __init__(self, known: KnownLevels, seed: Sequence[int], kind: str) -> None:
        super().__init__(known.world, seed, kind)
        self._strength = self.random.normal(*STRENGTHS)
        self._learns, self._slow = self.random.uniform(*GAINS), self.random.uniform(4, 20)
        self._x = np.array(
            [[grade.own_x(MIDDLE, name)[0] for name in DIFFICULTY_IDS] for grade in known.grades]
        )
        self._unlike = self.random.normal(0, [grade.unlike.kind for grade in known.grades])
        self.against = DEFAULT_DIFFICULTY

    def chances(self) -> Floats:
        """True chance to win each level now, at the chosen difficulty, (items,)."""
        strength = self._strength + self._learns * (1 - np.exp(-self.played.sum() / self._slow))
        x = self._x[:, DIFFICULTY_IDS.index(self.against)]
        return np.asarray(ndtr(x + self._unlike + (strength - MIDDLE) / POINTS))


def play_suggestions(
    known: KnownLevels, seed: Sequence[int], matches: int, kind: str, *, endless: bool
) -> Floats:
    """Let one simulated player play the first suggestions; return a row of COLUMNS per match."""
    number = {level.name: place for place, level in enumerate(known.levels)}
    person = LevelPlayer(known, seed, kind)
    rows = np.zeros((matches, len(COLUMNS)))
    with TemporaryDirectory() as folder:
        profile = Profile(UserFolders(Path(folder)))
        advice = LevelRecommender(profile, builtin_levels, endless=endless, seed=seed[-1])
        profile.follow(advice)
        for match in range(matches):
            top = advice.suggestions()[0]
            place, person.against = number[top.item], top.against
            enjoyed, chance = person.enjoyment()[place], person.chances()[place]
            new, made = person.played[place] == 0, place >= len(known.levels) - len(shelf())
            rows[match] = (
                enjoyed,
                TRUE_ZONE[0] <= chance <= TRUE_ZONE[1],
                not OFFERED[0] <= chance <= OFFERED[1],
                abs(chance - top.chance),
                top.chance - chance,
                new,
                made,
            )
            won, seconds, stars = person.play(place)
            level = known.levels[place]
            profile.record_match(
                MatchRecord(
                    level.name, level.digest, level.objective_name, "", top.against, "ranger", "won" if won else "lost",
                    0, round(seconds * rules.TICKS_PER_SECOND), 0, 0, 0, time=START + SECONDS * match,
                )
            )  # fmt: skip
            profile.rate(level.name, round(stars))
        advice.close()
        profile.close()
    return rows


def main() -> None:
    """Print and write the results of the suggestions, with and without the endless shelf."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levels.suggestions", description=main.__doc__)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--matches", type=int, default=30)
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help="kind of the simulated tastes")
    parser.add_argument("--seed", type=int, default=71)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    known = KnownLevels.all(chosen.seed)
    found: dict[str, dict[str, Any]] = {}
    for name in CATALOGUES:
        seeds = [[chosen.seed, 60, person] for person in range(chosen.people)]
        runs = [
            play_suggestions(known, seed, chosen.matches, chosen.kind, endless=name == CATALOGUES[0])
            for seed in seeds
        ]
        found[name] = _summary(np.array(runs))
        print(f"{name}: {_line(found[name])}", flush=True)
    if chosen.json is not None:
        facts = {"people": chosen.people, "matches": chosen.matches, "kind": chosen.kind, "seed": chosen.seed}
        chosen.json.write_text(json.dumps({**facts, "catalogues": found}, indent=1), encoding="utf-8")


def _summary(runs: Floats) -> dict[str, Any]:
    """Means over players with 95 % intervals, for all matches, the first ten and the rest; `runs` (people, matches, columns)."""
    parts = {"all": runs, "first_10": runs[:, :10], "after_10": runs[:, 10:]}
    return {
        part: {column: interval(values[:, :, place].mean(1)) for place, column in enumerate(COLUMNS)}
        for part, values in parts.items()
        if values.shape[1]
    }


def _line(summary: dict[str, Any]) -> str:
    def show(part: str, column: str, scale: float = 1.0) -> str:
        mean, low, high = summary[part][column]
        return f"{scale * mean:.3g} [{scale * low:.3g}, {scale * high:.3g}]"

    whole = f"enjoyment {show('all', 'enjoyment')} stars"
    zone = f"in the flow zone {show('first_10', 'in_zone', 100)} % of the first 10 matches"
    rest = f", {show('after_10', 'in_zone', 100)} % after" if "after_10" in summary else ""
    error = f"chance outside 5 to 95 % in {show('all', 'outside', 100)} %, predicted within {show('all', 'error')}"
    kind = f"new to the player {show('all', 'new', 100)} %, generated {show('all', 'generated', 100)} %"
    return f"{whole}; {zone}{rest}; {error}, too high by {show('all', 'bias')}; {kind}"


if __name__ == "__main__":
    main()
