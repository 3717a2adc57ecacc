"""A league on disk: its members, results and ratings.

    league.toml     the settings (`LeagueTable`)
    recipe.toml     the recipe of its learners, with every default written out
    brains/         .onnx files that were added
    snapshots/      LEARNER-001.onnx …: the frozen policy of each stage of a learner
    stages/         the run folder of each stage
    results.jsonl   results of pairs, a line each, only appended

All other state is derived from these files, so that a league killed at any moment continues from them: a stage is a run, which
resumes bit for bit; an incomplete line is left out; a snapshot without matches is played again.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import tomli_w

from agents.errors import RunError
from agents.match_ratings import Result, Strength, pool_results, rate
from agents.recipe import Recipe, in_range
from agents.recipe_reading import build_table, load_recipe, parse_toml
from agents.recipe_text import recipe_to_toml
from safefiles import foreign
from safefiles.text import shown_path
from safefiles.writing import write_text

SETTINGS, RECIPE, RESULTS = "league.toml", "recipe.toml", "results.jsonl"
MAIN, MAIN_EXPLOITER, LEAGUE_EXPLOITER = "main", "main-exploiter", "league-exploiter"
LEARNERS: Final = (MAIN, MAIN_EXPLOITER, LEAGUE_EXPLOITER)
MAX_SETTINGS_BYTES: Final = 64 * 1024
MAX_RESULTS_BYTES: Final = 64 << 20
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SNAPSHOT: Final = re.compile(r"(main|main-exploiter|league-exploiter)-(\d{3})")


@dataclass(frozen=True)
class LeagueTable:
    """`league.toml`.

    `bots` play in it without training; `anchor` is the bot whose rating is fixed. A stage of a learner takes `stage_samples`. A
    new snapshot plays `matches` against every member. An exploiter is frozen, and a new one starts from scratch, once it has
    the share `frozen` of the points against its training opponents, or after `patience` stages. `mirror` is the share of worlds
    in which the main learner plays itself. `kinds` of the env's panel in which matches are rated (empty: the recipe's own
    environment).
    """

    bots: list[str] = field(default_factory=list)
    anchor: str = ""
    learners: list[str] = field(default_factory=lambda: list(LEARNERS))
    stage_samples: int = in_range(1, 10**12, 2_000_000)
    matches: int = in_range(2, 100_000, 64)
    num_worlds: int = in_range(1, 65_536, 64)
    temperature: float = in_range(0.0, 100.0, 0.5)
    frozen: float = in_range(0.5, 1.0, 0.7)
    patience: int = in_range(1, 1000, 3)
    mirror: float = in_range(0.0, 1.0, 0.3)
    kinds: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Member:
    """A member of a league: a bot by its name, or a brain by its file."""

    name: str
    path: Path | None  # None: a bot

    @property
    def learner(self) -> str:
        """The learner of a snapshot; "" for bots and added brains."""
        found = _SNAPSHOT.fullmatch(self.name)
        return found[1] if found else ""


@dataclass(frozen=True)
class League:
    """A league folder."""

    folder: Path
    settings: LeagueTable
    recipe: Recipe

    @property
    def members(self) -> list[Member]:
        """Bots, added brains and snapshots, in this order, each by its name."""
        bots = [Member(name, None) for name in self.settings.bots]
        folders = (self.folder / "brains", self.folder / "snapshots")
        return bots + [
            Member(path.stem, path) for folder in folders for path in sorted(folder.glob("[!.]*.onnx"))
        ]

    def snapshots(self, learner: str) -> list[Member]:
        """A learner's snapshots, oldest first."""
        return [member for member in self.members if member.learner == learner]

    def results(self) -> list[Result]:
        """The results. RunError names a line that is no result; an incomplete last line is left out."""
        path = self.folder / RESULTS
        if not path.exists():
            return []
        data = foreign.read_bytes(path, MAX_RESULTS_BYTES, "results (JSON lines)", RunError)
        whole = data[: data.rfind(b"\n") + 1]
        return [
            _result(line, f"{shown_path(path.name)}, line {number}")
            for number, line in enumerate(whole.splitlines(), 1)
        ]

    def add_results(self, results: Iterable[Result]) -> None:
        """Append results and sync them to disk; an incomplete last line is ended first."""
        path = self.folder / RESULTS
        text = "".join(json.dumps(asdict(one)) + "\n" for one in results)
        with path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":
                    kept = (
                        foreign.read_bytes(path, MAX_RESULTS_BYTES, "results (JSON lines)", RunError).rfind(
                            b"\n"
                        )
                        + 1
                    )
                    file.truncate(kept)
            file.seek(0, os.SEEK_END)
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def ratings(self, kind: str | None = None) -> dict[str, Strength]:
        """Ratings of all members that have played."""
        return rate(self.results(), kind, self.settings.anchor or None)

    def points(self, name: str) -> dict[str, float]:
        """The share of the points that `name` has against each member it met."""
        found: dict[str, float] = {}
        for one in pool_results(self.results()).values():
            if name in (one.first, one.second):
                other = one.second if name == one.first else one.first
                found[other] = one.points if name == one.first else 1.0 - one.points
        return found


