"""Input and output of an advisor: settings, suggestions, outlooks and beliefs."""

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
    """The settings that a player or a program may change."""

    zone: Zone | None = field(default_factory=Zone)  # None: items cannot be failed, only stars count
    # Stars here are those of the prior: `ranker.STAR` logits each, even after the weight of a predicted star was learnt
    diversity: float = 0.3  # most stars lost by similarity to an earlier place of the list
    repeat: float = 0.6  # stars lost by having had an item once; halved every `fresh` attempts or plays
    fresh: float = 20.0
    optimism: float = 0.15  # standard deviations by which an uncertain item counts as better than expected
    exploration: float = 0.2  # share of lists in which a place explores, if all places are open: see `policy`
    curiosity: float = 0.5  # how much exploration prefers uncertain items, in standard deviations
    repeats: bool | None = None  # whether items are repeated; None: yes if the records show repeats
    rest: int = 4  # attempts or plays after which an item may come again
    difficulties: tuple[str, ...] = ()  # values of `against` from easy to hard, if the advice may change it
    # The place of each difficulty on the scale of skill, 0 being that of the items' finish rates; none: evenly spaced
    steps: tuple[float, ...] = ()
    # The same for one item, if measured; None: as `steps`
    own_steps: Callable[[Item], Sequence[float] | None] = lambda _item: None
    skill: SkillSettings = field(default_factory=SkillSettings)  # the initial uncertainties
    # Range of chances; items outside are suggested only if those inside are too few
    offer: tuple[float, float] = (0.0, 1.0)
    opponents: bool = True  # whether words of `against` that are no difficulties are used
    explore_after: int = 0  # items that the player must have finished before exploration starts
    easy_first: int = 0  # … and before which the easiest come first, with any zone
    ease: Callable[[Item], float | None] = attrgetter("finish_rate")  # how easy, 0 to 1; None: unknown
    community: bool = True  # whether simulated players are used

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
    models: tuple[str, ...]  # the models used
    explored: bool
    propensity: float  # probability that the policy put this item at this place
    against: str  # the best `against` for it: one of the settings' difficulties, or the advisor's own
    simulated: bool  # whether the reason, or most of this item's ratings, comes from simulated players


@dataclass(frozen=True)
class Outlook:
    """The predictions for one item."""

    item: str
    stars: float
    spread: float  # standard deviation of the stars
    chance: float
    chance_low: float  # 80 % interval
    chance_high: float
    in_zone: bool | None  # None: no difficulty is known, and the chance is meaningless
    models: tuple[str, ...]
    ratings: float  # ratings of this item by others, simulated ones weighted
    tries: int  # attempts at it by all players
    against: str = ""  # the best `against` for it
    simulated: bool = False  # whether most of its ratings come from simulated players


@dataclass(frozen=True)
class Beliefs:
    """What the advisor believes about the player."""

    taste: tuple[tuple[str, float, int], ...]  # tag, effect in stars, own ratings behind it; strongest first
    skill: tuple[SkillPoint, ...]  # time, value, uncertainty; oldest first
    models: tuple[str, ...]  # the models in use
    ratings: int  # of the player
    attempts: int  # of the player
    real: int  # ratings by real players
    simulated: int  # ratings by simulated players, if used
    trust: float  # weight of a simulated player
