"""`KnownGrades`: how hard every level is, for all screens, and the grading of what has no grade while nobody plays.

Reading and writing grades, and what people's attempts say, are work for a thread; screens ask between two frames and get
what is known by then. Own levels without a grade are played in the background (`BackgroundGrader`), then endless levels
beyond those that ship, while few are left that fit the player.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from game.app.grades.background import BackgroundGrader
from game.app.worker import Worker
from game.core.levels.generator import by_name
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook, shipped_book
from game.match.grading.graders import PANEL
from game.player.hardness import GRADING, MEASURED, Hardness, hardness_of
from game.player.profile import MatchRecord, Profile

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from game.match.grading.endless_kept import EndlessKept
    from game.match.grading.grade import Grade
    from game.match.grading.people import Correction

ROUNDS: Final = 4  # of the panel at each difficulty, as of the levels that ship
QUIET_SECONDS: Final = 2.0  # without a match and without a key or a mouse, until the grading goes on
FIRST_SEED: Final = 100  # of slices; others than those of what ships


class _Slices:
    """What is left to be played of one level, a slice at a time."""

    def __init__(self, level: "Level | str", rounds: int, first: int = 0) -> None:
        """`level`, or an endless level's name; `first`: rounds that were played before."""
        self.level = level
        self._todo = [
            (name, FIRST_SEED + number) for number in range(first, rounds) for name in DIFFICULTY_IDS
        ]
        self.won = dict.fromkeys(DIFFICULTY_IDS, 0)
        self.seed = FIRST_SEED  # of the last round

    @property
    def next(self) -> tuple[str, int]:
        """Difficulty and seed of the next slice."""
        return self._todo[0]

    def take(self, won: int) -> bool:
        """Take what the next slice came to; return whether a round is over."""
        name, self.seed = self._todo.pop(0)
        self.won[name] += won
        return name == DIFFICULTY_IDS[-1]

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return not self._todo

    def take_round(self) -> tuple[int, ...]:
        """Return the wins since the last call."""
        found = tuple(self.won.values())
        self.won = dict.fromkeys(DIFFICULTY_IDS, 0)
        return found


class _Extension(NamedTuple):
    """An endless level that is graded to join the shelf."""

    objective: str
    place: int
    slices: _Slices


@dataclass
class _Loaded:
    """What the thread has read."""

    book: GradeBook
    corrections: "Mapping[str, Correction]" = field(default_factory=dict)  # by the level's digest


