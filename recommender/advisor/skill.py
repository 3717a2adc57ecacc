"""Ratings of players and items on one scale: each attempt is a match, which the player wins by finishing.

The rating is OpenSkill's Plackett-Luce model (R. C. Weng and C.-J. Lin, "A Bayesian Approximation Method for Online
Ranking", JMLR 12, 2011, algorithm 4): a belief N(mu, sigma^2) about each strength, updated after every match. The item's side
is a team: the item itself and, if an attempt has an `against`, for example "hunter/hard", one part for each of its words, so
that an opponent's strength applies to every item. The chance to finish is

    z = (mu_player - sum mu_item side) / sqrt(2 beta^2 + sigma_player^2 + sum sigma_item side^2)
    chance = sigmoid(slope * logit(Phi(z)) + shift)

Phi(z) is what OpenSkill predicts (`predict_win`); slope and shift are fitted to the predictions made just before each
attempt (`recommender.advisor.calibration`).

A quit counts as part of a defeat: not at all if it was early, up to QUIT_MOST if the player had stayed as long as an attempt at
this item usually takes. The same attempts in the same order give the same numbers.
"""

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from openskill.models import PlackettLuce
from scipy.special import log_ndtr, ndtr, ndtri

from recommender.advisor.calibration import Calibration
from recommender.advisor.features import Features
from recommender.records.kinds import SIMULATED, Attempt, Item
from recommender.records.ratings import Floats

MEAN: Final = 25.0  # OpenSkill's scale
BETA: Final = MEAN / 6  # spread of a single performance
QUIT_EARLY: Final = 0.3  # share of the item's usual seconds: an earlier quit is ignored
QUIT_MOST: Final = 0.5  # share of a defeat
CONTENT_LEAST: Final = 8  # played items needed before content predicts the difficulty of an unplayed one
FIRSTS: Final = 3  # first attempts of a player that set where new players start
START_BELIEF: Final = 10.0
DIFFICULTY_STEP: Final = 0.5 * BETA  # distance between a difficulty and the next
FIXED: Final = 0.01  # spread of the difficulty at which finish rates were measured, the origin of the scale
CERTAIN: Final = (0.02, 0.98)  # limits of a play-test's finish rate, which is never certain


@dataclass(frozen=True)
class SkillSettings:
    """Spreads (sigma) at the start, on OpenSkill's scale, and how fast players' skill changes."""

    player: float = MEAN / 3
    item: float = MEAN / 3
    tested: float = MEAN / 5  # an item with a play-test
    against: float = MEAN / 6
    learning: float = 0.6  # added to a player's spread before each attempt (in squares): skill drifts
    calibration: float = 25.0  # prior weight of slope 1 and shift 0, in attempts


class SkillPoint(NamedTuple):
    """A player's skill after an attempt."""

    time: float
    value: float  # mu
    uncertainty: float  # sigma


class Chances(NamedTuple):
    """Chances to finish of many items, with an 80 % interval from the spread of the ratings; each (n,)."""

    chance: Floats
    low: Floats
    high: Floats
    odds: Floats  # logarithm of the odds to finish, which distinguishes almost hopeless items


class Belief(NamedTuple):
    """A strength: mean and spread on OpenSkill's scale."""

    mu: float
    sigma: float

    def towards(self, other: "Belief", share: float) -> "Belief":
        """A belief part of the way to another, for a match that counts in part."""
        return Belief(self.mu + share * (other.mu - self.mu), self.sigma + share * (other.sigma - self.sigma))


@dataclass
class _Usual:
    """The running mean of an item's seconds, without quits."""

    seconds: float = 0.0
    count: int = 0


