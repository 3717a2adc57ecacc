"""How the product reads each format: from the file to the point where its content is used.

A reader gets a folder with the mutant and returns what the product told of it (empty: nothing was wrong), or raises the
product's refusal. What it asserts afterwards holds for whatever was read: that it can be used, written and read again.
"""

import contextlib
import random
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

Told = list[str]


# Levels and replays


def level(folder: Path) -> Told:
    """The list of levels, then the level itself: its facts, and five ticks of a match on it."""
    from game.core.levels.catalogue import list_levels
    from game.core.levels.tmj import read_level
    from game.player.level_items import item_of

    entries = [entry for entry in list_levels(folder) if not entry.builtin]
    (path,) = [entry.path for entry in entries]
    assert path.stem == "mutant"
    found = read_level(path)
    assert entries[0].playable
    item_of(found)
    play(found, 5)
    return []


def play(found: Any, ticks: int) -> None:
    """Begin a match with bots in every seat and play it for so many ticks."""
    from game.match.npc import SeatPolicy
    from tests.match.matches import HeadlessMatch

    match = HeadlessMatch(found)
    match.drive_all(SeatPolicy("chaser", 6))
    match.run(ticks)


def replay(folder: Path) -> Told:
    """Read it and play it against its own marks: whatever it says, verification ends with a verdict."""
    from game.match.replay import load_replay, verify

    found = load_replay(folder / "mutant.bsr")
    report = verify(found)
    assert report.line
    return [] if report.ok else [report.line]


# Models


def brain(folder: Path) -> Told:
    """The list of brains, the file's own facts on a terminal, then the policy, asked once."""
    from agents.runtime import BrainFailure, load_brain
    from game.match.brain_library import BrainLibrary, game_contract

    entries = [entry for entry in BrainLibrary(folder).entries() if entry.kind == "user"]
    assert [entry.name for entry in entries] == ["mutant"]
    path = folder / "mutant.onnx"
    shown = inspected(path)
    loaded = load_brain(path, game_contract())
    assert entries[0].usable
    assert shown == 0
    with contextlib.suppress(BrainFailure):  # the game falls back on a bot
        loaded.logits(np.zeros((2, loaded.contract.observation_size), np.float32))
    return []


