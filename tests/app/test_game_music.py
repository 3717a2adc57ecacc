"""The game's music follows screens and matches, off the frame's thread, and is silent where it cannot play."""

import threading
from collections.abc import Iterator

import pytest

from game.app.app import App
from game.app.browse.screen import LevelsScreen
from game.app.jukebox.studio import Jukebox
from game.app.playing.launch import open_match, settings_choice
from game.app.playing.results import ResultsScreen
from game.app.playing.screen import PlayScreen
from game.app.sound.audio import Music
from game.app.sound.game_music import FIRST_FRAMES, MENU_INTENSITY, MENU_KEY, GameMusic
from game.core.levels.catalogue import load_level
from game.core.sim import state as st
from game.player.paths import UserFolders
from music.errors import GeneratorRefused
from music.piece import Piece
from tests.app.conftest import Hands
from tests.music.fakes import fake_generators


class FakeTrack:
    """Notes what it is told."""

    def __init__(self, piece: Piece, intensity: float, volume: float) -> None:
        self.piece = piece
        self.intensity, self.volume = intensity, volume
        self.told: list[object] = []
        self.playing = False
        self.thread = ""

    def start(self) -> None:
        self.playing = True
        self.thread = threading.current_thread().name

    def set_intensity(self, intensity: float) -> None:
        self.intensity = intensity

    def set_volume(self, volume: float) -> None:
        self.volume = volume

    def cue(self, name: str) -> bool:
        self.told.append(("cue", name))
        return True

    def duck(self, amount: float, seconds: float) -> None:
        self.told.append(("duck", amount))

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")

    def stop(self, fade: float = 1.0, *, ending: bool = False) -> None:
        self.told.append(("stop", "ending" if ending else "fade"))
        self.playing = ending

    def close(self) -> None:
        self.told.append("close")
        self.playing = False


class Rig:
    """A `GameMusic` that composes with untrained generators and plays on tracks that note what they are told."""

    def __init__(self, folders: UserFolders, *, audible: bool = True, generators: bool = True) -> None:
        def load_generators() -> object:
            if not generators:
                raise GeneratorRefused("generator 'chords.onnx': cannot be read")
            return fake_generators()

        self.tracks: list[FakeTrack] = []
        self.jukebox = Jukebox(folders, load_generators=load_generators)  # type: ignore[arg-type]
        self.music = GameMusic(self.jukebox, audible=audible, make=self.make)  # type: ignore[arg-type]

    def make(self, piece: Piece, intensity: float, volume: float) -> FakeTrack:
        self.tracks.append(FakeTrack(piece, intensity, volume))
        return self.tracks[-1]

    def settle(self, frames: int = FIRST_FRAMES) -> None:
        """Let frames pass and the worker finish."""
        for _ in range(frames):
            self.music.update()
        assert self.jukebox.worker.wait()

    @property
    def track(self) -> FakeTrack:
        assert self.music.track is self.tracks[-1]
        return self.tracks[-1]

    def close(self) -> None:
        self.jukebox.close()
        self.music.close()


@pytest.fixture
def rig(folders: UserFolders) -> Iterator[Rig]:
    rig = Rig(folders)
    yield rig
    rig.close()


LEVEL = load_level("first_light")
OTHER = load_level("foundry")


def test_the_title_comes_first(rig: Rig) -> None:
    rig.music.menu()
    for _ in range(FIRST_FRAMES - 1):
        rig.music.update()
    assert not rig.jukebox.worker.busy
    rig.settle(1)
    assert rig.track.intensity == MENU_INTENSITY
    assert rig.track.thread == "music"


def test_a_level_has_its_piece_and_begins_calm(rig: Rig) -> None:
    rig.music.menu()
    rig.settle()
    menu = rig.track
    rig.music.level(LEVEL, "first_light")
    assert menu.told == [("stop", "fade")]
    rig.settle()
    assert rig.track.piece != menu.piece
    assert rig.track.intensity == 0.0
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    assert len(rig.tracks) == 2


def test_it_follows_the_fight(rig: Rig) -> None:
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    rig.music.set_intensity(0.8)
    assert rig.track.intensity == 0.8
    rig.music.pause(True)
    assert rig.track.intensity == 0.1
    rig.music.pause(False)
    assert rig.track.intensity == 0.8
    rig.music.duck(0.4, 0.3)
    rig.music.boss()
    rig.music.boss()
    assert rig.track.told == [("duck", 0.4), ("cue", "boss")]


def test_a_boss_before_the_music_is_ready_is_not_forgotten(rig: Rig) -> None:
    rig.music.level(LEVEL, "first_light")
    rig.music.boss()
    rig.settle()
    assert rig.track.told == [("cue", "boss")]


def test_a_restart_goes_back_to_the_theme(rig: Rig) -> None:
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    rig.music.boss()
    rig.music.level(LEVEL, "first_light")
    assert rig.track.told == [("cue", "boss"), ("cue", "theme")]
    rig.music.boss()
    assert rig.track.told[-1] == ("cue", "boss")


def test_a_match_ends_with_the_ending_and_another_begins_anew(rig: Rig) -> None:
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    first = rig.track
    rig.music.outcome()
    assert first.told == [("stop", "ending")]
    rig.music.level(LEVEL, "first_light")
    assert first.told == [("stop", "ending"), ("stop", "fade")]
    rig.settle()
    assert rig.track is not first


