"""What an older build kept is opened by today's: settings, stars, results, replays, levels, pieces, brains, a stopped run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agents.runs import change_recipe, open_run
from agents.train import train
from game.app.app import App
from game.app.browse.level_library import LevelLibrary
from game.app.menu.title import TitleScreen
from game.app.playing.choice import MatchChoice
from game.app.playing.launch import open_match, settings_choice
from game.app.window_options import AppOptions
from game.match.brain_library import BrainLibrary
from game.match.replay import load_replay, verify
from game.player.paths import UserFolders
from game.player.profile import Profile
from game.player.settings import load_settings
from music.edits import muted_notes
from music.library import EDITED, GENERATED, KEPT, REJECTED, SHIPPED
from music.library import Library as Pieces

HERE = Path(__file__).parent / "old_build"
SIZE = (640, 360)


@pytest.fixture
def folders(tmp_path: Path) -> UserFolders:
    return UserFolders(Path(shutil.copytree(HERE / "user", tmp_path / "user")))


@pytest.fixture
def profile(folders: UserFolders) -> Iterator[Profile]:
    profile = Profile(folders)
    yield profile
    profile.close()


def test_settings_are_as_they_were(folders: UserFolders) -> None:
    settings = load_settings(folders.settings)
    assert settings.messages == []
    assert settings.text("language") == "zh"
    assert settings.number("music_volume") == pytest.approx(0.35)
    assert settings.number("screen_shake") == pytest.approx(0.4)
    assert (settings.text("difficulty"), settings.text("last_level")) == ("rookie", "foundry")


def test_stars_marks_and_results_are_as_they_were(profile: Profile) -> None:
    assert profile.all_ratings() == {"first_light": 4, "foundry": 5}
    assert profile.repository.dismissed(profile.player) == {"maelstrom"}
    best = profile.best("first_light")
    assert best is not None
    assert (best.played, best.won) == (1, 0)
    assert profile.last_outcomes(5) == [("lost", "rookie")]
    assert profile.rate("foundry", 3)
    assert profile.all_ratings()["foundry"] == 3
    assert profile.flush()
    assert profile.messages == []


@pytest.mark.parametrize("name", sorted(path.name for path in (HERE / "user" / "replays").iterdir()))
def test_a_replay_is_the_same_match(folders: UserFolders, name: str) -> None:
    replay = load_replay(folders.replays / name)
    assert verify(replay).ok


def test_a_level_a_brain_and_the_pieces_are_there(folders: UserFolders) -> None:
    info = LevelLibrary(folders).find("yard")
    assert info is not None
    assert info.level is not None
    brain = BrainLibrary(folders.brains).named("half")
    assert brain is not None
    assert not brain.error
    pieces = Pieces(folders.music)
    own = {entry.piece.title: entry for entry in pieces.entries() if entry.state != SHIPPED}
    assert {title: entry.state for title, entry in own.items()} == {
        "Kept one": KEPT, "Edited one": EDITED, "Rejected one": REJECTED, "A candidate": GENERATED,
    }  # fmt: skip
    edited = own["Edited one"]
    assert edited.piece.tempo == 133.0
    assert set(muted_notes(edited.piece)) == {"bass"}
    assert set(muted_notes(pieces.undo(edited.name).piece)) == set()
    assert pieces.undo(edited.name).piece.tempo != 133.0
    assert not pieces.broken()


def test_the_window_opens_on_it_and_plays(folders: UserFolders) -> None:
    app = App(AppOptions(size=SIZE), folders, load_settings(folders.settings), real=False)
    try:
        app.push(TitleScreen(app))
        app.warm.start()
        assert app.warm.wait(120)
        assert app.kit.strings.language == "zh"
        yard = app.library.find("yard")
        assert yard is not None
        open_match(app, yard, settings_choice(app, watch=False))
        for _ in range(30):
            app.frame(0.2)
        app.back(levels=len(app.stack) - 1)
        for path in sorted(folders.replays.iterdir()):
            replay = load_replay(path)
            shown = app.library.find(replay.level.name)
            assert shown is not None
            open_match(app, shown, MatchChoice(watch=True, replay=replay))
            for _ in range(5):
                app.frame(0.2)
            app.back(levels=len(app.stack) - 1)
        assert app.for_you.wait()
    finally:
        app.close()
    assert not folders.crashes.exists()
    assert load_settings(folders.settings).number("music_volume") == pytest.approx(0.35)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE / "run", tmp_path / "run"))
    run = open_run(folder)
    assert (run.facts["status"], run.facts["samples"]) == ("stopped", 1536)
    change_recipe(run, ["budget.samples=2048"])
    done = train(run)
    assert (done.facts["status"], done.facts["samples"]) == ("done", 2048)
    assert np.isfinite([row["loss"] for row in done.facts["evaluation"] if "loss" in row]).all()
