"""The state of an advisor: all players' records and the models fitted to them, and one player's records, learnt immediately.

The models of the other players change only between two calls, when a background refit is taken over. The player's own records
are learnt when they happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from recommender.advisor.answers import AdvisorSettings
from recommender.advisor.community import Community
from recommender.advisor.features import Features
from recommender.advisor.fitting import RefitJob, RefitResult, learn_all, quick_factors
from recommender.advisor.gathering import PLAY_WEIGHTS, PlayerRecords, gather_records
from recommender.advisor.opinions import StarPredictor
from recommender.advisor.others import OthersModel, learn_others
from recommender.advisor.own import PlayerHistory
from recommender.advisor.refit import BackgroundRefit
from recommender.advisor.running import RunningSums
from recommender.advisor.skill import Skill
from recommender.errors import SettingRefused
from recommender.records.kinds import Attempt, Item, Play, Repository
from recommender.records.ratings import STARS


class AdvisorKnowledge:
    """The knowledge behind the advice for one player at a time, over one catalogue of items."""

    def __init__(
        self,
        items: Mapping[str, Item],
        features: Features,
        repository: Repository,
        community: Community | None,
        player: str,
        settings: AdvisorSettings,
        *,
        worker: bool,
    ) -> None:
        """Learn all records of the repository and the community. worker: whether a process may refit in the background."""
        self.player = player
        self.numbers = {name: number for number, name in enumerate(items)}
        self.refit = BackgroundRefit()
        self._items, self._features = items, features
        self._repository, self._community = repository, community
        self._settings, self._worker = settings, worker
        self._replayed: dict[bool, Skill] = {}  # with and without a community
        self._opinion: StarPredictor | None = None
        self.skill_changes = 0  # number of learnt attempts
        self.learn_all()

    def learn_all(self) -> None:
        """Learn from all records. The result of a refit on outdated records is dropped."""
        self.refit.close()
        self._fitted = False  # whether a refit of these records was started
        community = self._community if self._settings.community and self._community else Community()
        everyone, mine = gather_records(self.numbers, self._repository, community, self.player)
        skill = self._community_skill(community).copy()
        for attempt in everyone.attempts[len(community.attempts) :]:
            skill.attempt(attempt)
        self._others_skill = skill
        given = everyone.given
        chance = None
        if skill.informed and len(given):
            rows = {int(who): skill.outlook(everyone.players[who]).chance for who in np.unique(given.player)}
            chance = np.array(
                [rows[who][item] for who, item in zip(given.player.tolist(), given.item.tolist())]
            )
        self.others: OthersModel = learn_others(everyone, self._features, chance)
        self.others.factors, self.others.shares = quick_factors(everyone, self.others)
        self._chance = chance
        self._tries: dict[str, list[Attempt]] = {}  # the other players' attempts, by item
        for attempt in everyone.attempts:
            self._tries.setdefault(attempt.item, []).append(attempt)
        self._take_up(mine)
        self._start_refit()

    def predictor(self) -> StarPredictor:
        """Return the current predictor of stars."""
        if self._opinion is None:
            chance = self.skill.outlook(self.player).chance if self.skill.informed else None
            self._opinion = StarPredictor(self.running, self.others, self.own, chance)
        return self._opinion

    def rate(self, number: int, stars: float) -> None:
        """Learn a rating of the player."""
        self.own.rate(number, stars)
        self._opinion = None

    def played(self, play: Play) -> None:
        """Learn that the player had an item that cannot be failed."""
        self.own.mine.plays.append(play)
        self._opinion = None

    def dismiss(self, item: str, dismissed: bool) -> None:
        """Learn that an item is dismissed, or no longer."""
        (self.own.dismissed.add if dismissed else self.own.dismissed.discard)(item)
        self._opinion = None

    def attempt(self, attempt: Attempt, *, replay: bool = True) -> None:
        """Learn an attempt of any player; `replay`: whether skill learns from it too."""
        if replay:
            self.skill.attempt(attempt)
            self._live.append(attempt)
            self.skill_changes += 1
        if attempt.player == self.player:
            self.own.attempt(attempt, self._tries.get(attempt.item, ()))
            self._opinion = None

    def configure(self, settings: AdvisorSettings) -> None:
        """Change the settings; the state that depends on them is learnt again."""
        before, self._settings = self._settings, settings
        again = any(
            getattr(settings, name) != getattr(before, name)
            for name in ("difficulties", "opponents", "steps", "own_steps", "skill")
        )
        if again:
            self._replayed.clear()
        if again or settings.community != before.community:
            self.learn_all()

    def test(self, rates: Mapping[str, float]) -> None:
        """Take newly measured finish rates, already set in the items, and the current steps."""
        steps = self._own_steps()
        skills = (*self._replayed.values(), self._others_skill)
        taken = [skill.test(name, rate, steps.get(name)) for name, rate in rates.items() for skill in skills]
        if all(taken):
            self._replay()
        else:
            self._replayed.clear()
            self.learn_all()

    def use(self, player: str) -> None:
        """Load another player's records; the models of all players stay unchanged, including that player's records."""
        self.player = player
        mine = PlayerRecords()
        for rating in self._repository.ratings(player):
            number = self.numbers.get(rating.item)
            if number is not None and STARS[0] <= rating.stars <= STARS[1]:
                mine.ratings[number] = rating.stars
        mine.attempts = self._repository.attempts(player)
        mine.plays = [play for play in self._repository.plays(player) if play.event in PLAY_WEIGHTS]
        self._take_up(mine)

    def reset(self) -> None:
        """Forget the player, whose records were deleted."""
        if self.player in self.others.everyone.players:
            self.learn_all()
        else:
            self._take_up(PlayerRecords())

    # Learning in the background

    def poll(self) -> bool:
        """Take over a finished background refit; True when something changed."""
        learned = self.refit.poll()
        if learned is not None:
            self.take_over(learned)
        self._start_refit()
        return learned is not None

    def relearn(self) -> bool:
        """Learn everything again and run the refit in the foreground; False if there is too little to learn from."""
        self.learn_all()
        self.refit.close()
        self._fitted = True
        learned = learn_all(self.job())
        if learned is not None:
            self.take_over(learned)
        return learned is not None

    def close(self) -> None:
        """End background work."""
        self._worker = False
        self.refit.close()

    def job(self) -> RefitJob:
        """Return the job of a refit."""
        return RefitJob.of(self.others, self._chance)

    def take_over(self, learned: RefitResult) -> None:
        """Use the models of a refit from now on."""
        self.others = replace(
            self.others,
            factors=learned.factors,
            shares=learned.shares,
            rank=learned.rank or self.others.rank,
        )
        self.running = RunningSums(self.others)  # its sums belong to the earlier models
        self._opinion = None

    def _start_refit(self) -> None:
        """Start the background refit of the others' models; only once, as it would give the same again."""
        if self._worker and not self._fitted:
            self.refit.start(self.job())
            self._fitted = True

    # The player's records, and all players' skill

    def _take_up(self, mine: PlayerRecords) -> None:
        """Load a player's records; the first of their attempts may be among the others' already."""
        attempts, mine.attempts = mine.attempts, []
        learnt = sum(one.player == self.player for one in self.others.everyone.attempts)
        self.own = PlayerHistory(self.numbers, set(self._repository.dismissed(self.player)), mine)
        self.skill = self._others_skill.copy()
        self._live: list[Attempt] = []  # attempts of any player, learnt since then
        self._opinion = None
        self.running = RunningSums(self.others)
        for place, attempt in enumerate(attempts):
            self.attempt(attempt, replay=place >= learnt)

    def _replay(self) -> None:
        """Replay the attempts after the others' for skill: the player's own, and those that came in meanwhile."""
        self.skill = self._others_skill.copy()
        for attempt in self._live:
            self.skill.attempt(attempt)
        self.skill_changes += 1
        self._opinion = None

    def _community_skill(self, community: Community) -> Skill:
        """The skill learnt from the simulated attempts, which are replayed once."""
        key = bool(community.attempts)
        if key not in self._replayed:
            self._replayed[key] = Skill.of(
                list(self._items.values()),
                community.attempts,
                self._settings.skill,
                features=self._features,
                difficulties=self._settings.difficulties,
                opponents=self._settings.opponents,
                steps=self._settings.steps,
                own_steps=self._own_steps(),
            )
            self._replayed[key].settle()
        return self._replayed[key]

    def _own_steps(self) -> dict[str, Sequence[float]]:
        own = {name: self._settings.own_steps(item) for name, item in self._items.items()}
        known = {name: steps for name, steps in own.items() if steps is not None}
        for name, steps in known.items():
            if len(steps) != len(self._settings.difficulties):
                raise SettingRefused(
                    f"advisor › own_steps › {name:.60}: expected {len(self._settings.difficulties)} numbers, found {len(steps)}"
                )
        return known
