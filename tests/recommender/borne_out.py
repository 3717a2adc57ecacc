"""What the reasons of a list claim, against the records of the store and the score that ranked the items.

Everything a sentence shows is counted anew from the records; the score is put together anew from the models' parts.
`lies` names what does not hold. It asks the advisor's own numbers only for how much a term is worth, who is alike, and what
an item's content is: the records cannot tell.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import permutations

import numpy as np

from recommender.advisor.answers import Suggestion
from recommender.advisor.explaining import Explainer
from recommender.advisor.ranker import STAR
from recommender.reasons import Reason
from recommender.records.kinds import Attempt
from tests.recommender.random_states import State

LEAST = 0.02  # logits: a term below says nothing
FEW = 3  # players


class Records:
    """All that was stored, by item."""

    def __init__(self, state: State) -> None:
        store, me = state.store, state.advisor.player
        self.me = me
        self.own = {rating.item: rating.stars for rating in store.ratings(me)}
        everyone = [*state.community.ratings, *store.ratings()]
        newest = {(one.player, one.item): one for one in everyone if one.player != me}
        self.others: dict[str, list[tuple[str, float, bool]]] = defaultdict(list)
        for one in newest.values():
            self.others[one.item].append((one.player, one.stars, one.source == "real"))
        self.rated = Counter(player for rows in self.others.values() for player, _, _ in rows)
        self.attempts = store.attempts(me)
        plays = store.plays()
        self.played = {one.item: one.event for one in plays if one.player == me and one.event != "start"}
        self.repeated = {one.item for one in plays if one.player == me and one.event == "repeated"}
        self.liked = {one.item for one in plays if one.player == me and one.event in ("played", "repeated")}
        every = [*state.community.attempts, *store.attempts()]
        self.takers: dict[str, set[str]] = defaultdict(set)
        self.real: set[str] = {one.player for one in store.ratings()} | {one.player for one in plays}
        self.real |= {one.player for one in store.attempts()}
        for one in newest.values():
            self.takers[one.item].add(one.player)
        for rows in (every, [play for play in plays if play.event in ("played", "repeated")]):
            for row in rows:
                if row.player != me:
                    self.takers[row.item].add(row.player)
        self.had = Counter(player for takers in self.takers.values() for player in takers)
        own = [one for one in plays if one.player == me and one.event != "start"]
        tried, played = [one.item for one in self.attempts], [one.item for one in own]
        rated = [item for item in self.own if item not in {*tried, *played}]
        last = round(state.advisor.settings.fresh)
        self.lately = {item for had in (tried, played, rated) for item in had[-last:]}
        self.skippers = {
            (one.player, one.item) for one in plays if one.player != me and one.event == "skipped"
        }

    def mine(self, item: str) -> bool:
        """Whether the player had anything to do with an item."""
        return item in self.own or item in self.played or any(one.item == item for one in self.attempts)


def defeats(attempts: Sequence[Attempt]) -> int:
    """How many of the last attempts failed in a row; what was left does not count."""
    count = 0
    for one in reversed(attempts):
        if one.outcome == "finished":
            break
        count += one.outcome == "failed"
    return count


class Check:
    """The claims of one list."""

    def __init__(self, state: State, explainer: Explainer) -> None:
        self.state, self.explainer, self.records = state, explainer, Records(state)
        self.predictor, self.scored = explainer.predictor, explainer.scored
        self.names = [item.name for item in state.items]
        self.scoring = state.advisor._scoring()
        self.features = self.predictor.others.features

    def lies(self, suggestion: Suggestion) -> list[str]:
        """What a reason claims and nothing bears out."""
        item, reason = suggestion.item, suggestion.reason
        row = int(np.flatnonzero(self.scored.numbers == self.names.index(item))[0])
        found = self._shared(item, reason, row)
        own = self.records.own.get(item)
        if reason.kind in ("explored", "start"):
            right = (
                suggestion.explored
                if reason.kind == "explored"
                else self.state.advisor._knowledge.own.finished == 0
            )
            right = right and reason.values["count"] == len(self.records.others[item])
            return found if right else [*found, reason.kind]
        if own is not None and own < 3:
            right = reason.kind == "little" and reason.values.get("own") == own
            return found if right else [*found, f"praise of what was given {own:g}"]
        effects = {
            kind: float(value)
            for kind, value in zip(self.scored.kinds, self.scored.effects[row], strict=True)
            if value > LEAST
        }
        for kind in sorted(effects, key=effects.__getitem__, reverse=True):
            evidence = getattr(self, f"_{kind}")(item)
            if not evidence:
                if reason.kind == kind:
                    found.append(f"{kind} without evidence")
                continue
            if reason.kind != kind:
                return [*found, f"{reason.kind}, but {kind} is larger"]
            if reason.values.get("effect") != effects[kind]:
                found.append("the size of the term")
            told = {name: reason.values[name] for name in evidence[0] if name in reason.values}
            if not any(_same(told, one) for one in evidence):
                found.append(f"values of {kind}: {told}, not {evidence}")
            return found
        if reason.kind != "little":
            return [*found, f"{reason.kind}, which is not positive"]
        return found

    def score_lies(self) -> list[str]:
        """Whether the terms are those of the score: their sum, and the sum put together anew."""
        scored, predictor, rank = self.scored, self.predictor, self.predictor.others.rank
        numbers = scored.numbers
        if not len(numbers):
            return []
        scoring = self.scoring
        whole = rank.utility * predictor.terms(numbers).whole
        whole = whole + rank.together * predictor.together[numbers]
        whole = whole + np.array(rank.popular) @ predictor.others.popular[:, numbers]
        whole = whole - STAR * scoring.repeats[numbers]
        whole = whole + self.state.advisor.settings.optimism * scoring.unsure(numbers)
        if scoring.zone is not None:
            whole = whole - STAR * scoring.cost[numbers]
        found = []
        if np.ptp(whole - scored.score) > 1e-9:
            found.append("the score")
        if not np.allclose(scored.effects.sum(1), scored.score, atol=1e-9):
            found.append("the terms do not add up")
        return found

    def _shared(self, item: str, reason: Reason, row: int) -> list[str]:
        values, records, found = reason.values, self.records, []
        number, zone = self.names.index(item), self.state.advisor.settings.zone
        against = self.scoring.against_of(number)
        if "chance" in values:
            chance = self.state.advisor._knowledge.skill.chance(records.me, item, against)
            fit = "right" if zone is None or zone.holds(values["chance"]) else "easy"
            if zone is not None and values["chance"] < zone.low:
                fit = "hard"
            if not np.isclose(values["chance"], chance) or values["fit"] != fit or zone is None:
                found.append("chance")
            ease = self._ease()
            more, half = sum(other > ease[number] for other in ease), (len(ease) + 1) // 2
            with_it = more + sum(other == ease[number] for other in ease)  # a tie counts as a whole
            told = "easier" if with_it <= half else None
            if with_it <= min(max(3, len(ease) // 10), half):
                told = "easiest"
            if values.get("ease") != told:
                found.append("ease")
            if values.get("against", self.state.advisor.against) != against:
                found.append("against")
        elif zone is not None and self.state.advisor._knowledge.skill.informed:
            found.append("no chance")
        lost = defeats(records.attempts)
        if "defeats" in values and (values["defeats"] != lost or lost < 3):
            found.append("defeats")
        tries = defeats([one for one in records.attempts if one.item == item])
        if values.get("tries", 0) != tries:
            found.append("tries")
        skipped = any(what == item for _, what in records.skippers)
        known = records.mine(item) or bool(records.takers[item])
        if bool(values.get("new")) and known:
            found.append("new")
        if not values.get("new") and not known and not skipped:
            found.append("not new")
        if values.get("nobody") and known:
            found.append("nobody")
        return found

    def _ease(self) -> list[float]:
        """How easy each item is: by its odds, in a new player's list by what the settings say."""
        advisor = self.state.advisor
        odds: list[float] = self.scoring.odds.tolist()
        if not advisor._new or self.scoring.zone is None:
            return odds
        chances = self.scoring.chances.tolist()
        known = [advisor.settings.ease(advisor._items[name]) for name in self.names]
        least = min([one for one in known if one is not None] or [1.0])
        return [min(had, least) if one is None else one for one, had in zip(known, chances, strict=True)]

    # Evidence, kind by kind: all that a sentence of that kind may show; nothing where there is nothing to show

    def _own(self, item: str) -> list[dict[str, object]]:
        stars = self.records.own.get(item, 0)
        return [{"own": stars}] if stars >= 4 else []

    def _together(self, item: str) -> list[dict[str, object]]:
        records, ease = self.records, self.predictor.others.ease
        number = np.array([self.names.index(item)], np.int32)
        brought = []
        for place, other in enumerate(self.names):
            liked = records.own[other] >= 3 if other in records.own else other in records.liked
            tried = any(one.item == other for one in records.attempts)
            if other != item and (liked or (tried and other not in records.own)):
                stars = records.own.get(other, 3 + (other in records.repeated))
                weight = float(ease.between(np.array([place], np.int32), number)[0, 0])
                if weight > 0:
                    brought.append((weight * (1 + 0.5 * (stars - 3)), other))
        size = min(2, len(brought))
        most = sum(sorted(value for value, _ in brought)[-size:]) if size else 0.0
        return [
            {"items": tuple(name for _, name in few)}
            for few in permutations(brought, size)
            if size and sum(value for value, _ in few) >= most - 1e-6  # of equals any
        ]

    def _taken(self, item: str) -> list[dict[str, object]]:
        takers = self.records.takers[item]
        real = takers & self.records.real
        told = real if len(real) >= FEW else takers
        if len(told) < FEW:
            return []
        return [_counted(len(told), len(told - real), sum(self.records.had[who] < 5 for who in told))]

    def _rated(self, item: str) -> list[dict[str, object]]:
        rows = self.records.others[item]
        real = [row for row in rows if row[2]]
        told = real if len(real) >= FEW else rows
        stars = float(np.mean([row[1] for row in told])) if told else 0.0
        if len(told) < FEW or stars < 3 - 1e-9:
            return []
        thin = sum(self.records.rated[row[0]] < 5 for row in told)
        return [{"stars": stars} | _counted(len(told), sum(not row[2] for row in told), thin)]

    def _taste(self, item: str) -> list[dict[str, object]]:
        number, own, found = self.names.index(item), self.records.own, []
        present = self.features.present
        for column, tag in enumerate(self.features.names):
            has = {name for place, name in enumerate(self.names) if present[place, column] > 0.5}
            with_it = [stars for name, stars in own.items() if name in has]
            rest = [stars for name, stars in own.items() if name not in has]
            if present[number, column] > 0.5 and len(with_it) >= 2 and rest:
                more = float(np.mean(with_it) - np.mean(rest))
                if more > 0:
                    found.append({"tag": tag, "more": more, "evidence": len(with_it)})
        brings = self.predictor.posterior.brings(number)[: len(own)]
        given = [self.names[other] for other in self.predictor.items]
        values = self.features.values
        alike = [float(values[self.names.index(name)] @ values[number]) for name in given]
        rows = zip(given, brings, alike, strict=True)
        close = [name for name, more, near in rows if more > 0 and near > 1e-6 and name != item]
        found += [{"item": name, "own": own[name]} for name in close if own[name] >= 4]
        parts = self.predictor.posterior.parts(np.array([number], np.int32))[0]
        positive = {self.features.families[place] for place in np.flatnonzero(parts > 0)}
        families = dict(zip(self.features.names, self.features.of_name, strict=True))
        return [
            one for one in found
            if "tag" not in one or self.features.families[families[str(one["tag"])]] in positive
        ]  # fmt: skip

    def _near(self, item: str) -> list[dict[str, object]]:
        number, pairs = np.array([self.names.index(item)], np.int32), self.predictor.others.pairs
        found = []
        for place, rest in zip(self.predictor.items, self.predictor.rest, strict=True):
            name = self.names[place]
            weight = float(pairs.between(np.array([place], np.int32), number)[0, 0])
            if weight * rest > 0 and self.records.own[name] >= 4:
                found.append({"item": name, "own": self.records.own[name]})
        return found

    def _neighbours(self, item: str) -> list[dict[str, object]]:
        others = self.predictor.others
        alike = {
            others.everyone.players[who]: weight
            for who, weight in zip(others.reference.players, self.predictor.alike, strict=True)
            if weight > 0  # fewer than the nearest that count
        }
        rows = [row for row in self.records.others[item] if row[0] in alike]
        stars = float(np.mean([row[1] for row in rows])) if rows else 0.0
        if len(rows) < FEW or stars < 3 - 1e-9:
            return []
        return [{"stars": stars} | _counted(len(rows), sum(not row[2] for row in rows), 0)]

    def _pattern(self, item: str) -> list[dict[str, object]]:
        return [{"count": len(self.records.own)}] if self.records.own else []

    def _level(self, item: str) -> list[dict[str, object]]:
        return [{}] if self.state.advisor._knowledge.skill.informed else []

    def _fresh(self, item: str) -> list[dict[str, object]]:
        if item in self.records.lately:
            return []
        return [{}] if any(self.records.mine(name) for name in self.names if name != item) else []

    def _untried(self, item: str) -> list[dict[str, object]]:
        return [{}] if self.features.names else []


