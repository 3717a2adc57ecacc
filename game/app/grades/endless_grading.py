"""`EndlessGrading`: which endless level is graded next for the player, and when there are enough."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from game.app.grades.edge import PlayerEdge, fitting_levels, short_objectives
from game.app.grades.slices import FIRST_SEED, Slices
from game.app.worker import Worker

if TYPE_CHECKING:
    from game.match.grading.endless_kept import EndlessGrades
    from game.match.grading.endless_shelf import ShelfLevel
    from game.match.grading.grade import Grade

MOST_MISFITS: Final = 40  # misfits in a row after which no more levels of an objective are graded in this run


class _Extension(NamedTuple):
    """An endless level to be graded for the shelf."""

    objective: str
    place: int
    slices: Slices


class _Found(NamedTuple):
    """The thread's result."""

    levels: "tuple[ShelfLevel, ...]"
    fit: Mapping[str, int]  # number of fitting, new levels by objective


class EndlessGrading:
    """Chooses the next endless level to grade.

    A thread finds the objectives with few levels: for another player or difficulty, after a match, after each new level.

    Call all methods in the frame's thread.
    """

    def __init__(
        self,
        folder: Path | None,
        edge: Callable[[], PlayerEdge | None],
        played: Callable[[], Mapping[str, object]],
        worker: Worker,
    ) -> None:
        """`folder`: the player's cache. edge: the player. played: levels the player has tried; callable in any thread."""
        self._folder, self._edge, self._played, self._worker = folder, edge, played, worker
        self._kept: EndlessGrades | None = None  # used by the thread only
        self._of: PlayerEdge | None = None  # the player of `_short`
        self._short: tuple[str, ...] = ()  # objectives with few levels left, the fewest first
        self._left: dict[str, int] = {}  # levels that fit and are new, by objective
        self._misfits: dict[str, int] = {}  # misfits in a row, by objective
        self._out: set[tuple[str, int]] = set()  # objective and place of levels that could not be played
        self._current: _Extension | None = None
        self.grades: Mapping[str, Grade] = {}  # all graded levels, by name

    def recount(self) -> None:
        """Count the fitting levels again: the player has played, so fewer may be left."""
        self._of = None

    def shelf(self, then: "Callable[[tuple[ShelfLevel, ...]], None]") -> None:
        """Pass all graded levels to `then`; the first time this takes the thread half a second."""
        self._worker.submit(lambda: self._shelf().levels, then)

    def take(self, levels: "tuple[ShelfLevel, ...]") -> bool:
        """Take over the graded levels; return whether they have changed."""
        if len(levels) == len(self.grades):
            return False
        self.grades = {one.name: one.grade for one in levels}
        return True

    def next(self) -> Slices | None:
        """Return the remaining slices of the level to grade now; None if enough levels fit, or while this is being worked out."""
        if self._current is None:
            edge = self._edge()
            if edge is None or (self._kept is None and not edge.known):
                return None  # no endless levels were requested yet
            if edge != self._of:
                self._work_out(edge)
            if edge == self._of:
                self._current = self._following()
        return None if self._current is None else self._current.slices

    def keep(self, slices: Slices, then: "Callable[[tuple[ShelfLevel, ...]], None]") -> None:
        """Store a graded level, and find again which objectives have few; pass all graded levels to `then`."""
        done, edge = self._current, self._of
        if done is None or done.slices is not slices:
            return
        self._current = None
        won = slices.wins()

        def work() -> _Found:
            with suppress(OSError):
                self._shelf().add(done.objective, done.place, won)
            return self._look(edge)

        def take(found: _Found) -> None:
            fits = found.fit.get(done.objective, 0) > self._left.get(done.objective, 0)
            self._misfits[done.objective] = 0 if fits else self._misfits.get(done.objective, 0) + 1
            self._take(found)
            then(found.levels)

        self._worker.submit(work, take)

    def leave_out(self, slices: Slices) -> None:
        """Skip this level, which cannot be played."""
        if self._current is not None and self._current.slices is slices:
            self._out.add((self._current.objective, self._current.place))
            self._current = None

    def _shelf(self) -> "EndlessGrades":
        """Return the graded levels; called in the thread."""
        if self._kept is None:
            from game.match.grading.endless_kept import EndlessGrades

            self._kept = EndlessGrades(self._folder)
        return self._kept

    def _look(self, edge: PlayerEdge | None) -> _Found:
        """Count the fitting levels; called in the thread."""
        levels = self._shelf().levels
        if edge is None:
            return _Found(levels, {})
        return _Found(
            levels, {name: len(rows) for name, rows in fitting_levels(levels, edge, self._played()).items()}
        )

    def _work_out(self, edge: PlayerEdge) -> None:
        def take(found: _Found) -> None:
            self._of = edge
            self._misfits.clear()
            self._take(found)

        self._worker.submit(lambda: self._look(edge), take)

    def _take(self, found: _Found) -> None:
        self._left = dict(found.fit)
        self._short = short_objectives(found.fit)

    def _following(self) -> _Extension | None:
        """Return the next level of an objective that has few levels left and can get more."""
        kept = self._kept
        assert kept is not None
        for objective in self._short:
            if self._misfits.get(objective, 0) >= MOST_MISFITS:
                continue
            out = [place for name, place in self._out if name == objective]
            following = kept.following(objective, out)
            if following is not None:
                seeds = range(FIRST_SEED, FIRST_SEED + following.rounds)
                return _Extension(objective, following.place, Slices(following.name, seeds))
        return None
