"""Makes the start-up community: `python -m game.player.community.generate --seed 4 --players 160 --out DIR`.

Every attempt is a match of the game's core on a built-in level, with a bot or a brain in the simulated player's seat and
the usual opposition in the others; its outcome, seconds, deaths and score are the match's. Stars come from the player's
rules of taste and from how those matches went. The same seed gives the same files; with brains in the matches this
holds for the same build of onnxruntime on the same kind of processor.
"""

import argparse
import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from game.core.levels.catalogue import list_levels
from game.core.levels.model import Level
from game.core.sim.contract import rules_hash
from game.match.brain_library import BrainLibrary, shipped_hashes
from game.match.grading.gradebook import grade_key
from game.match.simulation import MatchBatch
from game.player.community import SHIPPED_FOLDER
from game.player.community.lives import Life
from game.player.community.personas import Persona, make_personas
from game.player.level_items import item_of
from recommender.records.kinds import Attempt, Rating
from safefiles.cells import escape_cell
from safefiles.writing import write_atomic

SCHEMA: Final = 1
NOTICE: Final = "SIMULATED: no person gave these stars. Bots and brains played the matches, rules of taste gave the stars."
DEFAULT_SEED: Final = 4
DEFAULT_PLAYERS: Final = 160
RATING_COLUMNS: Final = ("player", "item", "stars", "time")
ATTEMPT_COLUMNS: Final = (
    "player", "item", "outcome", "seconds", "time", "deaths", "retries", "score", "against",
)  # fmt: skip


class Made(NamedTuple):
    """A community in memory, each list by time."""

    personas: list[Persona]
    ratings: list[Rating]
    attempts: list[Attempt]
    levels: dict[str, Level]


def simulate(
    personas: Sequence[Persona],
    levels: dict[str, Level],
    *,
    library: BrainLibrary | None = None,
    on_match: Callable[[], None] = lambda: None,
) -> Made:
    """Let every persona live its evenings, all of them side by side, each in a world of its own."""
    library = library or BrainLibrary()
    items = {name: item_of(level, name) for name, level in levels.items()}
    lives = [Life(persona, items, levels, library) for persona in personas]
    stage = MatchBatch(list(levels.values()), len(lives), library)

    def go_on(number: int) -> None:
        job = lives[number].plan()
        if job is not None:
            stage.begin(number, job)

    for number in range(len(lives)):
        go_on(number)
    while stage.busy:
        for number, result in stage.step():
            lives[number].take(result)
            on_match()
            go_on(number)
    ratings = sorted((r for life in lives for r in life.ratings), key=lambda r: (r.time, r.player))
    attempts = sorted((a for life in lives for a in life.attempts), key=lambda a: (a.time, a.player))
    return Made(list(personas), ratings, attempts, levels)


def builtin_levels() -> dict[str, Level]:
    """Return the built-in levels by name, in the order of the list."""
    return {entry.name: entry.level for entry in list_levels() if entry.level is not None}


def files_of(made: Made, seed: int) -> dict[str, bytes]:
    """Return the content of the files that a community is."""
    return {
        "ratings.csv": _table(RATING_COLUMNS, made.ratings),
        "attempts.csv": _table(ATTEMPT_COLUMNS, made.attempts),
        "card.json": (json.dumps(_card(made, seed), indent=1, ensure_ascii=False) + "\n").encode(),
    }


def _card(made: Made, seed: int) -> dict[str, Any]:
    outcomes = Counter(attempt.outcome for attempt in made.attempts)
    return {
        "schema": SCHEMA,
        "source": "simulated",
        "notice": NOTICE,
        "how": " ".join((__doc__ or "").split("\n\n", 1)[1].split()),
        "command": f"python -m game.player.community.generate --seed {seed} --players {len(made.personas)}",
        "seed": seed,
        "rules": rules_hash(),
        "brains": shipped_hashes(),
        "players": len(made.personas),
        "ratings": len(made.ratings),
        "attempts": len(made.attempts),
        "outcomes": {name: outcomes[name] for name in sorted(outcomes)},
        "characters": dict(sorted(Counter(persona.character for persona in made.personas).items())),
        "levels": {
            name: grade_key(level) for name, level in made.levels.items()
        },  # digest, and the brains named
        "licence": "MIT",
    }


def _table(columns: Sequence[str], records: Sequence[Rating] | Sequence[Attempt]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(getattr(record, column)) for column in columns] for record in records])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else escape_cell(str(value))


def main() -> None:
    """Simulate a community of players and write its files."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    parser = argparse.ArgumentParser(
        prog="python -m game.player.community.generate", description=main.__doc__
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--players", type=int, default=DEFAULT_PLAYERS)
    parser.add_argument("--out", type=Path, default=SHIPPED_FOLDER, help="folder for the three files")
    chosen = parser.parse_args()
    columns = (SpinnerColumn(), TextColumn("{task.completed} matches"), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("matches", total=None)
        made = simulate(
            make_personas(chosen.players, chosen.seed),
            builtin_levels(),
            on_match=lambda: progress.advance(task),
        )
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, content in files_of(made, chosen.seed).items():
        write_atomic(chosen.out / name, content)
        print(f"{chosen.out / name}: {len(content)} bytes")


if __name__ == "__main__":
    main()