def new_league(folder: Path, recipe: Recipe, table: LeagueTable) -> League:
    """Make a league folder. RunError if there is one already, or if the settings contradict each other."""
    if (folder / SETTINGS).exists():
        raise RunError(f"{shown_path(folder)}: already holds a league; run it or choose another folder")
    _check(table, SETTINGS)
    if not recipe.selfplay.enabled:
        raise RunError("recipe: expected [selfplay] enabled = true for a league, found false")
    for part in ("brains", "snapshots", "stages"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    write_text(folder / RECIPE, recipe_to_toml(recipe))
    write_text(folder / SETTINGS, tomli_w.dumps(asdict(table)))
    return League(folder, table, recipe)


def without_exploiters(table: LeagueTable) -> LeagueTable:
    """The same settings without exploiters."""
    return replace(table, learners=[MAIN])


def open_league(folder: Path) -> League:
    """Open an existing league folder. RunError and RecipeError name the file and the place of a fault."""
    path = folder / SETTINGS
    with foreign.refuse_errors(shown_path(folder), f"a league's folder with {SETTINGS}", RunError):
        data = foreign.read_bytes(
            path, MAX_SETTINGS_BYTES, "a league's settings (TOML)", RunError, missing=True
        )
    with foreign.refuse_errors(SETTINGS, "UTF-8 text", RunError):
        text = data.decode("utf-8")
    table = build_table(LeagueTable, parse_toml(text, SETTINGS), SETTINGS)
    _check(table, SETTINGS)
    league = League(folder, table, load_recipe(folder / RECIPE))
    _check_snapshots(league)
    return league


def _check(table: LeagueTable, where: str) -> None:
    for name in table.learners:
        if name not in LEARNERS:
            raise RunError(f"{where} > learners: expected {', '.join(LEARNERS)}, found {name!r:.40}")
    if table.learners[:1] != [MAIN] or len(set(table.learners)) < len(table.learners):
        raise RunError(
            f"{where} > learners: expected {MAIN} first and each once, found {', '.join(table.learners):.80}"
        )
    if table.anchor and table.anchor not in table.bots:
        raise RunError(
            f"{where} > anchor: expected one of the bots {', '.join(table.bots)}, found {table.anchor!r:.40}"
        )


def _check_snapshots(league: League) -> None:
    """Check that each learner's snapshots are numbered from 1 without a gap: each stage starts from the one before."""
    for learner in league.settings.learners:
        numbers = [int(member.name[-3:]) for member in league.snapshots(learner)]
        if numbers != list(range(1, len(numbers) + 1)):
            gap = next(number for number in range(1, max(numbers) + 1) if number not in numbers)
            raise RunError(
                f"{shown_path(league.folder)}: expected snapshots/{learner}-{gap:03d}.onnx, found none; later ones are there"
            )


def checked_name(name: str) -> str:
    """Return a name for an added brain. RunError if it cannot be a file name, or could be a snapshot's."""
    if not _NAME.fullmatch(name) or _SNAPSHOT.fullmatch(name):
        raise RunError(
            f"--name: expected small letters, figures, - and _, and no snapshot's name, found {name!r:.60}"
        )
    return name


def _result(line: bytes, where: str) -> Result:
    row: Any = foreign.parse_json(line, where, RunError)
    names, counts = ("first", "second", "kind"), ("wins", "losses", "draws")
    if not isinstance(row, dict) or set(row) != {*names, *counts}:
        raise RunError(f"{where}: expected {', '.join((*names, *counts))}, found {str(row)[:60]}")
    for name in names:
        if not isinstance(row[name], str):
            raise RunError(f"{where} > {name}: expected text, found {str(row[name])[:40]}")
    for name in counts:
        if type(row[name]) is not int or not 0 <= row[name] <= 10**9:
            raise RunError(f"{where} > {name}: expected a whole number from 0, found {str(row[name])[:40]}")
    return Result(**row)
