"""`LevelGrades`: how hard every level is, for all screens; it grades the other levels while no match runs.

A thread reads and writes grades and evaluates people's attempts; screens get the newest known values between two
frames. Own levels without a grade are played in the background (`BackgroundGrader`), then endless levels
beyond those that ship, while few are left that fit the player.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from game.app.grades.background import BackgroundGrader, NotPlayed
from game.app.grades.edge import PlayerEdge
from game.app.grades.endless_grading import EndlessGrading
from game.app.grades.people_corrections import load_corrections
from game.app.grades.slices import FIRST_SEED, OwnQueue, Slices, key_of
from game.app.worker import Worker
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook, drawn_digest, shipped_book
from game.match.grading.graders import PANEL
from game.player.hardness import GRADING, MEASURED, REGRADING, STALE, Hardness, hardness_of
from game.player.profile import MatchRecord, Profile

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from game.match.grading.endless_shelf import ShelfLevel
    from game.match.grading.grade import Grade
    from game.match.grading.people import Correction

ROUNDS: Final = 4  # rounds of the panel at each difficulty, as for the shipped levels
QUIET_SECONDS: Final = 2.0  # without a match, a key or the mouse, until grading goes on
MOST_DEATHS: Final = 2  # ends of the process during a level after which the level is skipped
MOST_WAIT: Final = 300.0  # seconds until another process starts, if several have ended in a row


@dataclass
class _Loaded:
    """What the thread has read from the cache."""

    book: GradeBook
    corrections: "Mapping[str, Correction]" = field(default_factory=dict)  # by the level's digest


class LevelGrades:
    """Grades for the window. Call all methods in the frame's thread unless they say otherwise."""

    def __init__(
        self,
        folder: Path | None,
        profile: Profile,
        *,
        active: bool = True,
        worker: Worker | None = None,
        grader: BackgroundGrader | None = None,
        edge: Callable[[], PlayerEdge | None] = lambda: None,
        on_grade: "Callable[[Level, Grade], None]" = lambda _level, _grade: None,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`folder`: the player's cache. active: whether levels are graded in the background.

        edge: the player for whom endless levels are graded. on_grade: called with every new grade of an own level. note: called
        with lines for the journal.
        """
        self._folder = folder
        self._profile = profile
        self._active = active
        self._worker = worker or Worker("grades")
        self._grader = grader or BackgroundGrader()
        self._on_grade, self._note = on_grade, note
        self._loaded: _Loaded | None = None
        self._begun = False
        self._levels: dict[str, Level] = {}  # by digest: levels that people may have attempted
        self._learnt = False  # whether all stored attempts are evaluated
        self._queue = OwnQueue()
        self._current: Slices | None = None
        self._endless = EndlessGrading(folder, edge, profile.all_best, self._worker)
        self._failed: set[str] = set()  # keys of levels that could not be played
        self._deaths: dict[str, int] = {}  # ends of the process, by the key of the level
        self._quiet = 0.0
        self._wait = QUIET_SECONDS  # seconds until the next slice begins
        self._found: dict[tuple[str, str, int, int, tuple[str, ...]], Hardness] = {}
        self.changes = 0  # number of changes of the known grades

    def prepare(self) -> None:
        """Read the grades of this machine, in the thread, once."""
        if self._begun:
            return
        self._begun = True
        self._worker.submit(lambda: GradeBook(self._folder), self._take_book)

    def hardness(self, level: "Level") -> Hardness:
        """Return how hard a level is by what is known now."""
        self.prepare()
        brains = tuple(plan.brain for plan in level.roster)
        key = (level.digest, str(level.source or level.name), level.difficulty, level.player_seat, brains)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._hardness(level)
        if found.state != MEASURED and self._is_current(level):
            return found._replace(state=REGRADING if found.state == STALE else GRADING)
        return found

    def _is_current(self, level: "Level") -> bool:
        return self._current is not None and self._current.key == key_of(level)

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
        """Return the grade of an endless level graded on this machine; None if only one of another size has its name."""
        grade = self._endless.grades.get(level.name) if level.source is None else None
        return grade if grade is not None and drawn_digest(level.name) == level.digest else None

    # Learning from people

    def set_levels(self, levels: "Iterable[Level]") -> None:
        """Take over which levels exist; attempts at them correct their grades."""
        listed = {level.digest: level for level in levels}
        self._learnt = self._learnt and listed.keys() <= self._levels.keys()
        self._levels |= listed
        self._learn()

    def learn_match(self, _record: MatchRecord) -> None:
        """Note that a match was stored; it is evaluated at the next `set_levels`."""
        self._learnt = False
        self._endless.recount()

    def learn_rating(self, item: str, stars: float) -> None:
        """Do nothing: stars do not change how hard a level is."""

    def dismiss(self, item: str, dismissed: bool = True) -> None:
        """Do nothing: a dismissal does not change how hard a level is."""

    def reset(self) -> None:
        """Do nothing: results stay, and so do the grades from them."""

    def _learn(self) -> None:
        loaded = self._loaded
        if loaded is None or self._learnt:
            return
        self._learnt = True
        levels, endless, profile = dict(self._levels), self._endless.grades, self._profile

        def work() -> "Mapping[str, Correction]":
            return load_corrections(profile.tries(), levels, loaded.book, endless)

        def then(found: "Mapping[str, Correction]") -> None:
            if found != loaded.corrections:
                loaded.corrections = found
                self._news()

        self._worker.submit(work, then)

    # Grading

    def request(self, levels: "Iterable[Level]") -> None:
        """Request grades for these levels, in this order, if they have none; this replaces the list before.

        A file that is being played comes first, and stays requested although it is not listed.
        """
        self.prepare()
        self._reread()
        self._queue.list(levels)
        if not any(self._is_current(level) for level in (*self._queue.played, *self._queue.listed)):
            self._current = None  # its file has changed, or is gone

    def request_first(self, level: "Level") -> None:
        """Request the grade of one level before all others; the former content of its file is no longer graded."""
        self.prepare()
        self._queue.play(level)
        if not self._is_current(level):
            self._current = None  # the rest of it comes later, or never

    def _reread(self) -> None:
        """Take over grades that another program has measured."""
        loaded = self._loaded
        if loaded is not None:
            self._worker.submit(loaded.book.reread, lambda news: self._news() if news else None)

    def poll(self, seconds: float, *, playing: bool, busy: bool = False) -> None:
        """Take over results and go on. Call it every frame.

        playing: a match runs, so nothing may be graded. busy: the player uses the window, so no slice begins for a while.
        """
        self._worker.poll()
        self._grader.poll()
        if playing or not self._active:
            self._quiet = 0.0
            self._grader.stop()
            return
        self._quiet = 0.0 if busy else self._quiet + seconds
        if self._quiet < self._wait or self._loaded is None or self._grader.busy or self._worker.busy:
            return
        self._go_on()

    def submit(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do `work` on grades in the thread, after earlier jobs; `poll` delivers its result."""
        self._worker.submit(work, then)

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until every requested result is there (tests)."""
        return self._worker.wait(seconds)

    def close(self) -> None:
        """End the grading; complete rounds are kept."""
        self._grader.close()
        self._worker.close()

    def _go_on(self) -> None:
        """Play the next requested slice; if there is none, end the process."""
        if self._current is None:
            self._current = self._next_own()
        if self._current is not None:
            self._play(self._current, self._keep)
            return
        following = self._endless.next()
        if following is not None:
            self._play(following, self._extend)
        elif not self._worker.busy:
            self._grader.stop()

    def _next_own(self) -> Slices | None:
        """Return the next round of an own level; the known rounds decide which one, and its seed."""
        assert self._loaded is not None
        book = self._loaded.book

        def played(level: "Level") -> int:
            grade = book.find(level)
            return 0 if grade is None else min(grade.counts.matches) // len(PANEL)

        def wanted(level: "Level") -> bool:
            return played(level) < ROUNDS and key_of(level) not in self._failed

        level = self._queue.first(wanted)
        return None if level is None else Slices(level, (book.fresh_seed(level, FIRST_SEED),))

    def _play(self, slices: Slices, keep: Callable[[Slices], None]) -> None:
        from game.match.grading.grading_child import slice_request

        difficulty, seed = slices.next

        def then(won: int) -> None:
            self._wait = QUIET_SECONDS
            if slices.take(won):
                keep(slices)

        self._grader.play(
            lambda: slice_request(slices.level, difficulty, seed),
            then,
            lambda found: self._not_played(slices, found),
        )

    def _not_played(self, slices: Slices, found: NotPlayed) -> None:
        """Skip a level that cannot be played, or at which the process ends again and again; the others go on."""
        key = slices.key
        if found.died:
            self._quiet = 0.0
            self._deaths[key] = self._deaths.get(key, 0) + 1
            if self._deaths[key] < MOST_DEATHS:
                return
            # If it ends at one level after the other, no level is the cause: then try less and less often
            self._wait = min(2 * self._wait, MOST_WAIT)
        self._leave_out(slices, found.why)

    def _leave_out(self, slices: Slices, why: object) -> None:
        """Do not play this level again in this run."""
        self._note(f"not graded: {slices.name}: {why}")
        self._failed.add(slices.key)
        self._endless.leave_out(slices)
        if self._current is slices:
            self._current = None

    def _keep(self, slices: Slices) -> None:
        """Add a round to an own level; the first round gives its grade, each later one makes it more exact.

        A level is skipped if a round has changed nothing, as the next round would be the same one, without end.
        """
        level, won, loaded = slices.level, slices.wins(), self._loaded
        assert not isinstance(level, str)
        assert loaded is not None
        if self._current is slices:
            self._current = None

        def work() -> "Grade | None":
            before = loaded.book.find(level)
            grade = loaded.book.keep(level, Counts(won, (len(PANEL),) * len(won)), slices.seeds)
            if before is not None and grade.counts == before.counts:
                again = loaded.book.fresh_seed(level, FIRST_SEED) in slices.seeds
                return None if again else grade  # otherwise another program has counted these matches
            with suppress(OSError):  # it can be measured again
                loaded.book.save()
            return grade

        def then(grade: "Grade | None") -> None:
            if grade is None:
                self._leave_out(slices, "a round has changed nothing")
                return
            self._news()
            self._on_grade(level, grade)

        self._worker.submit(work, then, lambda why: self._leave_out(slices, why))

    # Endless levels

    def shelf(self, then: "Callable[[tuple[ShelfLevel, ...]], None]") -> None:
        """Pass all graded endless levels to `then`; the first time this takes the thread half a second."""
        self.prepare()
        self._endless.shelf(lambda levels: self._take_shelf(levels, then))

    def _take_shelf(
        self, levels: "tuple[ShelfLevel, ...]", then: "Callable[[tuple[ShelfLevel, ...]], None]"
    ) -> None:
        if self._endless.take(levels):
            self._learnt = False
            self._news()
        then(levels)

    def _extend(self, slices: Slices) -> None:
        """Store a graded endless level."""
        if slices.over:
            self._endless.keep(slices, lambda levels: self._take_shelf(levels, lambda _: None))

    def _take_book(self, book: GradeBook) -> None:
        self._loaded = _Loaded(book)
        self._learn()
        self._news()

    def _news(self) -> None:
        self._found.clear()
        self.changes += 1