def test_of_two_wishes_the_later_counts(rig: Rig) -> None:
    rig.settle()
    rig.music.level(LEVEL, "first_light")
    rig.music.update()
    rig.music.level(OTHER, "foundry")
    rig.settle()
    assert [track.playing for track in rig.tracks] == [False, True]
    assert rig.track.piece == rig.tracks[1].piece


def test_the_volume_follows_and_silence_composes_nothing(rig: Rig) -> None:
    rig.music.set_volume(0.0)
    rig.music.menu()
    rig.settle()
    assert rig.tracks == []
    rig.music.set_volume(0.5)
    rig.settle()
    assert rig.track.volume == 0.5
    rig.music.set_volume(0.3)
    assert rig.track.volume == 0.3


def test_the_background_is_silent(rig: Rig) -> None:
    rig.music.menu()
    rig.music.set_background(True)
    rig.settle()
    assert rig.track.told == ["pause"]
    rig.music.set_background(False)
    assert rig.track.told == ["pause", "resume"]


def test_it_makes_way_for_an_audition_and_comes_back(rig: Rig) -> None:
    rig.music.menu()
    rig.settle()
    rig.music.hold(True)
    rig.settle()
    assert rig.music.track is None
    assert len(rig.tracks) == 1
    rig.music.hold(False)
    rig.settle()
    assert rig.music.key == MENU_KEY
    assert rig.track.playing


def test_a_new_choice_is_heard_in_the_next_match(rig: Rig) -> None:
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    entry = rig.jukebox.library().add(lambda: rig.tracks[0].piece)
    rig.jukebox.choices.set("first_light", rig.jukebox.library().rename(entry.name, "Chosen").name)
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    assert rig.track.piece.title == "Chosen"


def test_without_generators_it_is_silent_and_says_why(
    folders: UserFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("music.library.SHIPPED_PIECES", folders.root / "none")
    rig = Rig(folders, generators=False)
    rig.jukebox.library()._shipped = None
    rig.jukebox.library().refresh()
    rig.music.menu()
    rig.settle()
    assert rig.tracks == []
    assert rig.music.problem == "music: expected generators or shipped pieces, found neither"
    assert rig.jukebox.problem == "generator 'chords.onnx': cannot be read"
    rig.music.boss()
    rig.music.outcome()
    rig.close()


def test_without_a_sound_card_nothing_is_loaded(folders: UserFolders) -> None:
    rig = Rig(folders, audible=False)
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    assert rig.tracks == []
    assert rig.jukebox._library is None
    rig.close()


def test_closing_silences_everything(rig: Rig) -> None:
    rig.music.level(LEVEL, "first_light")
    rig.settle()
    rig.music.outcome()
    rig.music.menu()
    rig.settle(1)
    rig.close()
    assert not any(track.playing for track in rig.tracks)
    assert rig.tracks[-1].told[-1] == "close"


def test_a_real_track_plays_through_the_dummy_driver(folders: UserFolders) -> None:
    jukebox = Jukebox(folders, load_generators=fake_generators)
    music = GameMusic(jukebox, audible=True)
    music.level(LEVEL, "first_light")
    for _ in range(FIRST_FRAMES):
        music.update()
    assert jukebox.worker.wait()
    track = music.track
    assert track is not None
    assert track.playing
    assert "boss" in track.sections
    jukebox.close()
    music.close()
    assert not track.playing


# In the window


@pytest.fixture
def told(app: App) -> "Told":
    music = Told()
    app.audio.music = music
    return music


class Told(Music):
    """Silent music that keeps what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def menu(self) -> None:
        self.told.append("menu")

    def level(self, level: object, item: str) -> None:
        self.told.append(f"level {item}")

    def boss(self) -> None:
        self.told.append("boss")

    def pause(self, paused: bool) -> None:
        self.told.append(f"pause {paused}")

    def outcome(self) -> None:
        self.told.append("outcome")


def test_screens_and_matches_tell_the_music(app: App, hands: Hands, told: Told) -> None:
    app.push(LevelsScreen(app))
    assert told.told == ["menu"]
    told.told.clear()
    info = app.library.find("first_light")
    assert info is not None
    open_match(app, info, settings_choice(app, watch=False))
    assert told.told == ["level first_light", "pause False"]
    told.told.clear()
    hands.key("escape")
    assert told.told == ["pause True"]
    hands.key("escape")
    assert told.told == ["pause True", "pause False"]
    play = app.top
    assert isinstance(play, PlayScreen)
    told.told.clear()
    app.push(ResultsScreen(app, play, None))
    assert told.told == ["outcome"]
    play.leave()
    assert told.told[-1] == "menu"


def test_the_last_life_is_told(app: App, hands: Hands, told: Told) -> None:
    info = next(info for info in app.library.playable if info.objective == "survive")
    open_match(app, info, settings_choice(app, watch=False))
    match = app.current_match()
    assert match is not None
    assert isinstance(app.top, PlayScreen)
    app.top.countdown.stop()
    hands.frames(3)
    assert "boss" not in told.told
    own = match.world.tanks[0, :, st.TANK_TEAM] == 0
    match.world.tanks[0, own, st.TANK_DEATHS] = 9
    match.world.tanks[0, match.watched_seat, st.TANK_DEATHS] = 2
    hands.frames(3)
    assert "boss" in told.told
