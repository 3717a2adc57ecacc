"""A simulated player's evenings: which level next, whether to try again, when to leave, which stars to give."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.model import Level
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.simulation import MatchJob, MatchResult, usual_seats
from game.player.community.personas import Persona, policy
from game.player.community.tastes import Trial, look, verdict
from recommender.records.kinds import SIMULATED, Attempt, Item, Rating

BEGIN: Final = 1_767_225_600  # seconds since 1970: the first evening, 1 January 2026
EVENING: Final = (3, 7)  # matches in an evening
TASTE_PULL: Final = 0.9  # how much a level's looks decide what is tried next …
LIST_PULL: Final = 0.16  # … and its place in the list
DARING: Final = 1.0  # what an author's difficulty beyond the player's level takes off
AT_FIRST: Final = 0.5  # share of the players who begin with the first level of the list
DULL: Final = -1  # looks from which a match is left after `staying` seconds
EASIER_AFTER: Final = 3  # failures in a row before the player lowers the difficulty
HARDER_AFTER: Final = 4  # victories in a row before raising it


class Life:
    """One persona among the levels of the list."""

    def __init__(
        self, persona: Persona, items: Mapping[str, Item], levels: Mapping[str, Level], library: BrainLibrary
    ) -> None:
        self.persona = persona
        self.ratings: list[Rating] = []
        self.attempts: list[Attempt] = []
        self._items, self._levels, self._library = items, levels, library
        self._random = np.random.default_rng([*persona.stream, 1])
        self._trials: dict[str, list[Trial]] = {}
        self._at: str | None = None  # the level that is being tried
        self._streak = 0  # victories in a row, failures below 0
        self._difficulty = DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)
        self._clock = float(BEGIN + int(self._random.integers(0, 40 * 86_400)))
        self._left_tonight = int(self._random.integers(*EVENING))

    def plan(self) -> MatchJob | None:
        """Return the next match, None when this player has seen enough."""
        if self._at is None:
            if len(self._trials) >= min(self.persona.levels, len(self._items)):
                return None
            self._at = self._choose()
        level = self._levels[self._at]
        seat = policy(self.persona, len(self.attempts), level.objective)
        seats = usual_seats(level, seat, DIFFICULTY_IDS[self._difficulty], self._library)
        dull = look(self.persona.taste, self._items[self._at]) <= DULL
        stop = round(self.persona.staying * rules.TICKS_PER_SECOND) if dull else None
        seed = int(self._random.integers(1 << 31))
        return MatchJob(level, seed, seats, stop, self.persona.tank_class)

    def take(self, result: MatchResult) -> None:
        """Live through a match: remember it, perhaps give stars, and decide whether to try again."""
        assert self._at is not None
        item, persona = self._at, self.persona
        trials = self._trials.setdefault(item, [])
        level = self._levels[item]
        won = result.winner == level.own_team
        deaths, score = result.deaths[level.player_seat], result.score[level.player_seat]
        trial = Trial(won, result.stopped, result.seconds, deaths)
        trials.append(trial)
        self._clock += math.ceil(result.seconds) + int(self._random.integers(8, 40))
        self.attempts.append(
            Attempt(
                persona.name,
                item,
                "quit" if trial.quit else "finished" if won else "failed",
                round(result.seconds, 1),
                self._clock,
                deaths,
                len(trials) - 1,
                float(score),
                DIFFICULTY_IDS[self._difficulty],
                SIMULATED,
            )
        )
        self._adjust(won, trial.quit)
        if won or trial.quit or len(trials) >= persona.patience:
            self._rate(item, trials)
            self._at = None
        self._left_tonight -= 1
        if self._left_tonight <= 0:
            self._clock += int(self._random.integers(1, 6)) * 86_400
            self._left_tonight = int(self._random.integers(*EVENING))

    def _choose(self) -> str:
        """Draw an untried level: what looks good, what stands near the top, what does not look too hard."""
        untried = [name for name in self._items if name not in self._trials]
        first = next(iter(self._items))
        if not self._trials and self._random.random() < AT_FIRST:
            return first
        places = {name: place for place, name in enumerate(self._items)}
        pull = np.array([self._pull(name, places[name]) for name in untried])
        return untried[int(np.argmax(pull + self._random.gumbel(size=len(pull))))]

    def _pull(self, name: str, place: int) -> float:
        item = self._items[name]
        own = 1 + (self.persona.skill + 0.1 * len(self.attempts)) / 2
        too_hard = max(0.0, item.numbers["author_difficulty"] - own)
        return TASTE_PULL * look(self.persona.taste, item) - LIST_PULL * place - DARING * too_hard

    def _adjust(self, won: bool, left: bool) -> None:
        """Lower the difficulty after a run of defeats, raise it after a run of victories."""
        if left:
            return
        self._streak = max(self._streak, 0) + 1 if won else min(self._streak, 0) - 1
        if self._streak <= -EASIER_AFTER and self._difficulty > 0:
            self._difficulty -= 1
            self._streak = 0
        if self._streak >= HARDER_AFTER and self._difficulty < len(DIFFICULTY_IDS) - 1:
            self._difficulty += 1
            self._streak = 0

    def _rate(self, item: str, trials: Sequence[Trial]) -> None:
        says, slips = self._random.random(), self._random.random()
        step = int(self._random.choice((-1, 1)))
        if says >= self.persona.rates:
            return
        stars = verdict(self.persona.taste, self._items[item], trials)
        if slips < self.persona.careless:
            stars = min(max(stars + step, 1), 5)
        self._clock += 2
        self.ratings.append(Rating(self.persona.name, item, float(stars), self._clock, SIMULATED))
