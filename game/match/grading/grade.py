"""`Grade`: how often a level is won at each difficulty, with its uncertainty.

The scale is the players' own (OpenSkill's, `recommender.advisor.skill`): a player of strength s wins with the chance
Phi((s - d) / (sqrt(2) * beta)), where d is the level's difficulty. The panel's mean strength stands at 25.
A win rate is that of a standard player: one of many who are as strong and as various as the panel. They differ in strength
and taste, so that the share of them who win changes more slowly from level to level than the chance of each: x = Phi^-1(win
rate) is the panel's, and for one player `steep` times as much. What is said of one player (chance, difficulty, doubt) is
said of one of a family that the panel lacks, as people are.
`posterior` makes grades of counts. What is here is light: screens ask it between two frames.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS

MIDDLE: Final = 25.0  # of OpenSkill's scale: the standard player
POINTS: Final = math.sqrt(2) * MIDDLE / 6  # of the scale for each unit of x = Phi^-1(win rate)
N_STEPS: Final = len(DIFFICULTY_IDS)
STARS: Final = (
    0.8,
    0.6,
    0.4,
    0.2,
)  # win rates of a standard player at the default difficulty: from 1 star down to 4
OFFERED: Final = (0.05, 0.95)  # chances outside of which no level is offered to a player
SURELY: Final = (
    1.2816  # standard deviations of x: nine of ten such levels are not harder, and as many not easier
)
FAMILIES: Final = (5, 4)  # of the panel: bots, brains
GRADERS: Final = sum(FAMILIES)
_SAME: Final = sum(
    (members / GRADERS) ** 2 for members in FAMILIES
)  # chance that two of them are of one family
_Z_90: Final = 1.6448536


def normal_cdf(x: float) -> float:
    """Return the cumulative normal distribution."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


class PlayerSpread(NamedTuple):
    """Standard deviations, between players, of a player's x."""

    skill: float  # of how strong they are
    family: float  # of what a level is to all bots, or to all brains, more than to the others
    own: float  # of what it is to one player alone

    @property
    def kind(self) -> float:
        """Spread of a level's x between players of equal strength."""
        return math.hypot(self.family, self.own)

    @property
    def panel(self) -> float:
        """Spread of the panel's mean: nine players of two families do not represent all players."""
        return math.sqrt(_SAME * self.family**2 + self.own**2 / GRADERS)

    @property
    def steep(self) -> float:
        """How much one player's x changes if the panel's, averaged over nine players, changes by 1."""
        return math.sqrt(1 + self.skill**2 + (1 - _SAME) * self.family**2 + (1 - 1 / GRADERS) * self.own**2)

    @property
    def other(self) -> float:
        """Spread of the x of one player of a third family about the panel's mean."""
        return math.hypot(self.kind, self.panel)

    def member(self, family: int) -> float:
        """Return the same for another player of a family of the panel, by its place in FAMILIES."""
        rest = 1 - FAMILIES[family] / GRADERS
        return math.sqrt(2 * rest**2 * self.family**2 + (1 + 1 / GRADERS) * self.own**2)


@dataclass(frozen=True)
class Counts:
    """Counts of the panel's matches: (steps,) each, by DIFFICULTY_IDS."""

    won: tuple[int, ...]
    matches: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, values in (("won", self.won), ("matches", self.matches)):
            if len(values) != N_STEPS:
                raise ValueError(f"{name}: expected {N_STEPS} numbers, found {len(values)}")
        if not all(0 <= won <= played for won, played in zip(self.won, self.matches, strict=True)):
            raise ValueError(f"won: expected 0 to {self.matches}, found {self.won}")

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            tuple(a + b for a, b in zip(self.won, other.won, strict=True)),
            tuple(a + b for a, b in zip(self.matches, other.matches, strict=True)),
        )


NOTHING: Final = Counts((0,) * N_STEPS, (0,) * N_STEPS)


