"""The proof that a killed process loses nothing it was told is safe: `python -m tests.fuzz.kills --store settings --kills 500`.

Each round a child process writes to one of the player's files, says over a pipe what was acknowledged, and is killed
with SIGKILL at a random moment. Then the file is opened as the game opens it: it must be sound, without a message, and
hold every acknowledged write. `--progress FILE` keeps the counts, and the same command goes on from there. Stores:
settings, choices, results, ratings, library, replays, runs (training; each kill takes seconds). Needs POSIX.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safefiles.late_writes import LateWrites
from safefiles.writing import remove_temporary_files, write_text
from tests.recommender.store import kill_store
from tests.recommender.store.kill_store import Killer

BATCH: Final = 25  # kills between two looks at the progress file
Acknowledge = Callable[[int], None]


@dataclass(frozen=True)
class Kind:
    """One of the stores. `write` never returns; `check` raises AssertionError where an acknowledged write is missing.

    `prepare` loads what the children need, so that each kill falls into writing and not into imports.
    """

    write: Callable[[Path, str, Acknowledge], None]
    check: Callable[[Path, str, int], None]
    prepare: Callable[[], object] = lambda: None


def expect(right: bool, what: str) -> None:
    """Raise AssertionError unless it is right."""
    if not right:
        raise AssertionError(what)


def write_settings(folder: Path, name: str, acknowledge: Acknowledge) -> None:
    """Change a setting and save, as the settings screen does."""
    from game.player.settings import load_settings

    settings, late = load_settings(folder / "settings.json"), LateWrites([])
    number = 0
    while True:
        settings.set("last_level", f"{name} {number}")
        settings.set("music_volume", number % 20 / 20)
        if late.write(folder / "settings.json", settings.content()):
            acknowledge(number)
        number += 1


def check_settings(folder: Path, name: str, count: int) -> None:
    """The newest acknowledged setting, or one that was not yet acknowledged, and both values of one save."""
    from game.player.settings import load_settings

    settings = load_settings(folder / "settings.json")
    expect(not settings.messages, f"{settings.messages}")
    found, _, number = settings.text("last_level").rpartition(" ")
    if count:
        expect(
            found == name and int(number) >= count - 1, f"{count} saves acknowledged, found {found} {number}"
        )
    if found:
        expect(settings.number("music_volume") == int(number) % 20 / 20, "half a save")


def write_choices(folder: Path, name: str, acknowledge: Acknowledge) -> None:
    """Choose pieces for levels, as the jukebox does; each round its own level."""
    from game.app.sound.level_music import PieceChoices

    choices = PieceChoices(folder / "levels.json")
    number = 0
    while True:
        choices.set(name, str(number))
        acknowledge(number)
        number += 1


def check_choices(folder: Path, name: str, count: int) -> None:
    """The newest acknowledged choice."""
    from game.app.sound.level_music import PieceChoices

    choices = PieceChoices(folder / "levels.json")
    expect(not choices.messages, f"{choices.messages}")
    expect(int(choices.get(name) or -1) >= count - 1, f"{count} acknowledged, found {choices.get(name)!r}")


def write_results(folder: Path, name: str, acknowledge: Acknowledge) -> None:
    """Record matches, as the end of a match does."""
    from game.player.paths import UserFolders
    from game.player.profile import MatchRecord, Profile

    profile = Profile(UserFolders(folder))
    number = 0
    while True:
        profile.record_match(
            MatchRecord(
                f"{name} {number}", "h", "eliminate", "hunter", "rookie", "scout", "won", 1, 60, 1, 0, 0
            )
        )
        if profile.flush():
            acknowledge(number)
        number += 1


def check_results(folder: Path, name: str, count: int) -> None:
    """Every acknowledged match, as a result and as an attempt."""
    from game.player.paths import UserFolders
    from game.player.profile import Profile

    profile = Profile(UserFolders(folder))
    try:
        expect(not profile.messages, f"{profile.messages}")
        wanted = {f"{name} {number}" for number in range(count)}
        attempts = {attempt.item for attempt in profile.repository.attempts()}
        results = set(profile.all_best())
        expect(wanted <= results, f"results lost: {sorted(wanted - results)[:5]}")
        expect(wanted <= attempts, f"attempts lost: {sorted(wanted - attempts)[:5]}")
        expect(attempts <= results, f"attempts without a result: {sorted(attempts - results)[:5]}")
    finally:
        profile.close()


def write_library(folder: Path, name: str, acknowledge: Acknowledge) -> None:
    """Take a piece in, edit it, take the edit back, rename it, over and over; each round its own piece."""
    from dataclasses import replace

    from music.library import Library

    library = Library(folder)
    seed = next(entry.piece for entry in library.entries() if entry.shipped)
    entry = library.add(lambda: replace(seed, title=f"{name} title"))
    number = 0
    while True:
        if number % 3 == 0:
            library.edit(entry.name, _edited)
        elif number % 3 == 1:
            library.undo(entry.name)
        else:
            library.rename(entry.name, f"{name} title {number}")
        acknowledge(number)
        number += 1


def _edited(piece: Any) -> Any:
    from dataclasses import replace

    from music.edits import with_edit

    return with_edit(replace(piece, tempo=piece.tempo + 1), "tempo")


def check_library(folder: Path, name: str, count: int) -> None:
    """The piece as the last acknowledged change, or the one after it, left it."""
    from music.edits import edits_of
    from music.library import Library

    library = Library(folder)
    expect(not library.broken(), f"{library.broken()}")
    own = [
        entry for entry in library.entries() if not entry.shipped and entry.piece.title.startswith(f"{name} ")
    ]
    if count == 0:
        for entry in own:
            library.delete(entry.name)
        return
    expect(len(own) == 1, f"expected one piece of {name}, found {len(own)}")
    (entry,) = own
    _, _, told = entry.piece.title.partition(" title ")
    renamed = int(told) if told else -1
    last = (count - 3) // 3 * 3 + 2 if count >= 3 else -1
    expect(renamed >= last, f"{count} changes acknowledged, the title is of number {renamed}")
    edits, since = len(edits_of(entry.piece)), count - 1 - last
    expect(edits <= 1, f"{edits} edits")
    if renamed == last and since == 2:  # the edit and its undoing were acknowledged
        expect(edits == 0, f"an edit that was taken back, after {count} changes")
    library.delete(entry.name)


def write_replays(folder: Path, name: str, acknowledge: Acknowledge) -> None:
    """Write replays of one match under new names, as the end of a match does."""
    late, data = LateWrites([]), _replay()
    number = 0
    while True:
        if late.write(folder / f"{name.replace(' ', '-')}-{number}.bsr", data):
            acknowledge(number)
        number += 1


_REPLAY: list[bytes] = []


def _replay() -> bytes:
    """A short match as a replay's content; made once, before any child."""
    if not _REPLAY:
        from game.core.levels.catalogue import load_level
        from tests.match.matches import HeadlessMatch

        match = HeadlessMatch(load_level("first_light"))
        recorder = match.record()
        match.run(70)
        _REPLAY.append(recorder.data())
    return _REPLAY[0]


