"""The advisor: what should this player choose next, and why.

    enjoyment(i) = zone.worth(stars(i), chance(i)) - repeats(i)

`stars` come from the models that answer (`recommender.advisor.opinions`), `chance` from the ratings of skill
(`recommender.advisor.skill`), the zone from the player's settings. The list is diverse and holds a little exploration whose
probabilities are logged (`recommender.advisor.policy`). What was just played rests; what was dismissed is never shown.
"""

import time
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from recommender.advisor.answers import AdvisorSettings, Beliefs, Outlook, Suggestion
from recommender.advisor.community import Community, trust
from recommender.advisor.explaining import Explainer
from recommender.advisor.features import Features
from recommender.advisor.feedback import Preference, preferences
from recommender.advisor.opinions import MODELS, Expected, Given, Opinions
from recommender.advisor.policy import NO_PLACE, choose, explore
from recommender.advisor.refit import EVERY, Refit
from recommender.advisor.skill import Chances, Skill
from recommender.advisor.stacking import Job
from recommender.advisor.zone import Zone
from recommender.errors import SettingRefused
from recommender.reasons import Reason
from recommender.records.kinds import Attempt, Item, Rating, Repository, Shown
from recommender.records.ratings import STARS, Floats
from recommender.store.rows import number as checked_number
from recommender.store.rows import text as checked_text

DISMISSED: Final = (
    -1.5,
    0.3,
)  # "not for me" hints at so many stars less, with this confidence beside a rating's 1
HINT: Final = 0.5  # of the confidence that `recommender.advisor.feedback` gives to what attempts say
COMPARED: Final = 300  # newest attempts at an item that a player's own are compared with
SHORTLIST: Final = 8  # of the most worthy items, from which exploration draws
DAY: Final = 86400.0

__all__ = ["Advisor", "AdvisorSettings", "Beliefs", "Outlook", "Suggestion"]


