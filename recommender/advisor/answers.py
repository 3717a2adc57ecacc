"""What an advisor is told and what it answers: settings, suggestions, outlooks and beliefs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter

from recommender.advisor.skill import SkillPoint
from recommender.advisor.zone import Zone
from recommender.limits import Limit, within
from recommender.reasons import Reason
from recommender.records.kinds import Item


@dataclass(frozen=True)
class AdvisorSettings:
    """What a player or a program may adjust."""

    zone: Zone | None = field(default_factory=Zone)  # None: nothing can fail, stars alone count
    diversity: float = 0.3  # stars that likeness to an earlier place of the list costs, at most
    exploration: float = 0.2  # share of lists in which a place explores, were each open to it: see `policy`
    curiosity: float = 0.5  # how much exploration prefers what it is unsure of, in standard deviations
    rest: int = 4  # attempts after which an item may come again
    repeat: float = (
        0.6  # stars that having finished it once costs; it is forgotten by half every `fresh_days`
    )
    fresh_days: float = 14.0
    explore_after: int = 0  # things that the player has finished before anything explores
    easy_first: int = 0  # … and before which the easiest come first, whatever the zone is
    ease: Callable[[Item], float | None] = attrgetter("finish_rate")  # how easy, 0 to 1; None: unknown
    community: bool = True  # whether simulated players count

    def __post_init__(self) -> None:
        within(
            "advisor",
            self,
            diversity=Limit(0),
            exploration=Limit(0, 1),
            curiosity=Limit(0),
            rest=Limit(0, whole=True),
            repeat=Limit(0),
            fresh_days=Limit(0, open=True),
        )


@dataclass(frozen=True)
class Suggestion:
    """One item to choose next."""

    item: str
    stars: float  # predicted
    chance: float  # predicted, to finish
    reason: Reason
    models: tuple[str, ...]  # who answered
    explored: bool
    propensity: float  # probability that the policy put this item at this place
    simulated: bool  # whether the reason, or most of what others gave this item, comes from simulated players


@dataclass(frozen=True)
class Outlook:
    """What is expected of one item."""

    item: str
    stars: float
    spread: float  # standard deviation of the stars
    chance: float
    chance_low: float  # 80 % interval
    chance_high: float
    in_zone: bool | None  # None: nothing is known of anything's difficulty, and the chance says nothing
    models: tuple[str, ...]
    ratings: float  # of this item by others, simulated ones by their weight
    tries: int  # attempts at it by anyone
    simulated: bool = False  # whether most of what others gave it comes from simulated players


@dataclass(frozen=True)
class Beliefs:
    """What the advisor believes about the player."""

    taste: tuple[
        tuple[str, float, int], ...
    ]  # tag, effect in stars, own ratings it rests on; strongest first
    skill: tuple[SkillPoint, ...]  # time, value, uncertainty; oldest first
    models: tuple[str, ...]  # that answer now
    ratings: int  # the player's own
    attempts: int  # the player's own
    real: int  # ratings of all real players
    simulated: int  # ratings of simulated players that count at all
    trust: float  # weight of a simulated player