def check_replays(folder: Path, name: str, count: int) -> None:
    """Every acknowledged replay, and every other that is there, whole."""
    from game.match.replay import load_replay

    stem = name.replace(" ", "-")
    for number in range(count):
        expect((folder / f"{stem}-{number}.bsr").exists(), f"replay {number} of {count} is gone")
    for path in folder.glob("*.bsr"):
        load_replay(path)
        path.unlink()
    remove_temporary_files([folder], older=0.0)


def write_runs(folder: Path, name: str, acknowledge: Acknowledge) -> None:
    """Train, or go on training; a checkpoint counts when `run.json` names it."""
    from agents.train import Run, create_run, open_run, train
    from tests.agents.helpers import small_recipe

    save, place = Run.save, folder / "run"

    def saved(run: Run) -> None:
        save(run)
        if run.facts.get("samples"):
            acknowledge(int(run.facts["samples"]))

    Run.save = saved  # type: ignore[method-assign]
    recipe = small_recipe(budget={"samples": 10_000_000})
    train(open_run(place) if (place / "run.json").exists() else create_run(place, recipe))


def check_runs(folder: Path, name: str, count: int) -> None:
    """The newest acknowledged checkpoint or a newer one, whole."""
    from agents.checkpoint import read_checkpoint
    from agents.train import open_run

    if count == 0 and not (folder / "run" / "run.json").exists():
        return
    run = open_run(folder / "run")
    if count:  # an acknowledgement is a number of samples here
        _, values = read_checkpoint(run.latest())
        expect(
            int(values["samples"]) >= count - 1,
            f"{count - 1} samples acknowledged, found {values['samples']}",
        )