@dataclass(frozen=True)
class Grade:
    """A level's measured difficulty."""

    objective: str
    counts: Counts
    mode: tuple[float, ...]  # of x at each difficulty …
    spread: tuple[float, ...]  # … and its standard deviation
    unlike: PlayerSpread  # how players of this objective differ
    graders: str  # graders_key() of the panel
    people: int = 0  # attempts of people that have corrected it …
    share: float = 1.0  # … and how much they leave of the doubt about people's taste

    def rate(self, difficulty: str = DEFAULT_DIFFICULTY) -> float:
        """Return the share of the matches that players like the panel's win."""
        step = DIFFICULTY_IDS.index(difficulty)
        return normal_cdf(self.mode[step] / math.sqrt(1 + self.spread[step] ** 2))

    def interval(self, difficulty: str = DEFAULT_DIFFICULTY, z: float = _Z_90) -> tuple[float, float]:
        """Return the interval of that share, by default 90 %: it covers few matches, and that nine players are not all."""
        step = DIFFICULTY_IDS.index(difficulty)
        middle, half = (
            self.mode[step],
            z * math.hypot(self.spread[step], self.unlike.panel / self.unlike.steep),
        )
        return normal_cdf(middle - half), normal_cdf(middle + half)

    def chance(self, strength: float, difficulty: str = DEFAULT_DIFFICULTY) -> float:
        """Return the chance of a player of this strength, on the players' scale."""
        x, doubt = self.own_x(strength, difficulty)
        return normal_cdf(x / math.sqrt(1 + self.taste**2 + doubt**2))

    def equal_rate(self, difficulty: str = DEFAULT_DIFFICULTY) -> float:
        """Return the chance of one player of the panel's mean strength, to whom the level is what it is to the panel."""
        return normal_cdf(self.own_x(MIDDLE, difficulty)[0])

    def own_x(self, strength: float, difficulty: str) -> tuple[float, float]:
        """Return x of one player of this strength, and its uncertainty from few matches."""
        step, steep = DIFFICULTY_IDS.index(difficulty), self.unlike.steep
        return steep * self.mode[step] + (strength - MIDDLE) / POINTS, steep * self.spread[step]

    def may_be_offered(self, strength: float, difficulty: str = DEFAULT_DIFFICULTY) -> bool:
        """Return whether a player's chance is certainly in the range OFFERED, considering the uncertainty from few matches."""
        x, doubt = self.own_x(strength, difficulty)
        wide, half = math.sqrt(1 + self.taste**2), SURELY * doubt
        return normal_cdf((x - half) / wide) >= OFFERED[0] and normal_cdf((x + half) / wide) <= OFFERED[1]

    def attempts(self, difficulty: str = DEFAULT_DIFFICULTY) -> tuple[float, float, float]:
        """Return how many attempts the median player of strength 25 needs for a win on average, and what 90 % of them need.

        The median, as the mean over players is ruled by the few to whom the level is all but hopeless.
        """
        x, doubt = self.own_x(MIDDLE, difficulty)
        half = _Z_90 * math.hypot(doubt, self.taste)
        return 1 / normal_cdf(x), 1 / normal_cdf(x + half), 1 / normal_cdf(x - half)

    @property
    def difficulty(self) -> float:
        """Position on the players' scale at the default difficulty: a player of that strength wins half of the matches."""
        return MIDDLE - POINTS * self.own_x(MIDDLE, DEFAULT_DIFFICULTY)[0]

    @property
    def uncertainty(self) -> float:
        """Standard deviation of that for one player of another kind than the panel's."""
        return POINTS * self.doubt

    @property
    def stars(self) -> int:
        """Return 1 (easy) to 5 (hard)."""
        rate = self.rate()
        return 1 + sum(rate < least for least in STARS)

    def nearest(self, wish: float) -> str:
        """Return the difficulty whose win rate is nearest to `wish`."""
        return min(DIFFICULTY_IDS, key=lambda name: abs(self.rate(name) - wish))

    @property
    def doubt(self) -> float:
        """Standard deviation of x for one player of another kind than the panel's, at the default difficulty."""
        return math.hypot(self.own_x(MIDDLE, DEFAULT_DIFFICULTY)[1], self.taste)

    @property
    def taste(self) -> float:
        """Standard deviation of what the level is to one player of another kind, about what it is to the panel."""
        return self.share * self.unlike.other

    def corrected(self, shift: float, share: float, attempts: int) -> "PeopleGrade":
        """Return the grade as people's attempts have it: x of one moved by `shift`, its doubt left in a `share` of 0 to 1."""
        return PeopleGrade(
            self.objective,
            self.counts,
            tuple(x + shift / self.unlike.steep for x in self.mode),
            tuple(share * spread for spread in self.spread),
            self.unlike,
            self.graders,
            attempts,
            share,
        )


@dataclass(frozen=True)
class PeopleGrade(Grade):
    """A grade that people's attempts have corrected: its interval is that of people, who are one kind of players."""

    def interval(self, difficulty: str = DEFAULT_DIFFICULTY, z: float = _Z_90) -> tuple[float, float]:
        """Return the interval of the share that people win who are as strong, and as various, as the panel."""
        step = DIFFICULTY_IDS.index(difficulty)
        middle, half = self.mode[step], z * math.hypot(self.spread[step], self.taste / self.unlike.steep)
        return normal_cdf(middle - half), normal_cdf(middle + half)
