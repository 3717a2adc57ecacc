"""The list's tab of endless levels: those that fit the player, the nearest to the wished chance first, page by page.

Thousands are graded; only those on the page are drawn. The thread of the grades works out which ones fit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from game.app.browse.level_library import LevelInfo
from game.app.grades.edge import PlayerEdge, fitting_levels, player_edge
from game.app.ui import theme
from game.app.ui.picks import Tabs
from game.app.ui.theme import Colour
from game.app.ui.widgets import Button
from game.core import rules
from game.match.grading.gradebook import shipped_book
from game.player.profile import BestResult

if TYPE_CHECKING:
    from game.app.stage import Stage
    from game.match.grading.endless_shelf import ShelfLevel

PAGE: Final = 24  # levels shown at once
ALL: Final = "all"
PLAYED: Final = "played"
KINDS: Final = (ALL, *rules.OBJECTIVE_NAMES, PLAYED)


class EndlessRequest(NamedTuple):
    """Which levels to show."""

    kind: str
    first: int  # index of the first level
    player: PlayerEdge
    played: tuple[str, ...]


class EndlessPage(NamedTuple):
    """The levels on one page, out of all that fit."""

    infos: tuple[LevelInfo, ...]
    first: int
    total: int  # number of all levels that fit


class EndlessTab:
    """Widgets and levels of the tab. Call all methods in the frame's thread."""

    def __init__(self, stage: "Stage", changed: Callable[[], None]) -> None:
        """`changed` is called when the page has other levels."""
        self.stage = stage
        self._changed = changed
        self.kind = ALL
        self.kinds = Tabs("kind", self._kinds, lambda: self.kind, self._choose)
        self.more = Button("more", lambda: stage.kit.strings("endless.more"), lambda: self._turn(1))
        self.earlier = Button("earlier", lambda: stage.kit.strings("endless.earlier"), lambda: self._turn(-1))
        for button in (self.more, self.earlier):
            button.scrolls = True
        self.page: EndlessPage | None = None  # None: still being worked out
        self._best: Mapping[str, BestResult] = {}
        self._first = 0
        self._asked = 0
        self._player: PlayerEdge | None = None  # the player of the last request
        self._known: dict[str, LevelInfo] = {}  # levels drawn before; used by the thread only

    def look(self, best: Mapping[str, BestResult]) -> None:
        """Show the levels that fit now; `best`: the player's best results, by level."""
        self._best = best
        self._ask()

    def update(self) -> None:
        """Search again when the player's strength is known better; call it every frame while the tab is shown."""
        if self._player != player_edge(self.stage.settings, self.stage.for_you):
            self._ask()

    def text(self) -> str:
        """Return the line about the page: which levels out of how many, or why it is empty."""
        strings, page = self.stage.kit.strings, self.page
        if page is None:
            return strings("endless.thinking")
        if not page.infos:
            return strings("endless.none_played" if self.kind == PLAYED else "endless.none")
        key = "endless.pages_played" if self.kind == PLAYED else "endless.pages"
        return strings(key, first=page.first + 1, last=page.first + len(page.infos), count=page.total)

    @property
    def infos(self) -> Sequence[LevelInfo]:
        """The levels on the page."""
        return self.page.infos if self.page is not None else ()

    def _kinds(self) -> list[tuple[str, str, Colour]]:
        strings = self.stage.kit.strings
        return [
            (name, strings(f"endless.{name}"), theme.CYAN if name == ALL else theme.VIOLET)
            if name in (ALL, PLAYED)
            else (name, strings(f"objective.{name}"), theme.OBJECTIVE_COLOURS[name])
            for name in KINDS
        ]

    def _choose(self, name: str) -> None:
        self.kind, self._first, self.page = name, 0, None
        self._ask()
        self._changed()

    def _turn(self, step: int) -> None:
        self._first = max(0, self._first + step * PAGE)
        self._ask()

    def _ask(self) -> None:
        stage = self.stage
        self._asked += 1
        asked = self._asked
        self._player = player_edge(stage.settings, stage.for_you)
        wanted = EndlessRequest(self.kind, self._first, self._player, tuple(self._best))

        def done(page: EndlessPage) -> None:
            if asked != self._asked:
                return
            self.page, self._first = page, page.first
            self.more.visible = page.first + len(page.infos) < page.total
            self.earlier.visible = page.first > 0
            self._changed()

        stage.grades.shelf(
            lambda levels: stage.grades.submit(lambda: find_page(levels, wanted, self._known), done)
        )


def find_page(
    levels: "Sequence[ShelfLevel]", wanted: EndlessRequest, known: dict[str, LevelInfo]
) -> EndlessPage:
    """Return the levels that fit, the nearest to the middle of the zone first; `known` caches drawn levels."""
    fit = fitting_levels(levels, wanted.player, frozenset(wanted.played))
    if wanted.kind == PLAYED:
        names = [name for name in wanted.played if _drawn(name, known)]
    else:
        kinds = rules.OBJECTIVE_NAMES if wanted.kind == ALL else (wanted.kind,)
        names = [name for _, name in sorted(row for kind in kinds for row in fit[kind])]
    first = min(wanted.first, max(0, len(names) - 1) // PAGE * PAGE)
    drawn = [_drawn(name, known) for name in names[first : first + PAGE]]
    infos = tuple(info for info in drawn if info is not None)
    for info in infos:
        if info.level is not None:
            shipped_book().find(info.level)  # here, as the first access compares the level and takes time
    return EndlessPage(infos, first, len(names))


def _drawn(name: str, known: dict[str, LevelInfo]) -> LevelInfo | None:
    """Return the endless level of a name, drawn once; None if the name belongs to another level."""
    from game.core.levels.catalogue import endless_entry

    if name not in known and (entry := endless_entry(name)) is not None:
        known[name] = LevelInfo(name, entry)
    return known.get(name)
