"""What an advisor is told and what it answers: settings, suggestions, outlooks and beliefs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from recommender.advisor.skill import SkillPoint, SkillSettings
from recommender.advisor.zone import Zone
from recommender.errors import SettingRefused
from recommender.limits import Limit, within
from recommender.reasons import Reason
from recommender.records.kinds import Item


@dataclass(frozen=True)
class AdvisorSettings:
    """What a player or a program may adjust."""

    zone: Zone | None = field(default_factory=Zone)  # None: nothing can fail, stars alone count
    # Stars here are those of the prior: `ranker.STAR` logits each, whatever a predicted star weighs once weights are learnt
    diversity: float = 0.3  # stars that likeness to an earlier place of the list costs, at most
    repeat: float = (
        0.6  # stars that having had an item once costs; forgotten by half every `fresh` attempts or plays
    )
    fresh: float = 20.0
    optimism: float = 0.15  # standard deviations that what is unsure is taken to be better than expected
    exploration: float = 0.2  # share of lists in which a place explores, were each open to it: see `policy`
    curiosity: float = 0.5  # how much exploration prefers what it is unsure of, in standard deviations
    repeats: bool | None = None  # whether things are had more than once; None: yes where the records hold it
    rest: int = 4  # attempts or plays after which an item may come again
    difficulties: tuple[
        str, ...
    ] = ()  # from easy to hard: what `against` may be, if the advice may change it
    # Where each of these stands on the scale of skill, 0 being what items' finish rates were measured against; none: evenly apart
    steps: tuple[float, ...] = ()
    # The same for one item, where it was measured; None: as `steps`
    own_steps: Callable[[Item], Sequence[float] | None] = lambda _item: None
    skill: SkillSettings = field(default_factory=SkillSettings)  # how sure all that is at the start
    # Chances outside of which nothing is suggested while as much as is asked for lies within
    offer: tuple[float, float] = (0.0, 1.0)
    opponents: bool = True  # whether words of `against` that are no difficulties count
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
            fresh=Limit(0, open=True),
            optimism=Limit(0),
            explore_after=Limit(0, whole=True),
            easy_first=Limit(0, whole=True),
        )
        if self.steps and (
            len(self.steps) != len(self.difficulties) or list(self.steps) != sorted(self.steps)
        ):
            raise SettingRefused(
                f"advisor › steps: expected {len(self.difficulties)} numbers, none below the one before, found {self.steps!r:.60}"
            )
        if not 0 <= self.offer[0] < self.offer[1] <= 1:
            raise SettingRefused(f"advisor › offer: expected 0 <= low < high <= 1, found {self.offer!r:.60}")
        odd = [name for name in self.difficulties if not name or "/" in name]
        if odd or len(set(self.difficulties)) < len(self.difficulties):
            raise SettingRefused(
                f"advisor › difficulties: expected different names without a slash, found {', '.join(self.difficulties)!r:.60}"
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
    against: (
        str  # what it is best played against: one of the settings' difficulties, or what the advisor was told
    )
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
    against: str = ""  # what it is best played against
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
