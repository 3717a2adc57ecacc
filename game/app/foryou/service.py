"""`ForYou`: the window's access to the recommender: suggestions, outlooks of levels, and beliefs about the player.

The recommender works in its own thread, which does jobs in the order of their submission: a suggestion requested after
a match takes that match into account. No call here waits: until the first answer arrives, screens show that it is being
computed; after a failure they show the cause, and the game goes on without suggestions.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from game.app.worker import Worker
from game.player.profile import MatchRecord, Profile
from game.player.settings import Settings

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry
    from game.core.levels.model import Level
    from game.match.grading.grade import Grade
    from recommender.advisor.engine import Beliefs, Outlook, Suggestion

SHELF: Final = 5  # suggestions per request
CLOSE_SECONDS: Final = 2.0
NARROWEST_ZONE: Final = 0.1  # between the flow zone's ends
ZONES: Final[Mapping[str, tuple[float, float]]] = {  # presets of the chance to finish
    "relaxed": (0.7, 0.95),
    "normal": (0.55, 0.85),
    "hard": (0.35, 0.65),
}

# State of the answers
IDLE: Final = "idle"  # nothing requested yet
THINKING: Final = "thinking"
READY: Final = "ready"
FAILED: Final = "failed"


class RecommenderBackend(Protocol):
    """The methods of `game.player.level_recommender.LevelRecommender` that the window uses."""

    def suggestions(self, count: int = 5, exclude: Collection[str] = ()) -> "list[Suggestion]":
        """The best levels for the player, best first."""
        ...

    def outlook(self, item: str, *, own: bool = False) -> "Outlook | None":
        """Return the outlook of one level at its best difficulty, or at the player's `own` difficulty."""
        ...

    def learn_rating(self, item: str, stars: float) -> None:
        """Learn stars."""
        ...

    def learn_match(self, record: MatchRecord) -> None:
        """Learn a match."""
        ...

    def dismiss(self, item: str, dismissed: bool = True) -> None:
        """Learn "not for me"."""
        ...

    def learn_grade(self, item: str, grade: "Grade") -> None:
        """Learn the grade that a level has got since."""
        ...

    def beliefs(self) -> "Beliefs":
        """Return the beliefs about the player."""
        ...

    def set_zone(self, low: float, high: float) -> None:
        """Suggest levels with these chances to finish."""
        ...

    def reset(self) -> None:
        """Forget the player."""
        ...

    @property
    def difficulty(self) -> str:
        """The difficulty at which chances are predicted."""
        ...

    def set_difficulty(self, difficulty: str) -> None:
        """Predict chances at this difficulty."""
        ...

    def update(self) -> bool:
        """Take over a finished refit; return whether anything changed."""
        ...

    def take_messages(self) -> list[str]:
        """Return the error messages since the last call."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


Plan = Callable[[Callable[[], Sequence["LevelEntry"]]], Callable[[], RecommenderBackend]]


class RecommenderResult(NamedTuple):
    """The result of one job."""

    suggestions: "tuple[Suggestion, ...] | None"  # None: unchanged
    outlooks: "Mapping[str, Outlook]"
    messages: Sequence[str]


class ForYou:
    """The recommender behind the window. Call all methods in the frame's thread."""

    def __init__(
        self, plan: Plan, levels: "Callable[[], Sequence[LevelEntry]]", worker: Worker | None = None
    ) -> None:
        """`plan` reads the settings and returns what builds the backend in the thread; `levels` lists the playable ones."""
        self._plan = plan
        self._levels = levels
        self._catalogue: Sequence[LevelEntry] = ()  # read by the backend; replaced as a whole
        self._difficulty: str | None = (
            None  # requested since the build began; None: as in the settings at that time
        )
        self._predicted = ""  # the difficulty that the backend uses
        self._worker = worker or Worker("suggestions")
        self._backend: RecommenderBackend | None = None
        self._round = 0  # results of an earlier build are dropped
        self._asked = 0
        self._closed = False
        self._news = False  # used by the thread: no answer includes the newest refit yet
        self._unsure = False  # something was stored while the backend was reading the store
        self._wanted: tuple[int, tuple[str, ...]] | None = (
            None  # count, exclude: to request when the backend is built
        )
        self._answered: tuple[int, tuple[str, ...]] | None = (
            None  # the answered request; None after learning something new
        )
        self.state = IDLE
        self.messages: list[str] = []  # for the player; the app shows and empties it
        self.suggestions: tuple[Suggestion, ...] = ()
        self.outlooks: Mapping[str, Outlook] = {}
        self.beliefs: Beliefs | None = None
        self.dismissed: list[str] = []  # in this session, for undo; newest last

    # Asking

    def prepare(self) -> None:
        """Begin to build the backend, unless that has begun already."""
        if self.state == IDLE:
            self._build()

    def request(self, count: int = SHELF, exclude: Collection[str] = ()) -> None:
        """Request suggestions for the current screen; they arrive between two frames, the old ones stay until then."""
        wanted = (count, tuple(exclude))
        if self._answered is not None and self._answered != wanted:
            self.suggestions = ()
        self._wanted = wanted
        if self.state == IDLE:
            self._build()
        elif self._backend is not None:
            self._ask()

    def request_beliefs(self) -> None:
        """Request the beliefs about the player."""
        self.prepare()
        backend = self._backend
        if backend is not None:
            self._worker.submit(backend.beliefs, self._take_beliefs, self._failed)

    def rebuild(self) -> None:
        """Build the backend again with the current settings (a switch was changed)."""
        if self.state != IDLE:
            self._build()

    @property
    def top(self) -> "Suggestion | None":
        """The best suggestion; None if there is none."""
        return self.suggestions[0] if self.suggestions else None

    @property
    def answered(self) -> bool:
        """Whether the suggestions answer the last request, with everything learnt so far."""
        return self._answered is not None and self._answered == self._wanted

    def poll(self) -> None:
        """Take over arrived results; call it every frame."""
        self._worker.poll()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until every requested result has arrived (tests)."""
        return self._worker.wait(seconds)

    def close(self) -> None:
        """End the backend and its thread."""
        backend, self._backend = self._backend, None
        self._closed = True
        if backend is not None:
            self._worker.submit(backend.close)
            self._worker.wait(CLOSE_SECONDS)
        self._worker.close()

    # Learning. The profile already has the stars, matches and "not for me" when these methods are called

    def learn_rating(self, item: str, stars: float) -> None:
        """Learn stars that were given."""
        self._learn(lambda backend: backend.learn_rating(item, stars))

    def learn_match(self, record: MatchRecord) -> None:
        """Learn a match that was played."""
        self._learn(lambda backend: backend.learn_match(record))

    def dismiss(self, item: str, dismissed: bool = True) -> None:
        """Learn that a level is dismissed, or no longer dismissed."""
        self.dismissed = [name for name in self.dismissed if name != item] + [item] * dismissed
        if dismissed:
            self.suggestions = tuple(each for each in self.suggestions if each.item != item)
        self._learn(lambda backend: backend.dismiss(item, dismissed))

    def learn_grade(self, level: "Level", grade: "Grade") -> None:
        """Learn a level's grade; all outlooks are computed again, the suggestions stay."""
        alike = [entry.name for entry in self._catalogue if _same(entry.level, level)]
        backend, number, items = self._backend, self._round, [entry.name for entry in self._catalogue]
        if backend is None:
            self._unsure = True
            return

        def work() -> "Mapping[str, Outlook]":
            self._news = True
            for item in alike:
                backend.learn_grade(item, grade)
            return _outlooks(backend, items)

        def then(outlooks: "Mapping[str, Outlook]") -> None:
            if number == self._round and self.outlooks:
                self.outlooks = outlooks
                self.suggestions = tuple(self._with_new_outlook(each, alike) for each in self.suggestions)

        if alike:
            self._worker.submit(work, then, self._failed)

    def _with_new_outlook(self, suggestion: "Suggestion", items: Collection[str]) -> "Suggestion":
        """Return a suggestion; if it is one of `items`, with its newest outlook, unless that is for another difficulty."""
        outlook = self.outlooks.get(suggestion.item) if suggestion.item in items else None
        if outlook is None or suggestion.against != outlook.against:
            return suggestion
        return replace(suggestion, stars=outlook.stars, chance=outlook.chance)

    def set_zone(self, low: float, high: float) -> None:
        """From now on suggest levels with these chances to finish."""
        if self.state != IDLE:
            self._pass_setting(lambda backend: backend.set_zone(low, high))

    def set_difficulty(self, difficulty: str) -> None:
        """From now on predict chances at this difficulty."""
        self._difficulty = difficulty
        self._pass_difficulty()

    def _pass_difficulty(self) -> None:
        """Pass the difficulty to the backend, unless it already has it or is not built yet."""
        wanted = self._difficulty
        if self._backend is not None and wanted is not None and wanted != self._predicted:
            self._predicted = wanted
            self._pass_setting(lambda backend: backend.set_difficulty(wanted))

    def reset(self) -> None:
        """Forget the player, as the profile has done."""
        self.dismissed.clear()
        self._learn(lambda backend: backend.reset())

    # The thread

    def _build(self) -> None:
        self._round += 1
        number = self._round
        self._catalogue = self._levels()
        old, build = self._backend, self._plan(lambda: self._catalogue)
        self._backend = self._answered = None
        self._difficulty = None  # the plan has read the settings
        self._unsure = False
        self.state = THINKING

        def work() -> RecommenderBackend:
            if old is not None:
                old.close()
            backend = build()
            if self._closed:
                backend.close()
            return backend

        self._worker.submit(
            work, lambda backend: self._built(backend, number), lambda line: self._not_built(line, number)
        )

    def _built(self, backend: RecommenderBackend, number: int) -> None:
        if number != self._round:
            self._worker.submit(backend.close)
            return
        self._backend = backend
        if self._unsure:
            self._build()
            return
        self._predicted = backend.difficulty
        self._pass_difficulty()
        if self._wanted is None:
            self.state = READY
        else:
            self._ask()
        self.request_beliefs()

    def _not_built(self, reason: str, number: int) -> None:
        if number == self._round:
            self.state = FAILED
        self._failed(reason)

    def _failed(self, reason: str) -> None:
        if reason not in self.messages:
            self.messages.append(reason)

    def _learn(self, learn: Callable[[RecommenderBackend], None]) -> None:
        """Let the backend learn what the profile has stored; one that is not built yet reads it from there."""
        self._answered = None
        backend = self._backend
        if backend is not None:
            self._worker.submit(lambda: learn(backend), failed=self._failed)
        else:
            self._unsure = True

    def _pass_setting(self, learn: Callable[[RecommenderBackend], None]) -> None:
        """Pass a setting to the backend as soon as it is built."""
        self.prepare()
        self._answered = None
        backend = self._backend
        if backend is not None:
            self._worker.submit(lambda: learn(backend), failed=self._failed)
        elif self.state == THINKING and not self._closed:
            self._worker.submit(lambda: None, lambda _: self._pass_setting(learn))

    def _ask(self) -> None:
        """Submit the request; it is skipped if a newer one follows before its turn."""
        levels, before = self._levels(), self._catalogue
        if [_identity(entry) for entry in levels] != [_identity(entry) for entry in before]:
            self._build()  # building reads the store too, so that nothing is learnt twice
            return
        backend, wanted, number = self._backend, self._wanted, self._round
        assert backend is not None
        assert wanted is not None
        self._asked += 1
        asked, known, items = self._asked, self._answered == wanted, [e.name for e in levels]

        def work() -> RecommenderResult:
            self._news = backend.update() or self._news
            if asked != self._asked or (known and not self._news):
                return RecommenderResult(None, {}, backend.take_messages())
            self._news = False
            return RecommenderResult(
                tuple(backend.suggestions(*wanted)), _outlooks(backend, items), backend.take_messages()
            )

        def then(answer: RecommenderResult) -> None:
            for message in answer.messages:
                self._failed(message)
            if answer.suggestions is not None and number == self._round and asked == self._asked:
                self.suggestions, self.outlooks = answer.suggestions, answer.outlooks
                self._answered = wanted
                self.state = READY
                self.request_beliefs()

        def failed(reason: str) -> None:
            if number == self._round:
                self.state = FAILED
            self._failed(reason)

        self._worker.submit(work, then, failed)

    def _take_beliefs(self, beliefs: "Beliefs") -> None:
        self.beliefs = beliefs


