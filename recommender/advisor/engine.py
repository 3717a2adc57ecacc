"""The advisor: what this player should choose next, against which opponent or difficulty, and why.

Candidates and scores come from `recommender.advisor.scoring`, stars from `recommender.advisor.opinions`, chances from
`recommender.advisor.skill`. The list is diverse and holds a little exploration whose probabilities are logged
(`recommender.advisor.policy`). Items that the player just had rest; dismissed ones are never shown. Every call recomputes its
own small part; the learnt state is in `recommender.advisor.learnt`.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.answers import AdvisorSettings, Beliefs, Outlook, Suggestion
from recommender.advisor.community import Community
from recommender.advisor.easing import DEFEATS, NEW_REST, difficulties_to_offer, easy_first_levels
from recommender.advisor.explaining import Explainer, ScoredItems
from recommender.advisor.features import Features
from recommender.advisor.gathering import PLAY_WEIGHTS
from recommender.advisor.learnt import AdvisorKnowledge
from recommender.advisor.opinions import MODELS, StarPredictor
from recommender.advisor.policy import NO_PLACE, choose_slate, explore
from recommender.advisor.ranker import STAR
from recommender.advisor.scoring import Scoring, repeat_costs
from recommender.errors import SettingRefused, UnknownName
from recommender.reasons import Reason
from recommender.records.kinds import PLAYED, Attempt, Item, Play, Rating, Repository, Shown
from recommender.records.ratings import STARS, Floats, Ints
from recommender.store.rows import ATTEMPTS, one_of
from recommender.store.rows import number as checked_number
from recommender.store.rows import text as checked_text

SHORTLIST: Final = 8  # best items outside the list, from which exploration draws
Flags = NDArray[np.bool_]
FEW: Final = 9  # items to choose from, including resting ones, if none has a chance within `offer`
CHOSEN_FROM: Final = 40  # candidates from which a diverse list is chosen

__all__ = ["Advisor", "AdvisorSettings", "Beliefs", "Outlook", "Suggestion"]


class Advisor:
    """Suggestions for one player over one catalogue of items, learning from each rating, play and attempt immediately."""

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
        """Learn all records of the repository and the community. seed: of the exploration; None draws a new one, as logged
        propensities are true only if draws do not repeat in the next session. worker: whether a process may refit in the
        background.
        """
        if seed is not None and seed < 0:
            raise SettingRefused(f"advisor › seed: expected a whole number from 0, found {seed}")
        self.against = ""  # the opponent or difficulty of the player's next attempt
        self.settings = settings or AdvisorSettings()
        self._items = {item.name: item for item in items}
        self._names = tuple(self._items)
        self._repository = repository
        self._random = np.random.default_rng(seed)
        self._features = Features.of(list(self._items.values()))
        self._knowledge = AdvisorKnowledge(
            self._items, self._features, repository, community, checked_text(player, "player"), self.settings, worker=worker
        )  # fmt: skip
        self._last_scoring: tuple[int, Scoring] | None = None

    @property
    def player(self) -> str:
        """The name of the advised player."""
        return self._knowledge.player

    # A program that stores its players' records itself passes `stored=True`: they are learnt, and not written again.

    def rate(self, item: str, stars: float, *, stored: bool = False) -> None:
        """The player gives stars; the rating is written, then learnt. RatingsRefused outside the scale, UnknownName: nothing is
        kept.
        """
        number = self._known(item)
        rating = Rating(self.player, item, checked_number(stars, "stars", *STARS), time.time())
        if not stored:
            self._repository.put_ratings([rating])
        self._knowledge.rate(number, rating.stars)

    def played(self, item: str, event: str = PLAYED, *, stored: bool = False) -> None:
        """The player took an item that cannot be failed: PLAYED, REPEATED (immediately, or on purpose) or SKIPPED.

        RatingsRefused for another event, UnknownName: nothing is kept.
        """
        self._known(item)
        play = Play(self.player, item, one_of(event, "event", tuple(PLAY_WEIGHTS)), 1.0, time.time())
        if not stored:
            self._repository.put_plays([play])
        self._knowledge.played(play)

    def attempt(self, attempt: Attempt, *, stored: bool = False) -> None:
        """The player tried an item; the attempt is written, then learnt. An unlisted item changes only the player's skill.

        RatingsRefused for values that no attempt may have: nothing is kept.
        """
        ATTEMPTS.row(attempt)
        if not stored:
            self._repository.put_attempts([attempt])
        self._knowledge.attempt(attempt)

    def dismiss(self, item: str, dismissed: bool = True, *, stored: bool = False) -> None:
        """ "Not for me": the item is never suggested again, until this is undone. UnknownName for an item that is not listed."""
        self._known(item)
        self._knowledge.dismiss(item, dismissed)
        if not stored:
            self._repository.put_dismissed(self.player, item, dismissed)

    def suggest(
        self, count: int = 5, *, exclude: Collection[str] = (), now: float | None = None
    ) -> list[Suggestion]:
        """The next items, best first, at most `count`; the suggestions are logged with their probabilities.

        There are fewer only if fewer items are left. Resting items come last, and only if no others are left.
        """
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise SettingRefused(f"suggest › count: expected a whole number from 0, found {count!r:.40}")
        if isinstance(exclude, str):
            raise SettingRefused(
                f"suggest › exclude: expected names of items, found one text {exclude!r:.40}"
            )
        now = time.time() if now is None else now
        scoring = self._scoring()
        allowed = self._within(scoring, self._allowed(exclude), count)
        new = self._new and scoring.zone is not None
        rest = min(NEW_REST if new else self.settings.rest, int(allowed.sum()) // 3)
        resting = self._knowledge.own.resting(rest, repeating=self._repeating())
        awake = np.flatnonzero(allowed & ~resting).astype(np.int32)
        numbers = awake if new else scoring.candidates(awake, count)
        scored = scoring.scored(numbers)
        taken = self._ladder(scoring, scored, count) if new else self._chosen(scored, count)
        tries = (
            self._knowledge.own.finished >= self.settings.explore_after
            and self._knowledge.own.defeats < DEFEATS
        )
        share = self.settings.exploration if tries else 0.0
        value = scored.score + self.settings.curiosity * scoring.unsure(scored.numbers)
        others = self._shortlist(value, taken)
        slate = explore(taken, others, _softmax(value[others]), share, self._random)
        rows, propensity = list(slate.items), list(slate.propensity)
        explainer = self._explainer(scoring, scored, rows)
        found = []
        for place, row in enumerate(rows):
            explored = place == slate.explored and slate.explored != NO_PLACE
            kind = "explored" if explored else "start" if new else ""
            found.append(self._suggestion(scoring, explainer, row, kind, propensity[place]))
        if len(found) < count:
            tired = np.flatnonzero(allowed & resting).astype(np.int32)
            found += self._tired(scoring, tired, count - len(found))
        self._repository.put_shown(
            [
                Shown(self.player, each.item, place, each.propensity, each.explored, now)
                for place, each in enumerate(found)
            ]
        )
        return found

    def outlook(self, item: str, *, own: bool = False) -> Outlook:
        """Predictions for any item of the catalogue, at its best difficulty or at the player's `own` difficulty.

        UnknownName for an unlisted item.
        """
        number = self._known(item)
        scoring = self._scoring()
        one = np.array([number], np.int32)
        stars = scoring.predictor.terms(one).stars
        chance, low, high = scoring.chance(number, own=own)
        others = scoring.predictor.others
        return Outlook(
            item,
            float(stars[0]),
            float(scoring.predictor.posterior.spread(one)[0]),
            chance,
            low,
            high,
            None if scoring.zone is None else bool(scoring.zone.holds(chance)),
            scoring.predictor.models(number),
            float(others.counts[number]),
            self._knowledge.skill.tries(item),
            self.against if own else scoring.against_of(number),
            bool(others.rating_evidence.rests[number]),
        )

    def opponents(self) -> list[str]:
        """The words of `against` in attempts or the settings, sorted."""
        return self._knowledge.skill.opponents()

    def stars(self) -> Floats:
        """Expected stars of every item, in the order of the catalogue, (items,)."""
        return self._scoring().predictor.terms(np.arange(len(self._names), dtype=np.int32)).stars

    def explain(self, item: str) -> Reason:
        """The reason for any item of the catalogue, compared with all others. UnknownName for an unlisted item."""
        number = self._known(item)
        scoring = self._scoring()
        numbers = np.union1d(
            scoring.candidates(np.arange(len(self._names), dtype=np.int32), 1), [number]
        ).astype(np.int32)
        scored = scoring.scored(numbers)
        row = int(np.searchsorted(numbers, number))
        return self._explainer(scoring, scored, [row]).reason(row)

    def beliefs(self) -> Beliefs:
        """The player's taste and skill, with the evidence for them."""
        predictor = self._knowledge.predictor()
        others = predictor.others
        taste = [row for row in others.taste.effects(predictor.evidence) if row[2] > 0]
        real, simulated = others.everyone.counts
        answered = {name for number in range(len(self._names)) for name in predictor.models(number)}
        return Beliefs(
            tuple(sorted(taste, key=lambda row: -abs(row[1]))),
            tuple(self._knowledge.skill.history(self.player)),
            tuple(name for name in MODELS if name in answered),
            len(self._knowledge.own.mine.ratings),
            len(self._knowledge.own.mine.attempts),
            real + len(self._knowledge.own.mine.ratings),
            simulated,
            others.simulated_weight,
        )

    def configure(self, settings: AdvisorSettings) -> None:
        """Change the settings; the zone is used from the next suggestion, the community is switched immediately."""
        self.settings = settings
        self._knowledge.configure(settings)

    def test(self, rates: Mapping[str, float]) -> None:
        """Take newly measured finish rates, by item, with the current `own_steps`. UnknownName: none is taken.

        The result is as if they had been known from the start; this costs little if no other player has tried the items.
        """
        for name in rates:
            self._known(name)
        self._items |= {name: replace(self._items[name], finish_rate=rate) for name, rate in rates.items()}
        self._knowledge.test(rates)

    def use(self, player: str) -> None:
        """Advise another player from now on; the models of all players stay unchanged, including that player's records."""
        self._knowledge.use(checked_text(player, "player"))

    def reset(self, *, stored: bool = False) -> None:
        """Forget the player, here and in the repository."""
        if not stored:
            self._repository.forget(self.player)
        self._knowledge.reset()

    def poll(self) -> bool:
        """Take over a finished background refit; True when something changed."""
        return self._knowledge.poll()

    def relearn(self) -> bool:
        """Learn everything again, including records entered since, and run the refit in the foreground.

        False if there is too little to learn from. Without this call, records that other players enter while this advisor
        exists (with `use`, or in other programs) affect only those players.
        """
        return self._knowledge.relearn()

    def close(self) -> None:
        """End background work. The repository stays open: its opener closes it."""
        self._knowledge.close()

    def take_messages(self) -> list[str]:
        """Errors in the background since the last call; the repository has its own messages."""
        refit = self._knowledge.refit
        taken, refit.messages = refit.messages, []
        return taken

    # Queries

    def _known(self, item: str) -> int:
        number = self._knowledge.numbers.get(item)
        if number is None:
            raise UnknownName(f"item: expected one of the {len(self._names)} listed, found {item!r:.60}")
        return number

    def _scoring(self) -> Scoring:
        """The current scores, kept until a record, a setting or the difficulty changes."""
        predictor, changes = self._knowledge.predictor(), self._knowledge.skill_changes
        if self._last_scoring is not None:
            before, last = self._last_scoring
            same = (last.settings, last.against) == (self.settings, self.against)
            if same and last.predictor is predictor and before == changes:
                return last
        scoring = self._scoring_of(predictor)
        self._last_scoring = changes, scoring
        return scoring

    def _scoring_of(self, predictor: StarPredictor) -> Scoring:
        zone = self.settings.zone if self._knowledge.skill.informed else None
        defeats = max(0, self._knowledge.own.defeats - DEFEATS + 1)
        costs = repeat_costs(len(self._names), self._knowledge.own.enjoyed(), self.settings)
        names = difficulties_to_offer(
            self.settings.difficulties, self.against, self._knowledge.own.defeats, new=self._new
        )
        return Scoring(
            predictor, self.settings, self._knowledge.skill, self.player, self.against,
            zone.eased(defeats) if zone is not None else None, costs, names, defeats,
        )  # fmt: skip

    @property
    def _new(self) -> bool:
        return self._knowledge.own.finished < self.settings.easy_first

    def _allowed(self, exclude: Collection[str]) -> Flags:
        allowed = np.ones(len(self._names), np.bool_)
        for name in (*self._knowledge.own.dismissed, *exclude):
            if name in self._knowledge.numbers:
                allowed[self._knowledge.numbers[name]] = False
        return allowed

    def _within(self, scoring: Scoring, allowed: Flags, count: int) -> Flags:
        """The allowed items whose chance is within `offer`; if they are too few, also the nearest to it."""
        if scoring.zone is None:
            return allowed
        low, high = self.settings.offer
        away = np.maximum(np.maximum(low - scoring.chances, scoring.chances - high), 0.0)
        inside: Flags = allowed & (away == 0)
        wanted = count if inside.any() else max(count, FEW)
        missing = min(wanted, int(allowed.sum())) - int(inside.sum())
        if missing > 0:
            outside = np.flatnonzero(allowed & ~inside)
            inside[outside[np.argsort(away[outside], kind="stable")[:missing]]] = True
        return inside

    def _repeating(self) -> bool:
        """Whether items are repeated here."""
        if self.settings.repeats is not None:
            return self.settings.repeats
        return self._knowledge.others.everyone.repeating or self._knowledge.own.mine.repeating

    def _ease(self, scoring: Scoring) -> Floats:
        """How easy each item is, (items,): the odds to finish it; for a new player the settings' `ease`.

        Without a setting it is the chance to finish the item, and not easier than any item with one.
        """
        if not self._new or scoring.zone is None:
            return scoring.odds
        said = [self.settings.ease(self._items[name]) for name in self._names]
        least = min((value for value in said if value is not None), default=1.0)
        return np.array(
            [min(had, least) if value is None else value for value, had in zip(said, scoring.chances)]
        )

    def _ladder(self, scoring: Scoring, scored: ScoredItems, count: int) -> list[int]:
        """Rows of a new player's list."""
        ease = self._ease(scoring)
        chance = ease[scored.numbers] if scored.chance is None else scored.chance
        finished = {one.item for one in self._knowledge.own.mine.attempts if one.outcome == "finished"}
        done = {row for row, number in enumerate(scored.numbers) if self._names[number] in finished}
        return easy_first_levels(ease[scored.numbers].tolist(), chance.tolist(), done, count)

    def _chosen(self, scored: ScoredItems, count: int) -> list[int]:
        """Rows of the list, diverse."""
        score, diversity = scored.score, self.settings.diversity
        order = np.argsort(-score, kind="stable")[: max(CHOSEN_FROM, 2 * count)]
        if not diversity or not self._features.names:
            return [int(row) for row in order[:count]]
        similarity = self._features.similarity(scored.numbers[order])
        return [
            int(order[place]) for place in choose_slate(score[order], similarity, count, STAR * diversity)
        ]

    def _shortlist(self, value: Floats, taken: list[int]) -> list[int]:
        left = value.copy()
        left[taken] = -np.inf
        order = np.argsort(-left, kind="stable")[: min(SHORTLIST, len(left) - len(taken))]
        return [int(row) for row in order]

    def _explainer(self, scoring: Scoring, scored: ScoredItems, rows: Sequence[int]) -> Explainer:
        own = self._knowledge.own
        explainer = Explainer(
            self._names, own.mine.ratings, scoring.predictor, scored, self._ease(scoring),
            self.settings.zone if scoring.zone else None,
            own.defeats, own.failures, own.tried(), own.lately(round(self.settings.fresh)),
            scoring.changed,
        )  # fmt: skip
        explainer.prepare(rows)
        return explainer

    def _suggestion(
        self, scoring: Scoring, explainer: Explainer, row: int, kind: str, propensity: float
    ) -> Suggestion:
        number = int(explainer.scored.numbers[row])
        reason = explainer.reason(row, kind)
        return Suggestion(
            self._names[number],
            float(explainer.scored.stars.stars[row]),
            scoring.chance(number)[0],
            reason,
            scoring.predictor.models(number),
            kind == "explored",
            propensity,
            scoring.against_of(number),
            reason.simulated or bool(scoring.predictor.others.rating_evidence.rests[number]),
        )

    def _tired(self, scoring: Scoring, numbers: Ints, count: int) -> list[Suggestion]:
        """Items that rest, best first."""
        scored = scoring.scored(numbers)
        rows = self._chosen(scored, count)
        explainer = self._explainer(scoring, scored, rows)
        return [self._suggestion(scoring, explainer, row, "", 1.0) for row in rows]


def _softmax(value: Floats) -> Floats:
    if not len(value):
        return value
    chances = np.exp(value - value.max())
    return np.asarray(chances / chances.sum())