def _counted(count: int, simulated: int, thin: int) -> dict[str, object]:
    told: dict[str, object] = {"count": count}
    if simulated:
        told["simulated"] = simulated
    if thin >= 3 and 4 * thin >= count:
        told["thin"] = thin
    return told


def _same(told: dict[str, object], evidence: dict[str, object]) -> bool:
    if set(told) != set(evidence):
        return False
    return all(
        np.isclose(told[name], value) if isinstance(value, float) else told[name] == value  # type: ignore[call-overload]
        for name, value in evidence.items()
    )


def listed(state: State, count: int) -> tuple[list[Explainer], list[Suggestion]]:
    """A list of `count`, and what explained it: one for what is awake, perhaps one for what rests."""
    explainers: list[Explainer] = []
    advisor, make = state.advisor, state.advisor._explainer

    def kept(*given: object) -> Explainer:
        explainers.append(make(*given))  # type: ignore[arg-type]
        return explainers[-1]

    advisor._explainer = kept  # type: ignore[method-assign]
    try:
        given = advisor.suggest(count, now=0.0)
    finally:
        del advisor._explainer
    return explainers, given


def checked(state: State, count: int) -> tuple[list[str], list[Suggestion]]:
    """The lies of a list of `count`, each with the item, and the list."""
    explainers, given = listed(state, count)
    checks = [Check(state, one) for one in explainers]
    found = [lie for check in checks for lie in check.score_lies()]
    for each in given:
        (check,) = (one for one in checks if state.items and _holds(one, each.item))
        found += [f"{each.item}: {lie}" for lie in check.lies(each)]
    return found, given


def _holds(check: Check, item: str) -> bool:
    return check.names.index(item) in check.scored.numbers
