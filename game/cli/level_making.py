"""The work of `bankshot levels generate`: new levels, with a requested difficulty or without."""

import importlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import floor
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from game.cli.level_changes import SUFFIX, check_folder
from game.cli.level_files import check_tileset, write_levels
from game.cli.levels import DEFAULT_OBJECTIVE
from game.core import rules
from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.families import FAMILIES
from game.core.levels.generator import MAX_SIZE, MAX_TEAM_SIZE, MIN_SIZE, generate
from game.core.levels.model import Level
from game.core.levels.problems import quoted, suggestion
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.grade import MIDDLE, POINTS, normal_cdf
from game.match.grading.gradebook import GradeBook
from game.match.grading.measured_scales import scales
from game.match.making.wish import LEAST_RATE, FoundLevel, LevelWish, WishSearch
from game.player.paths import UserFolders
from safefiles.console import echo, write_json
from safefiles.text import shown_path

HUNDRED: Final = 100.0
SHARE: Final = re.compile(r"(\d+\.?\d*|\.\d+) ?(%?)")


@dataclass(frozen=True)
class GenerateOptions:
    """The options of a call; checked together, so that a mistake is reported before any work.

    share: win rate requested by --win-rate, or None.
    """

    objective: str | None
    from_level: str | None
    win_rate: str | None
    grade: float | None
    difficulty: str | None
    family: str | None
    size: str | None
    teams: str | None
    seed: int
    count: int
    diverse: bool
    share: float | None = field(init=False)

    def __post_init__(self) -> None:
        if self.win_rate is not None and self.grade is not None:
            raise ValueError("--grade: expected one of --win-rate and --grade, found both")
        object.__setattr__(self, "share", parse_win_rate(self.win_rate))
        for name, value, known in (
            ("objective", self.objective, rules.OBJECTIVE_NAMES),
            ("for", self.difficulty, DIFFICULTY_IDS),
            ("family", self.family, FAMILIES),
        ):
            if value is not None and value not in known:
                raise ValueError(
                    f"--{name}: expected one of {', '.join(known)}, found {quoted(value)}{suggestion(value, known)}"
                )
        parse_size(self.size)
        parse_teams(self.teams)
        for name, is_given in (
            ("from", self.from_level is not None),
            ("for", self.difficulty is not None),
            ("diverse", self.diverse),
        ):
            if is_given and not self.wished:
                raise ValueError(f"--{name}: expected --win-rate or --grade with it, found neither")
        if self.from_level is not None:
            self._check_beside_from()
        elif self.seed + self.count > len(ENDLESS_SEEDS) and not self.wished:
            most = len(ENDLESS_SEEDS) - self.seed
            raise ValueError(f"--count: expected at most {most} from seed {self.seed} on, found {self.count}")

    def _check_beside_from(self) -> None:
        for name, value in (("family", self.family), ("size", self.size), ("teams", self.teams)):
            if value is not None:
                raise ValueError(
                    f"--{name}: expected none with --from, which keeps the level's own, found {quoted(value)}"
                )
        if self.diverse:
            raise ValueError("--diverse: expected no --from with it, found one")

    @property
    def wished(self) -> bool:
        """Whether a win rate or a grade is requested."""
        return self.share is not None or self.grade is not None

    def wish(self, objective: str | None = None) -> LevelWish:
        """Return what the search looks for; `objective`: that of the edited level."""
        plays = objective or self.objective or DEFAULT_OBJECTIVE
        rate = self.share if self.grade is None else win_rate_of_difficulty(self.grade, plays)
        assert rate is not None
        return LevelWish(
            plays,
            rate,
            self.difficulty or DEFAULT_DIFFICULTY,
            self.family,
            parse_size(self.size),
            parse_teams(self.teams),
            0 if self.from_level is not None else self.seed,
        )


class MadeFiles(NamedTuple):
    """Where the result is written."""

    out: Path
    force: bool
    json_file: Path | None


def write_drawn(asked: GenerateOptions, target: MadeFiles) -> bool:
    """Write the endless levels of the next seeds; return True, as none can fail."""
    check_folder(target.out)
    objective, size, teams = (
        asked.objective or DEFAULT_OBJECTIVE,
        parse_size(asked.size),
        parse_teams(asked.teams),
    )
    seeds = ENDLESS_SEEDS[asked.seed : asked.seed + asked.count]
    levels = [generate(seed, asked.family, objective, size, teams) for seed in seeds]
    written = write_levels({level.name: level for level in levels}, target.out, force=target.force)
    rows = [
        {"file": shown_path(path), "name": level.name} for path, level in zip(written, levels, strict=False)
    ]
    for row in rows:
        echo(row["file"])
    write_json(target.json_file, {"schema": 1, "levels": rows})
    return True


def write_wished(asked: GenerateOptions, target: MadeFiles) -> bool:
    """Search, write and print the levels found; return whether all of them are near enough to the requested win rate.

    Without `force` an existing level file is not replaced: the new file's name gets a number. Raises MissingExtra if the package
    for MAP-Elites is not installed.
    """
    check_folder(target.out)
    check_tileset(target.out)
    wish = asked.wish()
    diverse = importlib.import_module("game.match.making.diverse").DiverseSearch if asked.diverse else None
    rows: list[dict[str, Any]] = []
    for found, seconds in search_with_progress(
        lambda on_match: (diverse or WishSearch)(wish, on_match=on_match), asked.count
    ):
        path = _write(found.level, target)
        rows.append(found_facts(found, wish, path, seconds))
        echo(found_line(found, wish, path))
    write_json(target.json_file, {"schema": 1, "levels": rows})
    return len(rows) == asked.count and all(row["within"] for row in rows)


