"""A recommender that says what tests expect, and remembers what it was told; and a worker that does not wait."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from game.app.worker import Worker
from game.core.levels.catalogue import LevelEntry
from game.match.grading.grade import Grade
from game.player.profile import MatchRecord
from game.player.settings import NEWCOMER_DIFFICULTY
from recommender.advisor.engine import Beliefs, Outlook, Suggestion
from recommender.advisor.skill import SkillPoint
from recommender.reasons import Reason

RECORD = MatchRecord(
    "canal", "h", "collect", "hunter", "regular", "ranger", "won", 10, 600, 1, 0, 0, time=5.0
)


class InlineWorker(Worker):
    """Does each job where it is given."""

    def __init__(self) -> None:
        super().__init__("inline")

    def submit(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None] = lambda _: None,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Work and hand over now."""
        try:
            result = work()
        except Exception as error:
            failed(str(error))
        else:
            then(result)

    def wait(self, seconds: float = 60.0) -> bool:
        """Nothing is ever left to wait for."""
        return True


class FakeAdvice:
    """Suggests the levels in their order, the better the fewer stars were told since."""

    def __init__(self, levels: Callable[[], Sequence[LevelEntry]]) -> None:
        self.levels = levels
        self.told: list[tuple[Any, ...]] = []
        self.dismissed: set[str] = set()
        self.low: set[str] = set()  # rated with few stars: suggested last
        self.broken = False
        self.changed = False
        self.messages: list[str] = []
        self.matches = 3
        self.chances: dict[str, float] = {}  # of levels that were graded since
        self.difficulty = NEWCOMER_DIFFICULTY
        self.against = ""  # what is best played at; "": the player's difficulty

    def suggestions(self, count: int = 5, exclude: Collection[str] = ()) -> list[Suggestion]:
        if self.broken:
            raise ValueError("the models quarrel")
        self.told.append(("asked", count, tuple(exclude)))
        names = [e.name for e in self.levels() if e.name not in self.dismissed and e.name not in exclude]
        names.sort(key=lambda name: name in self.low)
        return [self._suggestion(n, name) for n, name in enumerate(names[:count])]

    def _suggestion(self, place: int, name: str) -> Suggestion:
        values = {"count": 7, "stars": 4.6, "chance": 0.72, "fit": "right"}
        reasons = (
            Reason("neighbours", {**values, "simulated": True}),
            Reason("level", {"chance": 0.6, "fit": "hard", "new": True}),
            Reason("explored", {"count": 2}),
        )
        reason = reasons[place % len(reasons)]
        explored = reason.kind == "explored"
        models = ("neighbours", "biases") if place % 2 == 0 else ("content",)
        against = self.against or self.difficulty
        return Suggestion(
            name, 4.6 - place / 10, 0.72, reason, models, explored, 0.9, against, reason.simulated
        )

    def outlook(self, item: str, *, own: bool = False) -> Outlook | None:
        chance = self.chances.get(item, 0.66)
        return Outlook(item, 3.9, 0.5, chance, 0.5, 0.8, True, ("biases",), 12.0, 30, self.difficulty)

    def learn_rating(self, item: str, stars: float) -> None:
        self.told.append(("rated", item, stars))
        if stars < 3:
            self.low.add(item)

    def learn_match(self, record: MatchRecord) -> None:
        self.told.append(("played", record.level, record.outcome, record.time > 0))
        self.matches += 1

    def dismiss(self, item: str, dismissed: bool = True) -> None:
        self.told.append(("dismiss", item, dismissed))
        (self.dismissed.add if dismissed else self.dismissed.discard)(item)

    def learn_grade(self, item: str, grade: Grade) -> None:
        self.told.append(("graded", item))
        self.chances[item] = grade.rate()

    def beliefs(self) -> Beliefs:
        taste = (("objective:defend", 0.7, 4), ("feature:mirrors", -0.4, 2), ("wall:low", 0.2, 1))
        skill = tuple(SkillPoint(float(n), 25.0 + n, 8.0 - n) for n in range(self.matches))
        return Beliefs(taste, skill, ("content", "biases"), 4, self.matches, 6, 380, 0.48)

    def set_zone(self, low: float, high: float) -> None:
        self.told.append(("zone", low, high))

    def set_difficulty(self, difficulty: str) -> None:
        self.told.append(("difficulty", difficulty))
        self.difficulty = difficulty

    def reset(self) -> None:
        self.told.append(("reset",))
        self.matches = 0

    def update(self) -> bool:
        return self.changed

    def take_messages(self) -> list[str]:
        taken, self.messages = self.messages, []
        return taken

    def close(self) -> None:
        self.told.append(("close",))


def fake_plan(levels: Callable[[], Sequence[LevelEntry]]) -> Callable[[], FakeAdvice]:
    """What `ForYou` builds in tests."""
    return lambda: FakeAdvice(levels)