STORES: Final = {
    "settings": Kind(write_settings, check_settings),
    "choices": Kind(write_choices, check_choices),
    "results": Kind(write_results, check_results),
    "library": Kind(write_library, check_library),
    "replays": Kind(write_replays, check_replays, _replay),
    "runs": Kind(write_runs, check_runs),
}
NAMES: Final = (*STORES, "ratings")


def prove(store: str, kills: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """Kill writers of one store; return how many writes they had acknowledged. AssertionError with the first loss."""
    if store == "ratings":
        found = kill_store.prove(kills, folder, seed)
        return {"kills": found["kills"], "acknowledged": found["acknowledged"]}
    kind, killer = STORES[store], Killer(seed)
    kind.prepare()
    total, most = 0, 0
    for number in range(kills):
        name = f"round {seed}-{number}"
        count = killer.acknowledged(kind.write, folder, name)
        try:
            kind.check(folder, name, count)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
        total, most = total + count, max(most, count)
    return {"kills": kills, "acknowledged": most if store == "runs" else total}


def go_on(store: str, kills: int, progress: Path | None, place: Path | None) -> dict[str, float]:
    """Prove in batches until so many kills are done, going on from a progress file; return the counts."""
    known: dict[str, dict[str, float]] = {}
    if progress is not None:
        with suppress(FileNotFoundError):
            known = json.loads(progress.read_text(encoding="utf-8"))
    counts = known.setdefault(store, {"kills": 0, "acknowledged": 0, "lost": 0, "seconds": 0.0})
    while counts["kills"] < kills:
        started = time.perf_counter()
        seed = int(counts["kills"])
        with tempfile.TemporaryDirectory(dir=place) as folder:
            found = prove(store, min(BATCH, kills - seed), Path(folder), seed)
        counts["kills"] += found["kills"]
        counts["acknowledged"] += found["acknowledged"]
        counts["seconds"] = round(counts["seconds"] + time.perf_counter() - started, 1)
        if progress is not None:
            write_text(progress, json.dumps(known, indent=1) + "\n")
    return counts


def main() -> None:
    """Run the proof and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=NAMES, action="append")
    parser.add_argument("--kills", type=int, default=500, help="of each store")
    parser.add_argument("--progress", type=Path, help="keeps the counts, to go on from")
    parser.add_argument("--folder", type=Path, help="on the disk to be tried; default: a temporary one")
    arguments = parser.parse_args()
    for store in arguments.store or NAMES:
        try:
            counts = go_on(store, arguments.kills, arguments.progress, arguments.folder)
        except AssertionError as error:
            sys.exit(f"{store}: LOST: {error}")
        print(json.dumps({store: counts}), flush=True)


if __name__ == "__main__":
    if not hasattr(os, "fork"):
        sys.exit("this proof needs a system that forks")
    main()