def inspected(path: Path) -> int:
    """The exit code of `agents inspect FILE`; whatever it raises but an exit."""
    from typer.testing import CliRunner

    from agents.cli import app

    result = CliRunner().invoke(app, ["inspect", str(path)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1, 2)
    for line in result.output.splitlines():
        assert line.isprintable(), f"agents inspect printed {line!r:.200}"
    return result.exit_code


def parent(folder: Path) -> Told:
    """A brain as the beginning of a training."""
    from agents.parents import policy_from_brain

    policy_from_brain(folder / "mutant.onnx")
    return []


def generator(folder: Path) -> Told:
    """A generator of music, asked once."""
    from music.generators import contract as co
    from music.generators.files import load_generator

    (path,) = folder.glob("*.onnx")
    loaded = load_generator(path, path.stem)
    loaded(np.zeros((1, co.PARTS[path.stem].input_size), np.float32))
    return []


# Tensors and run folders of agents


def tensors(folder: Path) -> Told:
    """Named arrays; what was read can be written again."""
    from agents.tensors import dump_tensors, load_tensors

    arrays, metadata = load_tensors(folder / "mutant.safetensors")
    dump_tensors(arrays, metadata)
    return []


@contextlib.contextmanager
def own_chance() -> Iterator[None]:
    """Loading a checkpoint sets the generators of the whole process; they are put back afterwards."""
    import torch

    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        torch.set_rng_state(before[2])


@cache
def _learner(selfplay: bool) -> Any:
    """A learner with an env of this game, as `resume` builds it."""
    import tempfile

    from rich.console import Console

    from agents.train import _Session, create_run
    from tests.fuzz.samples import duel_recipe

    folder = Path(tempfile.mkdtemp(prefix="fuzz-learner-"))
    return _Session(create_run(folder / "run", duel_recipe(selfplay)), Console(quiet=True))


def checkpoint(folder: Path) -> Told:
    """A checkpoint put into a learner and its env, which then goes on for a few steps."""
    import torch

    from agents.checkpoint import load_checkpoint, read_checkpoint

    (path,) = (folder / "checkpoints").iterdir()
    _, values = read_checkpoint(path)
    session = _learner("selfplay" in values)
    if (folder / "pool").exists():
        shutil.copytree(folder / "pool", session.run.folder / "pool", dirs_exist_ok=True)
    with own_chance(), torch.no_grad(), np.errstate(all="ignore"):
        load_checkpoint(path, session.model)
        env = session.env.env
        for _ in range(6):
            env.step(np.zeros(env.action_space.shape, np.int64))
    return []


def agent_run(folder: Path) -> Told:
    """A run folder: opened, its curve read, taken as the parent of another run."""
    from agents.curve import Curve
    from agents.train import open_run, policy_from_run

    run = open_run(folder)
    Curve.load(folder, 10**9)
    run.latest()
    policy_from_run(folder)
    return []


def agent_resume(folder: Path) -> Told:
    """A run folder as `resume` takes it up, without training on."""
    from rich.console import Console

    from agents.train import _Session, open_run

    with own_chance():
        session = _Session(open_run(folder), Console(quiet=True))
        session.env.close()
    return []


def agent_recipe(folder: Path) -> Told:
    """A recipe: checked, and written out again as it was understood."""
    from agents.recipe_reading import load_recipe, parse_toml, recipe_from
    from agents.recipe_text import recipe_to_toml

    recipe = load_recipe(folder / "mutant.toml")
    again = recipe_from(parse_toml(recipe_to_toml(recipe), "again.toml"), "again.toml")
    assert recipe_to_toml(again) == recipe_to_toml(recipe)
    return []


# What a player's folder holds


def settings(folder: Path) -> Told:
    """Settings: whatever was in the file, they can be used, saved and read again."""
    from game.app.input.actions import Bindings
    from game.player.settings import load_settings

    found = load_settings(folder / "settings.json")
    bindings = Bindings(found.bindings)
    found.set("music_volume", 0.25)
    found.save()
    again = load_settings(folder / "settings.json")
    assert again.messages == [message for message in again.messages if "bindings" in message]
    assert again.number("music_volume") == 0.25
    return [*found.messages, *bindings.problems]


def choices(folder: Path) -> Told:
    """Which piece was chosen for which level: one more can be chosen and is there afterwards."""
    from game.app.sound.level_music import PieceChoices

    found = PieceChoices(folder / "levels.json")
    found.set("keep", "redline")
    assert PieceChoices(folder / "levels.json").get("keep") == "redline"
    return found.messages


def piece(folder: Path) -> Told:
    """A piece in the library: listed, renamed, edited, taken back, exported, measured; its notes are not rendered."""
    from music.edits import with_muted, with_tempo
    from music.library import Library
    from music.metrics.pieces import measure_piece
    from music.piece import read_piece

    read_piece(folder / "mutant.piece.json")
    library = Library(folder, shipped=None)
    (entry,) = library.entries()
    assert not library.broken()
    told: Told = []
    for change in (
        lambda: library.rename(entry.name, "Another title"),
        lambda: library.edit(entry.name, lambda each: with_tempo(each, 100.0)),
        lambda: library.edit(entry.name, lambda each: with_muted(each, "drums")),
        lambda: library.undo(entry.name),
        lambda: library.export_midi(entry.name),
        lambda: measure_piece(library.entry(entry.name).piece),
    ):
        told += _refused(change)
    return told


def _refused(work: Any) -> Told:
    """Do it; the words of music's refusal, where it refuses."""
    from music.errors import MusicError

    try:
        work()
    except MusicError as error:
        return [str(error)]
    return []


def midi(folder: Path) -> Told:
    """A MIDI file: imported into the library, exported, imported again as an edit; measured; as training music."""
    from music.corpus.codec import encode_score
    from music.corpus.score import score_of_song
    from music.library import Library
    from music.metrics.pieces import measure_piece
    from music.midi.reader import read_midi

    data = (folder / "mutant.mid").read_bytes()
    told = _refused(lambda: encode_score(score_of_song(read_midi(data, "a.mid"), "a", "a.mid"), 0, False))
    library = Library(folder / "library", shipped=None)
    entry = library.import_midi(folder / "mutant.mid")
    path = library.export_midi(entry.name)
    _refused(lambda: library.import_midi(path))  # nothing was edited, so this is refused for most
    return told + _refused(lambda: measure_piece(entry.piece))


def feedback(folder: Path) -> Told:
    """A store of ratings: read, written to, opened again; what it acknowledged is there."""
    from recommender.records.kinds import Rating
    from recommender.store import Store

    store = Store(folder / "feedback.sqlite")
    for read in (store.players, store.items, store.ratings, store.attempts, store.plays, store.shown):
        assert isinstance(read(), list)
    store.dismissed("player 0")
    before = set(store.ratings("ann"))
    rating = Rating("ann", "foundry", 4.0, 4e9)
    kept = store.put_ratings([rating]) and store.path is not None
    store.close()
    again = Store(folder / "feedback.sqlite")
    if kept:
        assert rating in again.ratings("ann"), (
            f"an acknowledged rating is gone: {store.messages} {again.messages}"
        )
        assert before <= {*again.rating_history("ann")}
    again.close()
    return store.messages


def results(folder: Path) -> Told:
    """The player's profile: its records read, a match and stars added, opened again; what it acknowledged is there."""
    from game.player.paths import UserFolders
    from game.player.profile import MatchRecord, Profile

    folders = UserFolders(folder)
    profile = Profile(folders)
    best = profile.all_best()
    played = best["keep"].played if "keep" in best else 0
    profile.all_ratings()
    record = MatchRecord(
        "keep", "ab" * 32, "eliminate", "hunter", "regular", "ranger", "won", 9, 600, 1, 0, 0, time=4e9
    )
    kept = profile.record_match(record) and profile.rate("keep", 5)
    kept = profile.flush() and kept
    told = list(profile.messages)
    profile.close()
    again = Profile(folders)
    in_memory = any("cannot be" in message or "newer" in message for message in told)
    if kept and not in_memory:
        found = again.best("keep")
        assert found is not None, f"an acknowledged match is gone: {told} {again.messages}"
        assert found.played == played + 1, f"an acknowledged match is gone: {told} {again.messages}"
        assert again.rating("keep") == 5
    again.close()
    return told


def mark(folder: Path) -> Told:
    """What a cache says went well: only the very setting counts."""
    from safefiles.remembered import is_remembered
    from tests.fuzz.samples import MARK

    return [] if is_remembered(folder, "mark", MARK) else ["mark: not remembered"]


# Music: training


def windows(folder: Path) -> Told:
    """Windows of a corpus."""
    from music.windows import read_windows, to_bytes

    to_bytes(read_windows(folder / "windows-train.npz"))
    return []


def fingerprints(folder: Path) -> Told:
    """Fingerprints, asked about a piece."""
    from music.copying import read_fingerprints
    from music.piece import piece_from_json
    from tests.fuzz.samples import pieces

    found = read_fingerprints(folder / "fingerprints.npz")
    found.nearest(piece_from_json(pieces()[0]["mutant.piece.json"], "x"))
    return []


def corpus(folder: Path) -> Told:
    """A corpus folder: its manifest and windows."""
    from music.corpus.manifest import manifest_to_json
    from music.learning.run import read_corpus

    manifest_to_json(read_corpus(folder).manifest)
    return []


def wad(folder: Path) -> Told:
    """Freedoom's music out of a WAD or an archive of them, read as notes."""
    from music.corpus.score import score_of_song
    from music.corpus.sources import freedoom_files
    from music.midi.reader import read_midi

    (path,) = folder.iterdir()
    told: Told = []
    for file in freedoom_files(path):
        data = file.read()
        told += _refused(
            lambda data=data, label=file.label: score_of_song(read_midi(data, label), label, label)
        )
    return told


def music_recipe(folder: Path) -> Told:
    """A recipe of music, also with another seed."""
    from music.learning.recipe import read_recipe, with_seed

    with_seed(read_recipe(str(folder / "mutant.toml")), 7)
    return []


def music_run(folder: Path) -> Told:
    """A run folder of music: opened, its curve read, its checkpoint put into a trainer."""
    from music.learning.curve import Curve
    from music.learning.run import Run, read_checkpoint
    from tests.fuzz.samples import chords_trainer

    run = Run.open_run(folder)
    assert isinstance(run.facts()["seconds"], dict)
    Curve(folder, "chords").forget_after(2)
    arrays = read_checkpoint(run.checkpoint("chords"))
    with own_chance():
        chords_trainer().load(arrays)
    return []


# Tables of the recommender


def table(folder: Path) -> Told:
    """A table of ratings."""
    from recommender.records.tables import read_ratings

    (path,) = folder.iterdir()
    read_ratings(path, repeated="last")
    return []


def side_table(folder: Path) -> Told:
    """What a table says of items."""
    from recommender.records.side_tables import read_features

    (path,) = folder.iterdir()
    read_features(path, [f"level {n}" for n in range(20)]).standardised()
    return []


def records(folder: Path) -> Told:
    """Records that somebody exported: what was read goes into a store."""
    from recommender.store import Store
    from recommender.store.exchange import read_records

    (path,) = folder.iterdir()
    found = read_records(path)
    store = Store(None)
    store.put_all(items=found.items, ratings=found.ratings, attempts=found.attempts)
    assert len(store.rating_history()) == len(found.ratings)
    store.close()
    return found.bad[:20]  # a line for each bad row; the command shows the first few


def community(folder: Path) -> Told:
    """A start-up community, learnt from."""
    from recommender.advisor.community import Community

    found = Community.read(folder)
    assert isinstance(found.players, tuple)
    return []