class _Matches:
    """OpenSkill's update of one player against one side. Its rating objects are reused, as making them is slow."""

    def __init__(self) -> None:
        self._model = PlackettLuce(beta=BETA, tau=0.0)
        self._ratings = [self._model.rating()]

    def rate(self, player: Belief, side: Sequence[Belief], finished: bool) -> tuple[Belief, list[Belief]]:
        """The beliefs after the match."""
        while len(self._ratings) <= len(side):
            self._ratings.append(self._model.rating())
        ratings = self._ratings[: len(side) + 1]
        for rating, belief in zip(ratings, (player, *side), strict=True):
            rating.mu, rating.sigma = belief
        (after,), side_after = self._model.rate(
            [ratings[:1], ratings[1:]], ranks=[1.0, 2.0] if finished else [2.0, 1.0]
        )
        return Belief(after.mu, after.sigma), [Belief(part.mu, part.sigma) for part in side_after]


class Skill:
    """Ratings of players, items and opponents. Deterministic; times are not used."""

    def __init__(
        self,
        items: Sequence[Item],
        settings: SkillSettings | None = None,
        *,
        features: Features | None = None,
        simulated_weight: float = 0.5,
        difficulties: Sequence[str] = (),
        opponents: bool = True,
        steps: Sequence[float] = (),
        own_steps: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """`difficulties`: words of `against`, from easy to hard; `opponents`: whether other words are used.

        steps: the place of each difficulty before any attempt, 0 being that of the items' finish rates; without them each is
        DIFFICULTY_STEP above the one before. A difficulty is never below the one before. own_steps: the same for items for
        which it was measured; they keep their distance from `steps` when those change.
        """
        self.settings = settings or SkillSettings()
        self._match_of = _Matches()
        self._difficulties, self._opponents = frozenset(difficulties), opponents
        self._features = features or Features.of(items)
        self._number = {item.name: number for number, item in enumerate(items)}
        self._tested = np.array(
            [np.nan if i.finish_rate is None else i.finish_rate for i in items], np.float64
        )
        self._any_tested = bool(np.isfinite(self._tested).any())
        self._players: dict[str, Belief] = {}
        self._items: dict[str, Belief] = {}  # items that were tried
        self._order = tuple(difficulties)
        middle = (len(difficulties) - 1) / 2
        known = steps or [(place - middle) * DIFFICULTY_STEP for place in range(len(difficulties))]
        self._against: dict[str, Belief] = {
            name: Belief(step, FIXED if steps and step == 0 else self.settings.against)
            for name, step in zip(difficulties, known, strict=True)
        }
        self._apart = {
            name: np.zeros(len(items), np.float64) for name in difficulties
        }  # distances of own steps from the usual ones
        self._usual_steps = tuple(known)
        for item, steps_of_item in (own_steps or {}).items():
            self._set_apart(self._number[item], steps_of_item)
        self._history: dict[str, list[SkillPoint]] = {}
        self._tries: dict[str, int] = {}
        self._usual: dict[str, _Usual] = {}
        self._firsts: dict[str, list[Attempt]] = {}
        self._start = Belief(MEAN, self.settings.player)
        self._calibration = Calibration(self.settings.calibration)
        self._simulated_weight = simulated_weight
        self._content_due = True
        self._mu, self._sigma = self._starts()

    @classmethod
    def of(
        cls,
        items: Sequence[Item],
        attempts: Iterable[Attempt],
        settings: SkillSettings | None = None,
        *,
        features: Features | None = None,
        difficulties: Sequence[str] = (),
        opponents: bool = True,
        steps: Sequence[float] = (),
        own_steps: Mapping[str, Sequence[float]] | None = None,
    ) -> "Skill":
        """Replay attempts in their order."""
        skill = cls(
            items, settings, features=features, difficulties=difficulties, opponents=opponents, steps=steps,
            own_steps=own_steps,
        )  # fmt: skip
        for attempt in attempts:
            skill.attempt(attempt)
        return skill

    def copy(self) -> "Skill":
        """A copy that learns independently."""
        other = copy.copy(self)
        for name in ("_players", "_items", "_against", "_tries"):
            setattr(other, name, dict(getattr(self, name)))
        other._history = {player: list(moments) for player, moments in self._history.items()}
        other._firsts = {player: list(first) for player, first in self._firsts.items()}
        other._usual = {item: replace(usual) for item, usual in self._usual.items()}
        other._calibration = self._calibration.copy()
        other._mu, other._sigma = self._mu.copy(), self._sigma.copy()
        other._match_of = _Matches()
        return other

    def attempt(self, attempt: Attempt) -> None:
        """Learn from one attempt. Attempts at unlisted items count for the player only in part."""
        weight = self._weight(attempt)
        self._tries[attempt.item] = self._tries.get(attempt.item, 0) + 1
        if weight > 0:
            first = self._firsts.setdefault(attempt.player, [])
            if len(first) < FIRSTS:
                first.append(attempt)
            self._match(attempt, weight)
        rating = self._player(attempt.player)
        self._history.setdefault(attempt.player, []).append(SkillPoint(attempt.time, rating.mu, rating.sigma))

    def test(self, item: str, rate: float, own_steps: Sequence[float] | None) -> bool:
        """Set an item's finish rate and steps as if they had been known from the start; False if it was tried already."""
        if item in self._items:
            return False
        number = self._number[item]
        self._tested[number] = rate
        self._any_tested = self._content_due = True
        mu, sigma = self._starts()
        self._mu[number], self._sigma[number] = mu[number], sigma[number]
        if own_steps is not None:
            self._set_apart(number, own_steps)
        return True

    def _set_apart(self, number: int, own_steps: Sequence[float]) -> None:
        for name, own, usual in zip(self._order, own_steps, self._usual_steps, strict=True):
            self._apart[name][number] = own - usual

    def settle(self) -> None:
        """Let new players start at the skill that others had at their start: those have practised since. The start is the skill
        at which the first FIRSTS attempts of all players so far, with the items' current ratings, would have succeeded as often
        as they did; a prior with the weight of START_BELIEF attempts draws it to the mean.
        """
        firsts = [attempt for first in self._firsts.values() for attempt in first]
        sides = [self._side(one.item, self._words(one.against)) for one in firsts]
        mu = np.array([sum(part.mu for part in side) for side in sides], np.float64)
        spread = np.array([sum(part.sigma**2 for part in side) for side in sides], np.float64)
        wide = np.sqrt(spread + 2 * BETA**2 + self.settings.player**2)
        finished = sum(one.outcome == "finished" for one in firsts)
        low, high = 0.0, 2 * MEAN
        for _ in range(40):
            middle = (low + high) / 2
            more = float(ndtr((middle - mu) / wide).sum()) - finished
            more += START_BELIEF * (float(ndtr((middle - MEAN) / (math.sqrt(2) * BETA))) - 0.5)
            low, high = (low, middle) if more > 0 else (middle, high)
        self._start = Belief((low + high) / 2, self.settings.player)

    def chance(self, player: str, item: str, against: str = "") -> float:
        """Predicted chance that this player finishes this item."""
        return float(self.chances(player, [item], against).chance[0])

    def chances(self, player: str, items: Sequence[str], against: str = "") -> Chances:
        """The same for many items, each (n,); the interval is the chance if the ratings are wrong by 1.28 sigma."""
        self._refresh_starts()
        sides = [self._item(name) for name in items]
        mu = np.array([side.mu for side in sides], np.float64)
        variance = np.array([side.sigma**2 for side in sides], np.float64)
        words = self._words(against)
        return self._predict(
            player, mu + [self._step_apart(name, words) for name in items], variance, against
        )

    def outlook(self, player: str, against: str = "") -> Chances:
        """The same for every listed item in their order, (items,)."""
        self._refresh_starts()
        apart = sum(self._apart[word] for word in self._words(against) if word in self._apart)
        return self._predict(player, self._mu + apart, self._sigma**2, against)

    @property
    def informed(self) -> bool:
        """Whether any difficulty is known, from an attempt or a play-test."""
        return bool(self._tries) or self._any_tested

    def rating(self, player: str) -> tuple[float, float]:
        """Mean and spread of a player's skill."""
        rating = self._player(player)
        return rating.mu, rating.sigma

    def difficulty(self, item: str) -> tuple[float, float]:
        """Mean and spread of an item, on the players' scale."""
        self._refresh_starts()
        rating = self._item(item)
        return rating.mu, rating.sigma

    def tries(self, item: str) -> int:
        """The number of attempts at an item."""
        return self._tries.get(item, 0)

    def opponents(self) -> list[str]:
        """The known parts of `against`, sorted."""
        return sorted(self._against)

    def history(self, player: str) -> list[SkillPoint]:
        """A player's skill after each attempt, oldest first."""
        return list(self._history.get(player, ()))

    @property
    def calibration(self) -> tuple[float, float]:
        """Slope and shift on the log-odds of OpenSkill's chance."""
        return self._calibration.slope_and_shift

    def _match(self, attempt: Attempt, weight: float) -> None:
        player = self._player(attempt.player)
        player = Belief(player.mu, math.hypot(player.sigma, self.settings.learning))
        names = self._words(attempt.against)
        side = self._side(attempt.item, names)
        finished = attempt.outcome == "finished"
        trust = self._simulated_weight if attempt.source == SIMULATED else 1.0
        self._calibration.add(float(ndtr(predict_win_z(player, side))), finished, weight * trust)
        self._content_due = True
        player_after, side_after = self._match_of.rate(player, side, finished)
        self._players[attempt.player] = player.towards(player_after, weight)
        after = [before.towards(then, weight) for before, then in zip(side, side_after, strict=True)]
        item = Belief(after[0].mu - self._step_apart(attempt.item, names), after[0].sigma)
        self._items[attempt.item] = item
        self._against.update(zip(names, after[1:], strict=True))
        if not set(self._order).isdisjoint(names):
            self._put_in_order()
        number = self._number.get(attempt.item)
        if number is not None:
            self._mu[number], self._sigma[number] = item

    def _put_in_order(self) -> None:
        """Keep each difficulty at least as hard as the one below it, even if a player lost often at the lower one.

        Isotonic regression, neighbours pooled where they are out of order (M. Ayer et al., Ann. Math. Stat. 26, 1955).
        """
        pools: list[tuple[float, float, int]] = []  # mean, weight, count
        for name in self._order:
            part = self._against[name]
            mu, weight, size = part.mu, part.sigma**-2, 1
            while pools and pools[-1][0] > mu:
                below, more, count = pools.pop()
                mu, weight, size = (mu * weight + below * more) / (weight + more), weight + more, size + count
            pools.append((mu, weight, size))
        means = [mu for mu, _, size in pools for _ in range(size)]
        for name, mu in zip(self._order, means, strict=True):
            self._against[name] = Belief(mu, self._against[name].sigma)

    def _weight(self, attempt: Attempt) -> float:
        usual = self._usual.setdefault(attempt.item, _Usual())
        if attempt.outcome != "quit":
            usual.count += 1
            usual.seconds += (attempt.seconds - usual.seconds) / usual.count
            return 1.0
        if not usual.count or usual.seconds <= 0:
            return 0.0
        stayed = min(attempt.seconds / usual.seconds, 1.0)
        return QUIT_MOST * stayed if stayed >= QUIT_EARLY else 0.0

    def _predict(self, player: str, mu: Floats, variance: Floats, against: str) -> Chances:
        rating = self._player(player)
        parts = [self._part(name) for name in self._words(against)]
        gap = rating.mu - mu - sum(part.mu for part in parts)
        spread = rating.sigma**2 + variance + sum(part.sigma**2 for part in parts)
        own = 2 * BETA**2
        reach = 1.2816 * np.sqrt(spread)
        z = gap / np.sqrt(own + spread)
        points = [ndtr(z)]
        points += [ndtr((gap + side * reach) / math.sqrt(own)) for side in (-1, 1)]
        slope, shift = self._calibration.slope_and_shift
        odds = slope * (log_ndtr(z) - log_ndtr(-z)) + shift
        middle, low, high = (self._calibration.apply(p) for p in points)
        # The mean of a very skewed belief may be outside its 80 % interval
        return Chances(middle, np.minimum(low, middle), np.maximum(high, middle), odds)

    def _words(self, against: str) -> list[str]:
        """The parts of an `against` that are used."""
        parts = split_against(against)
        return parts if self._opponents else [part for part in parts if part in self._difficulties][-1:]

    def _player(self, name: str) -> Belief:
        return self._players.get(name) or self._start

    def _part(self, name: str) -> Belief:
        return self._against.get(name) or Belief(0.0, self.settings.against)

    def _item(self, name: str) -> Belief:
        rating = self._items.get(name)
        if rating is not None:
            return rating
        number = self._number.get(name)
        if number is None:
            return Belief(MEAN, self.settings.item)
        self._refresh_starts()
        return Belief(float(self._mu[number]), float(self._sigma[number]))

    def _side(self, name: str, words: Sequence[str]) -> list[Belief]:
        """The player's opponents: the item, with its strength at this difficulty, and the other parts."""
        item = self._item(name)
        return [
            Belief(item.mu + self._step_apart(name, words), item.sigma), *(self._part(word) for word in words)
        ]  # fmt: skip

    def _step_apart(self, name: str, words: Sequence[str]) -> float:
        """How far an item's own step to this difficulty is from the usual one."""
        number = self._number.get(name)
        if number is None:
            return 0.0
        return sum(float(self._apart[word][number]) for word in words if word in self._apart)

    def _starts(self) -> tuple[Floats, Floats]:
        """The initial ratings of items: their play-test against an average player, or the mean."""
        known = np.isfinite(self._tested)
        rate = np.clip(np.where(known, self._tested, 0.5), *CERTAIN)
        mu = MEAN - ndtri(rate) * math.sqrt(2) * BETA
        return mu, np.where(known, self.settings.tested, self.settings.item)

    def _refresh_starts(self) -> None:
        """Update the initial ratings from content."""
        if self._content_due:
            self._content_due = False
            self._start_from_content()

    def _start_from_content(self) -> None:
        """Ridge regression of tried and tested items' mu on their content, for the items that have neither."""
        names = self._features.items
        tried = np.array([name in self._items for name in names], np.bool_)
        known = tried | np.isfinite(self._tested)
        if known.all() or known.sum() < CONTENT_LEAST or not self._features.names:
            return
        x, y = self._features.values, self._mu - MEAN
        weight = 1 / (self._sigma[known] ** 2 + BETA**2)
        inner = (x[known] * weight[:, None]).T @ x[known] + np.eye(x.shape[1]) / self.settings.item**2
        mean = float(np.average(y[known], weights=weight))
        coefficients = np.linalg.solve(inner, (x[known] * weight[:, None]).T @ (y[known] - mean))
        left = y[known] - mean - x[known] @ coefficients
        spread = math.sqrt(float(np.average(left**2, weights=weight)) + BETA**2)
        new = ~known
        self._mu[new] = x[new] @ coefficients + mean + MEAN
        self._sigma[new] = np.minimum(spread, self.settings.item)


def predict_win_z(player: Belief, side: Sequence[Belief]) -> float:
    """z of the module's formula; OpenSkill's `predict_win` is Phi(z)."""
    spread = 2 * BETA**2 + player.sigma**2 + sum(part.sigma**2 for part in side)
    return (player.mu - sum(part.mu for part in side)) / math.sqrt(spread)


def split_against(against: str) -> list[str]:
    """The parts of an `against`: "hunter/hard" is an opponent and a difficulty."""
    return [word for word in against.split("/") if word]