def win_rate_of_difficulty(grade: float, objective: str) -> float:
    """Return the panel's win rate on a level of this difficulty (on the players' rating scale).

    Raises ValueError if the rate would be near 0 or 1.
    """
    point = POINTS * scales()[objective].unlike.steep
    rate = normal_cdf((MIDDLE - grade) / point)
    if not LEAST_RATE <= rate <= 1 - LEAST_RATE:
        most = (
            floor(NormalDist().inv_cdf(1 - LEAST_RATE) * point * 10) / 10
        )  # rounded inwards: the printed limits are accepted
        raise ValueError(
            f"--grade: expected {MIDDLE - most:g} to {MIDDLE + most:g} for {objective}, found {grade:g}"
        )
    return rate


def parse_win_rate(text: str | None) -> float | None:
    """Return the win rate from a text such as 0.6 or 60%. Raises ValueError for any other text."""
    if text is None:
        return None
    found = SHARE.fullmatch(text.strip())
    share = float(found[1]) / (HUNDRED if found[2] else 1.0) if found is not None else -1.0
    low, high = LEAST_RATE, 1 - LEAST_RATE
    if not low <= share <= high:
        meant = f"; did you mean {text.strip()}%?" if low <= share / HUNDRED <= high else ""
        raise ValueError(
            f"--win-rate: expected {low:g} to {high:g}, or {HUNDRED * low:.0f}% to {HUNDRED * high:.0f}%, "
            f"found {quoted(text)}{meant}"
        )
    return share


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return width and height from a text such as 24x18. Raises ValueError for any other text."""
    lowest, highest = ("x".join(map(str, sides)) for sides in (MIN_SIZE, MAX_SIZE))
    expected = f"{lowest} to {highest} tiles, such as 24x18"
    return _pair(text, "size", expected, r"(\d{1,3})[xX×](\d{1,3})", (MIN_SIZE, MAX_SIZE))


def parse_teams(text: str | None) -> tuple[int, int] | None:
    """Return the numbers of tanks of both sides from a text such as 1v2. Raises ValueError for any other text."""
    expected = f"1 to {MAX_TEAM_SIZE} tanks on each side, such as 1v2"
    return _pair(text, "teams", expected, r"(\d)[vV](\d)", ((1, 1), (MAX_TEAM_SIZE, MAX_TEAM_SIZE)))


def _pair(
    text: str | None, name: str, expected: str, form: str, ends: tuple[tuple[int, int], tuple[int, int]]
) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(form, text.strip())
    pair = (int(found[1]), int(found[2])) if found is not None else (-1, -1)
    if not all(low <= each <= high for low, each, high in zip(ends[0], pair, ends[1], strict=True)):
        raise ValueError(f"--{name}: expected {expected}, found {quoted(text)}")
    return pair


def search_with_progress(
    search_of: Callable[[Callable[[], None]], WishSearch], count: int
) -> Iterator[tuple[FoundLevel, float]]:
    """Search with a progress bar; the levels found get grades, for lists and suggestions, from the matches that confirmed them.

    search_of: makes the search; its argument is a function to call after each match.
    """
    book = GradeBook(UserFolders.find().cache)
    columns = (SpinnerColumn(), TextColumn("{task.completed} matches"), TimeElapsedColumn())
    begun = time.monotonic()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("matches", total=None)
        search = search_of(lambda: progress.advance(task))
        try:
            for found in search.find(count):
                made = replace(found.level, source=None)  # the edited level is not the file it was made from
                book.keep(made, found.counts, found.seeds)
                yield found, time.monotonic() - begun
                begun = time.monotonic()
        finally:
            book.save()


def _write(level: Level, target: MadeFiles) -> Path:
    """Write a found level; if a file of its name exists and is kept, under a name with a number."""
    name, number = level.name, 1
    while not target.force and (target.out / f"{name}{SUFFIX}").exists():
        number += 1
        name = f"{level.name}-{number}"
    path, *_beside = write_levels({name: level}, target.out, force=target.force)
    return path


def found_line(found: FoundLevel, wish: LevelWish, path: Path) -> str:
    """Return the printed line of a found level."""
    low, high = found.interval(wish.difficulty)
    matches = found.counts.matches[DIFFICULTY_IDS.index(wish.difficulty)]
    told = f"won {100 * found.rate(wish.difficulty):.0f} % [{100 * low:.0f}, {100 * high:.0f}] of {matches} at {wish.difficulty}"
    return f"{shown_path(path)}: {told}{'' if found.kept else '; not near enough'}"


def found_facts(found: FoundLevel, wish: LevelWish, path: Path, seconds: float) -> dict[str, Any]:
    """Return the JSON-able data of a found level."""
    low, high = found.interval(wish.difficulty)
    step = DIFFICULTY_IDS.index(wish.difficulty)
    return {
        "file": shown_path(path),
        "name": found.level.name,
        "place": found.place,
        "wish": wish.rate,
        "for": wish.difficulty,
        "win_rate": round(found.rate(wish.difficulty), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "matches": found.counts.matches[step],
        "within": found.kept,
        "seconds": round(seconds, 1),
    }