class Advisor:
    """Suggestions for one player over one catalogue of items, learning from each rating and attempt at once."""

    def __init__(
        self,
        items: Sequence[Item],
        repository: Repository,
        *,
        player: str = "local",
        community: Community | None = None,
        settings: AdvisorSettings | None = None,
        seed: int | None = None,
        worker: bool = True,
    ) -> None:
        """Learn everything the repository and the community hold.

        seed: of the exploration; None draws a new one, as logged propensities are true only for draws that do not
        repeat from one session to the next. worker: whether a process may refit in the background.
        """
        if seed is not None and seed < 0:
            raise SettingRefused(f"advisor › seed: expected a whole number from 0, found {seed}")
        self.player = checked_text(player, "player")
        self.against = ""  # what the player will choose next is played against this
        self.settings = settings or AdvisorSettings()
        self._items = {item.name: item for item in items}
        self._names = tuple(self._items)
        self._number = {name: number for number, name in enumerate(self._names)}
        self._repository = repository
        self._community = community
        self._random = np.random.default_rng(seed)
        self._features = Features.of(list(self._items.values()))
        self._likeness = self._features.likeness()
        self._expected: Expected | None = None
        self._worker, self._refit = worker, Refit()
        self._replayed: dict[bool, Skill] = {}  # with and without a community
        self._learn_all()

    # A program that stores what its players do says `stored=True`: then it is learnt, and not written a second time.

    def rate(self, item: str, stars: float, *, stored: bool = False) -> None:
        """The player gives stars: learnt now, then written. RatingsRefused outside the scale: nothing is kept."""
        rating = Rating(self.player, item, checked_number(stars, "stars", *STARS), time.time())
        before = trust(self._opinions.counts()[0])
        self._opinions.rate(rating)
        if trust(self._opinions.counts()[0]) != before:
            self._learn_others()
        self._unlearnt += 1
        self._expected = None
        if not stored:
            self._repository.put_ratings([rating])

    def attempt(self, attempt: Attempt, *, stored: bool = False) -> None:
        """The player tried an item: learnt now, then written."""
        self._learn_attempt(attempt)
        if not stored:
            self._repository.put_attempts([attempt])

    def dismiss(self, item: str, dismissed: bool = True, *, stored: bool = False) -> None:
        """ "Not for me": never suggested again, until taken back."""
        (self._dismissed.add if dismissed else self._dismissed.discard)(item)
        self._expected = None
        if not stored:
            self._repository.put_dismissed(self.player, item, dismissed)

    def suggest(
        self, count: int = 5, *, exclude: Collection[str] = (), now: float | None = None
    ) -> list[Suggestion]:
        """The next items, best first, at most `count`; what was shown is logged with its probability.

        Fewer come only where fewer are left. Items that rest come last, and only where nothing else is left.
        """
        now = time.time() if now is None else now
        expected, chances = self._expect(), self._skill.outlook(self.player, self.against)
        finished = sum(attempt.outcome == "finished" for attempt in self._attempts)
        worth = self._worth(expected, chances, new=finished < self.settings.easy_first) - self._repeats(now)
        share = self.settings.exploration if finished >= self.settings.explore_after else 0.0
        barred = self._dismissed.union(exclude)
        allowed = [number for number, name in enumerate(self._names) if name not in barred]
        resting = self._resting(len(allowed))
        awake = [number for number in allowed if self._names[number] not in resting]
        taken = choose(worth, self._likeness, awake, count, self.settings.diversity)
        others = self._shortlist(worth, expected, set(awake) - set(taken))
        slate = explore(taken, others, self._curiosity(worth, expected, others), share, self._random)
        numbers, propensity = list(slate.items), list(slate.propensity)
        if len(numbers) < count:
            tired = [number for number in allowed if self._names[number] in resting]
            numbers += choose(worth, self._likeness, tired, count - len(numbers), self.settings.diversity)
            propensity += [1.0] * (len(numbers) - len(propensity))
        suggestions = []
        explainer = self._explainer(expected, chances)
        for place, number in enumerate(numbers):
            explored = place == slate.explored and slate.explored != NO_PLACE
            reason = explainer.reason(number, explored=explored)
            suggestions.append(
                Suggestion(
                    self._names[number],
                    float(expected.stars[number]),
                    float(chances.chance[number]),
                    reason,
                    expected.models(number),
                    explored,
                    propensity[place],
                    reason.simulated or self._opinions.rests_on_simulated(number),
                )
            )
        self._repository.put_shown(
            [
                Shown(self.player, each.item, place, each.propensity, each.explored, now)
                for place, each in enumerate(suggestions)
            ]
        )
        return suggestions

    def outlook(self, item: str) -> Outlook:
        """What is expected of any item of the catalogue. KeyError for another."""
        number = self._number[item]
        expected, chances = self._expect(), self._skill.outlook(self.player, self.against)
        chance, zone = float(chances.chance[number]), self._zone()
        return Outlook(
            item,
            float(expected.stars[number]),
            float(expected.spread[number]),
            chance,
            float(chances.low[number]),
            float(chances.high[number]),
            None if zone is None else bool(zone.holds(chance)),
            expected.models(number),
            float(expected.counts[number]),
            self._skill.tries(item),
            self._opinions.rests_on_simulated(number),
        )

    def explain(self, item: str) -> Reason:
        """The reason for or against any item of the catalogue. KeyError for another."""
        expected, chances = self._expect(), self._skill.outlook(self.player, self.against)
        return self._explainer(expected, chances).reason(self._number[item], explored=False)

    def beliefs(self) -> Beliefs:
        """Taste, skill and what they rest on."""
        expected = self._expect()
        taste = [row for row in self._opinions.taste.effects(expected.evidence) if row[2] > 0]
        real, simulated = self._opinions.counts()
        return Beliefs(
            tuple(sorted(taste, key=lambda row: -abs(row[1]))),
            tuple(self._skill.history(self.player)),
            tuple(name for name in MODELS if name in expected.answered and expected.answered[name].any()),
            len(self._opinions.given(self.player)),
            len(self._attempts),
            real,
            simulated,
            trust(real),
        )

    def configure(self, settings: AdvisorSettings) -> None:
        """Take other settings; the zone counts from the next suggestion, the community is switched at once."""
        again = settings.community != self.settings.community
        self.settings = settings
        if again:
            self._learn_all()

    def reset(self, *, stored: bool = False) -> None:
        """Forget the player, here and in the repository."""
        if not stored:
            self._repository.forget(self.player)
        self._learn_all()

    def poll(self) -> bool:
        """Take over a finished background refit; True when something changed."""
        learned = self._refit.poll()
        if learned is not None:
            self._opinions.mix = learned.mix
            self._expected = None
        self._start_refit()
        return learned is not None

    def job(self) -> Job:
        """What a background refit learns from: everyone's ratings, and the content."""
        given = self._opinions.others("", trust(self._opinions.counts()[0]))
        features, chance = self._features, _chances(self._skill, given)
        return Job(
            self._names, features.names, features.values, features.present,
            given.player, given.item, given.stars, chance, given.trust,
        )  # fmt: skip

    def close(self) -> None:
        """End background work. The repository stays open: it belongs to whoever opened it."""
        self._worker = False
        self._refit.close()

    def take_messages(self) -> list[str]:
        """What went wrong in the background since the last call; the repository's troubles are told there."""
        taken, self._refit.messages = self._refit.messages, []
        return taken

    def _learn_all(self) -> None:
        """Learn from everything there is, oldest first. What a refit learns from records that no longer count is dropped."""
        self._refit.close()
        self._unlearnt = EVERY  # ratings since the last refit began; the first may begin at once
        community = self._community if self.settings.community and self._community else Community()
        self._opinions = Opinions(self._names, self._features)
        self._opinions.rate_all([*community.ratings, *self._repository.ratings()])
        self._skill = self._community_skill(community).copy()
        self._others_skill = self._community_skill(community).copy()  # without the player's own attempts
        self._attempts: list[Attempt] = []
        self._likes: dict[str, Preference] = {}
        self._tries: dict[str, list[Attempt]] = {}
        for attempt in community.attempts:
            self._tries.setdefault(attempt.item, []).append(attempt)
        for attempt in self._repository.attempts():
            self._learn_attempt(attempt)
        self._dismissed = set(self._repository.dismissed(self.player))
        self._learn_others()
        self._start_refit()

    def _learn_others(self) -> None:
        """What the other players' ratings say, the simulated ones by the weight that the real ones leave them."""
        given = self._opinions.others(self.player, trust(self._opinions.counts()[0]))
        self._opinions.learn_others(given, _chances(self._others_skill, given))
        self._expected = None

    def _start_refit(self) -> None:
        """Begin a background refit where enough is new."""
        if self._worker and self._unlearnt >= EVERY and not self._refit.running:
            self._refit.start(self.job())
            self._unlearnt = 0

    def _community_skill(self, community: Community) -> Skill:
        """What the simulated attempts say; they are replayed once."""
        key = bool(community.attempts)
        if key not in self._replayed:
            self._replayed[key] = Skill.of(
                list(self._items.values()), community.attempts, features=self._features
            )
            self._replayed[key].settle()
        return self._replayed[key]

    def _learn_attempt(self, attempt: Attempt) -> None:
        self._skill.attempt(attempt)
        tries = self._tries.setdefault(attempt.item, [])
        tries.append(attempt)
        if attempt.player != self.player:
            self._others_skill.attempt(attempt)
            return
        self._attempts.append(attempt)
        self._expected = None
        if attempt.item in self._number:
            own = [like for like in preferences(tries[-COMPARED:]) if like.player == self.player]
            self._likes[attempt.item] = own[0]

    def _expect(self) -> Expected:
        if self._expected is None:
            self._expected = self._opinions.expect(
                self.player, self._hints(), self._skill.outlook(self.player).chance
            )
        return self._expected

    def _hints(self) -> dict[int, tuple[float, float]]:
        """What is no rating but says a little: item number -> stars above an average player's, confidence."""
        hints = {
            self._number[name]: (like.stars - sum(STARS) / 2, HINT * like.confidence)
            for name, like in self._likes.items()
        }
        for name in self._dismissed.intersection(self._number):
            hints[self._number[name]] = DISMISSED
        return hints

    def _resting(self, catalogue: int) -> set[str]:
        """Items of the last attempts (a small catalogue rests fewer), and what was rated without any attempt."""
        rest = min(self.settings.rest, catalogue // 3)
        recent: list[str] = []
        for attempt in reversed(self._attempts):
            if len(recent) >= rest:
                break
            if attempt.item not in recent:
                recent.append(attempt.item)
        tried = {attempt.item for attempt in self._attempts}
        rated = {self._names[number] for number in self._opinions.given(self.player)}
        return set(recent) | (rated - tried)

    def _worth(self, expected: Expected, chances: Chances, *, new: bool) -> Floats:
        """What each item is worth in stars: by the zone; to a `new` player the easier the more.

        How easy is what the settings say (a play-test), where that is known: the chance of somebody unknown is a guess.
        """
        zone = self._zone()
        if new and zone is not None:
            known = [self.settings.ease(item) for item in self._items.values()]
            ease = np.array([np.nan if value is None else value for value in known], np.float64)
            return np.asarray(1 + 4 * np.where(np.isnan(ease), chances.chance, ease))
        return zone.worth(expected.stars, chances) if zone else expected.stars

    def _zone(self) -> Zone | None:
        """The player's zone; None where nothing is known of anything's difficulty."""
        return self.settings.zone if self._skill.informed else None

    def _repeats(self, now: float) -> Floats:
        """Stars that having finished an item takes off: less with time, never more than double for one."""
        cost = np.zeros(len(self._names))
        for attempt in self._attempts:
            number = self._number.get(attempt.item)
            if number is not None and attempt.outcome == "finished":
                age = max(now - attempt.time, 0.0) / DAY
                cost[number] += self.settings.repeat * 0.5 ** (age / self.settings.fresh_days)
        return np.minimum(cost, 2 * self.settings.repeat)

    def _shortlist(self, worth: Floats, expected: Expected, others: set[int]) -> list[int]:
        value = worth + self.settings.curiosity * expected.spread
        return sorted(others, key=lambda number: (-value[number], number))[:SHORTLIST]

    def _curiosity(self, worth: Floats, expected: Expected, others: list[int]) -> Floats:
        """Probabilities of the shortlist: a softmax of worth plus curiosity, at a temperature of half a star."""
        value = (worth + self.settings.curiosity * expected.spread)[others] / 0.5
        chances = np.exp(value - value.max()) if len(others) else value
        return np.asarray(chances / chances.sum()) if len(others) else value

    def _explainer(self, expected: Expected, chances: Chances) -> Explainer:
        failures: dict[str, int] = {}
        for attempt in self._attempts:
            failed = failures.get(attempt.item, 0) + (attempt.outcome == "failed")
            failures[attempt.item] = 0 if attempt.outcome == "finished" else failed
        return Explainer(
            self.player,
            self._names,
            self._opinions,
            self._likeness,
            expected,
            chances,
            self._zone(),
            failures,
        )


def _chances(skill: Skill, given: Given) -> Floats:
    """Chances to finish of those who rated, (n,)."""
    rows = [skill.outlook(name).chance for name in given.names]
    return np.array(rows)[given.player, given.item] if rows else np.zeros(0)