class KnownGrades:
    """Grades for the window. All methods belong to the frame's thread unless they say otherwise."""

    def __init__(
        self,
        folder: Path | None,
        profile: Profile,
        *,
        active: bool = True,
        worker: Worker | None = None,
        grader: BackgroundGrader | None = None,
    ) -> None:
        """`folder`: the player's cache. active: whether levels are graded in the background."""
        self._folder = folder
        self._profile = profile
        self._active = active
        self._worker = worker or Worker("grades")
        self._grader = grader or BackgroundGrader()
        self._loaded: _Loaded | None = None
        self._begun = False
        self._levels: dict[str, Level] = {}  # by digest, of which people's attempts may be known
        self._learnt = False  # whether people's attempts are known as they are stored
        self._endless: Mapping[str, Grade] = {}  # by name
        self._kept: EndlessKept | None = None  # of the thread
        self._queue: list[Level] = []
        self._current: _Slices | None = None
        self._extension: _Extension | None = None
        self._short: tuple[str, ...] = ()  # objectives of which few endless levels are left
        self._failed: set[str] = set()  # digests that could not be played
        self._quiet = 0.0
        self._found: dict[tuple[str, str, int, int, tuple[str, ...]], Hardness] = {}
        self.changes = 0  # how often what is known has changed

    def prepare(self) -> None:
        """Read what was graded here, in the thread, once."""
        if self._begun:
            return
        self._begun = True
        self._worker.submit(lambda: GradeBook(self._folder), self._take_book)

    def hardness(self, level: "Level") -> Hardness:
        """Return how hard a level is, as far as is known now."""
        self.prepare()
        brains = tuple(plan.brain for plan in level.roster)
        key = (level.digest, str(level.source or level.name), level.difficulty, level.player_seat, brains)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._hardness(level)
        if found.state != MEASURED and self._is_current(level):
            return found._replace(state=GRADING)
        return found

    def _is_current(self, level: "Level") -> bool:
        current = self._current.level if self._current is not None else None
        return current is not None and not isinstance(current, str) and current.digest == level.digest

    def _hardness(self, level: "Level") -> Hardness:
        loaded = self._loaded
        found = hardness_of(level, loaded.book if loaded is not None else shipped_book())
        grade = found.grade or self._kept_grade(level)
        if grade is None:
            return found
        correction = loaded.corrections.get(level.digest) if loaded is not None else None
        corrected = grade if correction is None else correction.of(grade)
        return Hardness(corrected, found.wish, MEASURED)

    def _kept_grade(self, level: "Level") -> "Grade | None":
        """Return the grade of an endless level that was graded here; None for one of the same name in another size."""
        grade = self._endless.get(level.name) if level.source is None else None
        drawn = by_name(level.name) if grade is not None else None
        return grade if drawn is not None and drawn.digest == level.digest else None

    # Learning from people

    def known(self, levels: "Iterable[Level]") -> None:
        """Hear which levels there are; attempts at them correct their grades."""
        listed = {level.digest: level for level in levels}
        self._learnt = self._learnt and listed.keys() <= self._levels.keys()
        self._levels |= listed
        self._learn()

    def played(self, _record: MatchRecord) -> None:
        """Hear of a match that was stored; what it says is worked out when somebody asks (`known`)."""
        self._learnt = False

    def rated(self, item: str, stars: float) -> None:
        """Stars say nothing of how hard a level is."""

    def dismiss(self, item: str, dismissed: bool = True) -> None:
        """Nor does this."""

    def reset(self) -> None:
        """Results stay, and so does what they say of levels."""

    def _learn(self) -> None:
        loaded = self._loaded
        if loaded is None or self._learnt:
            return
        self._learnt = True
        levels, endless = dict(self._levels), self._endless
        records = self._profile.tries()

        def work() -> "Mapping[str, Correction]":
            return _corrections(records, levels, loaded.book, endless)

        def then(found: "Mapping[str, Correction]") -> None:
            loaded.corrections = found
            self._news()

        self._worker.submit(work, then)

    # Grading

    def want(self, levels: "Iterable[Level]") -> None:
        """Let these be graded, in this order, where they have no grade; those that were wanted before are not any more."""
        self.prepare()
        self._queue = list(levels)
        if not any(self._is_current(level) for level in self._queue):
            self._current = None  # its file is another now, or gone

    def wish_first(self, level: "Level") -> None:
        """Let one level be graded before the others that are wanted; what its file held before is not any more."""
        self.prepare()
        waiting = self._queue
        if self._current is not None and not self._is_current(level):
            stopped, self._current = self._current.level, None
            waiting = [stopped, *waiting] if not isinstance(stopped, str) else waiting
        others = [one for one in waiting if one.source is None or one.source != level.source]
        self._queue = [level, *others]

    def poll(self, seconds: float, *, playing: bool, busy: bool = False) -> None:
        """Take what arrived and go on. Call it every frame.

        playing: a match is on, and nothing may be graded. busy: somebody moves something: no slice begins for a while.
        """
        self._worker.poll()
        self._grader.poll()
        if playing or not self._active:
            self._quiet = 0.0
            self._grader.stop()
            return
        self._quiet = 0.0 if busy else self._quiet + seconds
        if self._quiet < QUIET_SECONDS or self._loaded is None or self._grader.busy or self._worker.busy:
            return
        self._go_on()

    def submit(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do work on grades in the thread, after what it has to do; `poll` hands it over."""
        self._worker.submit(work, then)

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until what was asked for is there (tests)."""
        return self._worker.wait(seconds)

    def close(self) -> None:
        """End the grading; whole rounds are kept."""
        self._grader.close()
        self._worker.close()

    def _go_on(self) -> None:
        """Play the next slice of what is wanted; without anything to play, let the process end."""
        if self._current is None:
            self._current = self._next_own()
        if self._current is not None:
            self._play(self._current, self._keep)
            return
        if self._extension is None and self._short and self._kept is not None:
            self._extension = self._next_endless(self._short[0])
        if self._extension is not None:
            self._play(self._extension.slices, self._extend)
        else:
            self._grader.stop()

    def _next_own(self) -> _Slices | None:
        assert self._loaded is not None
        while self._queue:
            level = self._queue.pop(0)
            grade = self._loaded.book.find(level)
            rounds = 0 if grade is None else min(grade.counts.matches) // len(PANEL)
            if rounds < ROUNDS and level.digest not in self._failed:
                return _Slices(level, ROUNDS, rounds)
        return None

    def _play(self, slices: _Slices, keep: Callable[[_Slices], None]) -> None:
        from game.match.grading.grading_child import order

        difficulty, seed = slices.next

        def then(won: int) -> None:
            if slices.take(won):
                keep(slices)

        def failed() -> None:
            if isinstance(slices.level, str):
                self._extension, self._short = None, ()
                return
            self._failed.add(slices.level.digest)
            if self._current is slices:
                self._current = None

        self._grader.play(lambda: order(slices.level, difficulty, seed), then, failed)

    def _keep(self, slices: _Slices) -> None:
        """Add a round to what is known of an own level; it is told with the first, and better with each."""
        level, won, seed, loaded = slices.level, slices.take_round(), slices.seed, self._loaded
        assert not isinstance(level, str)
        assert loaded is not None
        if slices.over and self._current is slices:
            self._current = None

        def work() -> None:
            loaded.book.keep(level, Counts(won, (len(PANEL),) * len(won)), (seed,))
            with suppress(OSError):  # it can be measured again
                loaded.book.save()

        self._worker.submit(work, lambda _: self._news())

    # Endless levels

    def shelf(self, then: "Callable[[Sequence[Any]], None]") -> None:
        """Hand over all graded endless levels, `ShelfLevel`s; grading them takes the thread half a second the first time."""
        self.prepare()

        def work() -> "EndlessKept":
            if self._kept is None:
                from game.match.grading.endless_kept import EndlessKept

                self._kept = EndlessKept(self._folder)
            return self._kept

        def done(kept: "EndlessKept") -> None:
            levels = kept.levels
            if len(levels) != len(self._endless):
                self._endless = {one.name: one.grade for one in levels}
                self._learnt = False
                self._news()
            then(levels)

        self._worker.submit(work, done)

    def short_of(self, objectives: Sequence[str]) -> None:
        """Let new endless levels of these objectives be graded, the first ones first."""
        self._short = tuple(objectives)

    def _next_endless(self, objective: str) -> _Extension | None:
        assert self._kept is not None
        following = self._kept.following(objective)
        if following is None:
            self._short = tuple(name for name in self._short if name != objective)
            return None
        return _Extension(objective, following.place, _Slices(following.name, following.rounds))

    def _extend(self, slices: _Slices) -> None:
        extension, kept = self._extension, self._kept
        if not slices.over or extension is None or kept is None:
            return
        won = slices.take_round()
        self._extension = None
        self._short = (*self._short[1:], *self._short[:1])  # by turns

        def work() -> None:
            with suppress(OSError):
                kept.add(extension.objective, extension.place, won)

        self._worker.submit(work, lambda _: self.shelf(lambda _: None))

    def _take_book(self, book: GradeBook) -> None:
        self._loaded = _Loaded(book)
        self._learn()
        self._news()

    def _news(self) -> None:
        self._found.clear()
        self.changes += 1


def _corrections(
    records: Sequence[MatchRecord],
    levels: "Mapping[str, Level]",
    book: GradeBook,
    endless: "Mapping[str, Grade]",
) -> "Mapping[str, Correction]":
    """Return what people's attempts say of levels, by digest."""
    from game.match.grading.people import PersonAttempt, corrections

    grades: dict[str, Grade] = {}
    for record in records:
        level = levels.get(record.level_hash)
        grade = book.find(level) if level is not None else endless.get(record.level)
        if grade is not None:
            grades[record.level_hash] = grade
    if not grades:
        return {}
    trials = [
        PersonAttempt(
            record.player,
            record.level_hash,
            record.difficulty,
            record.outcome,
            float(record.ticks),
            restarted=after is not None and after.level == record.level and after.retries > record.retries,
        )
        for record, after in zip(records, [*records[1:], None], strict=True)
    ]
    return corrections(trials, grades)
