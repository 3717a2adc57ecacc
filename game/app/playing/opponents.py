"""Who can drive an NPC seat, for the menus: shipped and own brains, scripted bots, and how strong they are.

The work is done by `game.match.npc` (loading, deciding, falling back) and `game.match.strengths` (delay and temperature).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from game.app.playing.choice import MatchChoice
from game.match.brain_library import BOT, MIXED, OWN, SHIPPED, USER, BrainEntry, BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTIES, DIFFICULTY_IDS
from game.match.npc import FallbackNotice, NpcDriver, SeatPolicy
from game.match.squads import squad_of
from game.match.strengths import strength_of
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.app.strings import Strings
    from game.core.levels.model import Level
    from game.player.paths import UserFolders


@dataclass(frozen=True)
class OpponentRow:
    """One line of the opponents' list."""

    id: str
    label: str
    text: str  # its description, or why it cannot be used
    usable: bool = True


class Opponents:
    """The list of opponents, and their names. `strings` is called at each use, as the language may change."""

    difficulty_ids: Final = DIFFICULTY_IDS
    default_difficulty: Final = DEFAULT_DIFFICULTY
    strongest_difficulty: Final = DIFFICULTIES[-1].id

    def __init__(self, folders: "UserFolders", strings: Callable[[], "Strings"]) -> None:
        self._strings = strings
        self.brains = BrainLibrary(folders.brains, cache_dir=folders.cache)
        self._labelled: tuple[Sequence[BrainEntry], str, dict[str, str]] | None = (
            None  # entries, language, labels
        )

    @property
    def rows(self) -> list[OpponentRow]:
        """All opponents, broken ones with the reason."""
        strings = self._strings()
        mixed = OpponentRow(MIXED, strings("brain.mixed"), strings("about.brain.mixed"))
        entries = self.brains.entries()
        labels = self._labels(entries)
        return [mixed, *(self._row(entry, labels[entry.name]) for entry in entries)]

    def refresh(self) -> None:
        """Read the player's folder again."""
        self.brains.refresh()

    def preload(self) -> None:
        """Load the shipped brains ahead of the first match; one that fails shows its error when it is chosen."""
        for entry in self.brains.entries():
            if entry.kind == SHIPPED:
                self.brains.check(entry.name)

    def _row(self, entry: BrainEntry, label: str) -> OpponentRow:
        strings = self._strings()
        if entry.kind == BOT:
            label = strings("brain.bot", name=label)
        text = entry.description
        if strings.has(f"about.brain.{entry.name}") and entry.kind != USER:
            text = strings(f"about.brain.{entry.name}")
        return OpponentRow(
            entry.name, label, text if entry.usable else strings.translate(entry.error), entry.usable
        )

    def _labels(self, entries: Sequence[BrainEntry]) -> dict[str, str]:
        """Return each brain's name for people.

        If a user's brain has the title or name of another one, in any language, its file name is added. Computed once for a
        list and a language, as a match shows names in every frame.
        """
        language = self._strings().language
        if self._labelled is None or self._labelled[0] is not entries or self._labelled[1] != language:
            self._labelled = entries, language, self._make_labels(entries)
        return self._labelled[2]

    def _make_labels(self, entries: Sequence[BrainEntry]) -> dict[str, str]:
        titles = {entry.name: self._title(entry) for entry in entries}
        times = Counter(title for entry in entries for title in {titles[entry.name], entry.title})
        for entry in entries:
            title = titles[entry.name]
            if entry.kind == USER and (times[title] > 1 or entry.name.startswith(OWN)):
                titles[entry.name] = f"{title} ({shown_path(entry.name, 60)})"
        return titles

    def _title(self, entry: BrainEntry) -> str:
        strings = self._strings()
        if entry.kind != USER and strings.has(f"brain.{entry.name}"):
            return strings(f"brain.{entry.name}")
        return entry.title or entry.name.capitalize()

    def find(self, brain: str) -> OpponentRow | None:
        """Return the row of that id."""
        return next((row for row in self.rows if row.id == brain), None)

    def label(self, brain: str) -> str:
        """Return a brain's short name for people; a path shows its file's name."""
        entry = self.brains.named(brain)
        if entry is not None:
            return self._labels(self.brains.entries())[entry.name]
        return shown_path(brain.replace("\\", "/").rpartition("/")[2].removesuffix(".onnx"), 60)

    def caption(self, seats: Mapping[int, str]) -> str:
        """Return the names of all brains in a match, at most three of them."""
        names = list(dict.fromkeys(self.label(brain) for brain in seats.values()))
        return self._strings()("common.list").join(names[:3]) + (" …" if len(names) > 3 else "")

    def resolve(self, name: str) -> str:
        """Return a brain's id or path unchanged. Raises ValueError if there is no such brain or it is broken."""
        if name == MIXED:
            return name
        problem = self.brains.check(name)
        if problem:
            raise ValueError(problem)
        return name

    def difficulties(self) -> list[tuple[str, str]]:
        """Return (id, text) of each difficulty, easy to hard."""
        return [(name, self._strings()(f"difficulty.{name}")) for name in self.difficulty_ids]

    def difficulty_text(self, difficulty: str) -> str:
        """Return the description of a difficulty."""
        return self._strings()(f"about.difficulty.{difficulty}")

    def assign(self, level: "Level", choice: "MatchChoice", human: int | None) -> dict[int, str]:
        """Return the brain of every NPC seat.

        `choice.brains`, if given, go to the NPC seats in order, cycled. In a mixed squad a seat takes the brain that
        its level names.
        """
        squad = squad_of(self.brains, level.objective_name, choice.strength)
        seats: dict[int, str] = {}
        for seat, spawn in enumerate(level.arena.spawns):
            if seat == human:
                continue
            chosen = choice.own_brain if spawn.team == level.own_team else choice.brain
            if choice.brains:
                chosen = choice.brains[len(seats) % len(choice.brains)]
            if chosen == MIXED:
                wanted = self.brains.named(level.roster[seat].brain)
                chosen = wanted.name if wanted and wanted.usable else squad[len(seats) % len(squad)]
            seats[seat] = chosen
        return seats

    def driver(
        self,
        seats: Mapping[int, str],
        count: int,
        difficulty: str,
        seed: int,
        on_notice: Callable[[FallbackNotice], None],
        held: tuple[int, Collection[int]] = (0, ()),
    ) -> NpcDriver:
        """Return the driver of the NPC seats of a match of `count` seats; `held`: ticks, and the seats that hold their fire."""
        policies = {
            seat: SeatPolicy(brain, *strength_of(self.brains, brain, difficulty))
            for seat, brain in seats.items()
        }
        return NpcDriver(
            count,
            policies,
            seed=seed,
            library=self.brains,
            on_notice=on_notice,
            held_fire=held[0],
            held_seats=held[1],
        )
