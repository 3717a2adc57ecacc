"""`LevelRecommender`: the recommender for this game's levels, with its catalogue, records and simulated players.

The profile stores stars, matches and "not for me"; this class learns from them immediately and writes only
the suggestions shown. It must not run in the frame's thread: building it reads the community and every level, so the
window builds and calls it in a worker.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.endless_kept import EndlessGrades
from game.match.grading.grade import OFFERED, Grade
from game.match.grading.gradebook import GradeBook
from game.player.community import SHIPPED_FOLDER
from game.player.ease import ease_of_item
from game.player.endless_levels import EndlessCriteria, EndlessPool
from game.player.level_items import items_of
from game.player.measured_steps import SKILL, measured_steps, steps_of, steps_of_entries
from game.player.messages import say
from game.player.profile import MatchRecord, Profile, attempt_of
from recommender.advisor.community import Community
from recommender.advisor.engine import Advisor, AdvisorSettings, Beliefs, Outlook, Suggestion
from recommender.advisor.zone import Zone
from recommender.errors import RecommenderError, UnknownName
from recommender.reasons import Reason
from recommender.records.kinds import Attempt, Item, Play, Rating, Repository, Shown
from safefiles.causes import message_of

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry
    from recommender.records.ratings import Ratings

NEW_UNTIL: Final = 3  # number of wins below which a player is new


class LevelRecommender:
    """Suggestions for the profile's player. One thread at a time may call it."""

    def __init__(
        self,
        profile: Profile,
        levels: "Callable[[], Sequence[LevelEntry]]",
        *,
        community: bool = True,
        endless: bool = True,
        folder: Path | None = None,
        difficulty: str = DEFAULT_DIFFICULTY,
        zone: tuple[float, float] | None = None,
        seed: int | None = None,
    ) -> None:
        """Read everything and fit the models.

        community: whether the shipped simulated players count. endless: whether generated levels are suggested too. folder: the
        cache, with the grades that were measured here; None: those that ship alone count. difficulty: what the player will choose
        next is played at it. zone: chances to finish that are neither boring nor hopeless. seed: of the exploration; None: a
        new one each time.
        """
        self._records = ProfileRecords(profile)
        self._player, self._levels, self._folder = profile.player, levels, folder
        self._settings = _settings(community, Zone(*zone) if zone else Zone())
        self._messages: list[str] = []
        self._simulated_players = self._simulated(SHIPPED_FOLDER)
        self._seeds = np.random.SeedSequence(seed)
        self._pool = EndlessPool() if endless else None
        self._advisor = self._advisor_of_now(difficulty)

    def _advisor_of_now(self, difficulty: str) -> Advisor:
        """Read all levels, choose the endless ones that fit the player, and fit the models."""
        entries, grades = self._levels(), GradeBook(self._folder)
        items = items_of(entries, grades)
        steps: dict[str, Sequence[float]] = {**steps_of_entries(entries, grades)}
        if self._pool is not None:
            endless = EndlessGrades(self._folder).levels
            items += self._pool.renew(items, steps, self._want(difficulty), endless)
            steps = self._pool.steps
        self._steps = steps
        self._settings = replace(self._settings, own_steps=lambda item: steps.get(item.name))
        advisor = Advisor(
            items,
            self._records,
            player=self._player,
            community=self._simulated_players,
            settings=self._settings,
            seed=int(self._seeds.spawn(1)[0].generate_state(1)[0]),
        )
        advisor.against = difficulty
        return advisor

    def _want(self, difficulty: str) -> EndlessCriteria:
        """Return what the choice of endless levels depends on now."""
        player, records = self._player, self._records
        attempts, ratings = records.attempts(player), records.ratings(player)
        touched = [
            *(one.item for one in attempts),
            *(one.item for one in ratings),
            *records.dismissed(player),
        ]
        zone = self._settings.zone or Zone()
        finished = sum(one.outcome == "finished" for one in attempts)
        new = finished < self._settings.easy_first
        return EndlessCriteria(player, attempts, touched, difficulty, zone.low, zone.high, new)

    def _renew(self) -> None:
        """Choose other endless levels if the present ones are used up or no longer fit."""
        if self._pool is not None and self._pool.is_worn(self._want(self.difficulty)):
            difficulty, old = self.difficulty, self._advisor
            old.close()
            self._messages += old.take_messages()
            self._advisor = self._advisor_of_now(difficulty)

    def _simulated(self, folder: Path) -> Community | None:
        """Return the shipped simulated players; None, with a message, if the folder is damaged: suggestions work without them."""
        try:
            return Community.read(folder)
        except (RecommenderError, OSError) as error:
            reason = message_of(error)
            if isinstance(error, OSError):
                reason = say("of_file", where=Path(error.filename or folder).name, why=reason)
            self._messages.append(say("no_simulated", why=reason))
            return None

    def suggestions(self, count: int = 5, exclude: Collection[str] = ()) -> list[Suggestion]:
        """Return the next levels, best first, and log that they were shown."""
        self._renew()
        return self._advisor.suggest(count, exclude=exclude)

    def outlook(self, item: str, *, own: bool = False) -> Outlook | None:
        """Return the predictions for a level at its best difficulty, or at the player's `own` difficulty.

        None for a level that is not in the catalogue.
        """
        try:
            return self._advisor.outlook(item, own=own)
        except UnknownName:
            return None

    def reason(self, item: str) -> Reason | None:
        """Return why a level suits the player or not; None for a level that is not in the catalogue."""
        try:
            return self._advisor.explain(item)
        except UnknownName:
            return None

    def learn_rating(self, item: str, stars: float) -> None:
        """Learn stars that the profile has stored."""
        with suppress(UnknownName):  # a level that was deleted since
            self._advisor.rate(item, stars, stored=True)

    def learn_match(self, record: MatchRecord) -> None:
        """Learn a match that the profile has stored."""
        self._advisor.attempt(attempt_of(record), stored=True)

    def dismiss(self, item: str, dismissed: bool = True) -> None:
        """Learn a "not for me", or its withdrawal, that the profile has stored."""
        with suppress(UnknownName):
            self._advisor.dismiss(item, dismissed, stored=True)

    def learn_grade(self, item: str, grade: Grade) -> None:
        """Update the grade of a level that was graded since it was read."""
        with suppress(UnknownName):
            self._steps[item] = steps_of(grade)
            self._advisor.test({item: grade.equal_rate()})
        if self._pool is not None:
            self._pool.learn_grade(item, grade)

    def beliefs(self) -> Beliefs:
        """Return what is believed about the player."""
        return self._advisor.beliefs()

    def set_zone(self, low: float, high: float) -> None:
        """Set the range of chances to finish for suggestions."""
        own = self._settings.own_steps
        self._configure(replace(_settings(self._settings.community, Zone(low, high)), own_steps=own))

    def set_community(self, counts: bool) -> None:
        """Set whether the simulated players count."""
        self._configure(replace(self._settings, community=counts))

    @property
    def difficulty(self) -> str:
        """The difficulty at which chances are predicted."""
        return self._advisor.against

    def set_difficulty(self, difficulty: str) -> None:
        """Set the difficulty at which chances are predicted."""
        self._advisor.against = difficulty

    def reset(self) -> None:
        """Forget the player, as the profile has done."""
        self._advisor.reset(stored=True)

    def update(self) -> bool:
        """Apply what was learnt in the background; return whether anything changed."""
        return self._advisor.poll()

    def take_messages(self) -> list[str]:
        """Return the problems since the last call, one line each; the profile reports its own problems."""
        taken, self._messages = [*self._messages, *self._advisor.take_messages()], []
        return taken

    def close(self) -> None:
        """End background work. The profile stays open."""
        self._advisor.close()

    def _configure(self, settings: AdvisorSettings) -> None:
        self._settings = settings
        self._advisor.configure(settings)