def other_difficulty(suggestion: "Suggestion", own: str) -> str:
    """Return the difficulty at which a suggestion is best played, if it differs from the player's own; otherwise ""."""
    return "" if suggestion.against == own else suggestion.against


def _identity(entry: "LevelEntry") -> tuple[object, ...]:
    """Return what identifies a level for the backend."""
    level = entry.level
    if level is None:
        return (entry.name,)
    return (
        entry.name,
        level.digest,
        level.roster,
        level.player_seat,
        level.mood,
        level.difficulty,
        level.title,
    )


def _same(one: "Level | None", other: "Level") -> bool:
    """Return whether both are the same content of the same file."""
    return one is not None and (one.source, one.digest, one.roster) == (
        other.source,
        other.digest,
        other.roster,
    )


def _outlooks(backend: RecommenderBackend, items: Sequence[str]) -> "dict[str, Outlook]":
    """Return the outlooks of levels in the list, which are played at the player's own difficulty."""
    return {item: outlook for item in items if (outlook := backend.outlook(item, own=True)) is not None}


def widen_zone(low: float, high: float, moved: str) -> tuple[float, float]:
    """Return the zone's ends at least NARROWEST_ZONE apart; the end that was not `moved` ("low" or "high") is shifted."""
    if moved == "low":
        return low, round(max(high, low + NARROWEST_ZONE), 4)
    return round(min(low, high - NARROWEST_ZONE), 4), high


def zone_name(low: float, high: float) -> str:
    """Return the name of the preset with these ends, "own" if there is none."""
    return next((name for name, zone in ZONES.items() if zone == (round(low, 4), round(high, 4))), "own")


def plan_backend(
    settings: Settings,
    profile: Profile,
    levels: "Callable[[], Sequence[LevelEntry]]",
    cache: Path | None = None,
) -> Callable[[], RecommenderBackend]:
    """Return the function that builds the backend with the current settings. cache: folder of grades measured on this machine."""
    community = settings.flag("simulated_players")
    difficulty = settings.text("difficulty")
    zone = widen_zone(settings.number("flow_low"), settings.number("flow_high"), "high")

    def build() -> RecommenderBackend:
        from game.player.level_recommender import LevelRecommender

        return LevelRecommender(
            profile, levels, community=community, folder=cache, difficulty=difficulty, zone=zone
        )

    return build