def _settings(community: bool, zone: Zone) -> AdvisorSettings:
    """Return the advisor's settings: a new player climbs from what is easiest, unless the zone asks for harder levels."""
    easy_first = NEW_UNTIL if zone.low >= Zone().low else 0
    return AdvisorSettings(
        community=community,
        zone=zone,
        explore_after=NEW_UNTIL,
        easy_first=easy_first,
        ease=ease_of_item,
        difficulties=DIFFICULTY_IDS,
        steps=measured_steps(),
        skill=SKILL,
        offer=OFFERED,
        opponents=False,  # captions in the language of whoever played, of whoever the level's seats had
    )


def plain_settings(zone: Zone, items: Sequence[Item], steps: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Return the window's settings of the advisor as JSON-able data, which the commands read with `--settings`.

    steps: of difficulties, of the levels that are graded.
    """
    settings = _settings(True, zone)
    ease = {item.name: settings.ease(item) for item in items}
    return {
        "explore_after": settings.explore_after,
        "easy_first": settings.easy_first,
        "difficulties": list(settings.difficulties),
        "opponents": settings.opponents,
        "steps": list(settings.steps),
        "own_steps": {name: list(own) for name, own in steps.items()},
        "offer": list(settings.offer),
        "spread_of_tested": settings.skill.tested,
        "spread_of_steps": settings.skill.against,
        "ease": {name: value for name, value in ease.items() if value is not None},
    }


class ProfileRecords(Repository):
    """The profile's repository for the advisor, which must not close it."""

    def __init__(self, profile: Profile) -> None:
        self._inner: Repository = profile.repository
        self.messages = self._inner.messages

    def items(self) -> list[Item]:
        """As stored."""
        return self._inner.items()

    def ratings(self, player: str | None = None) -> list[Rating]:
        """As stored."""
        return self._inner.ratings(player)

    def table(self) -> "Ratings":
        """As stored."""
        return self._inner.table()

    def simulated_players(self) -> frozenset[str]:
        """As stored."""
        return self._inner.simulated_players()

    def plays(self, player: str | None = None) -> list[Play]:
        """As stored."""
        return self._inner.plays(player)

    def attempts(self, player: str | None = None) -> list[Attempt]:
        """As stored."""
        return self._inner.attempts(player)

    def dismissed(self, player: str) -> frozenset[str]:
        """As stored."""
        return self._inner.dismissed(player)

    def shown(self, player: str | None = None) -> list[Shown]:
        """As stored."""
        return self._inner.shown(player)

    def put_items(self, items: Iterable[Item]) -> bool:
        """Store items."""
        return self._inner.put_items(items)

    def put_ratings(self, ratings: Sequence[Rating]) -> bool:
        """Store stars."""
        return self._inner.put_ratings(ratings)

    def put_attempts(self, attempts: Sequence[Attempt]) -> bool:
        """Store attempts."""
        return self._inner.put_attempts(attempts)

    def put_plays(self, plays: Sequence[Play]) -> bool:
        """Store plays."""
        return self._inner.put_plays(plays)

    def put_dismissed(self, player: str, item: str, dismissed: bool = True) -> bool:
        """Store a "not for me", or its withdrawal."""
        return self._inner.put_dismissed(player, item, dismissed)

    def put_shown(self, shown: Sequence[Shown]) -> bool:
        """Store what was shown."""
        return self._inner.put_shown(shown)

    def forget(self, player: str) -> bool:
        """Forget the player."""
        return self._inner.forget(player)

    def close(self) -> None:
        """Do nothing: the repository belongs to the profile."""
