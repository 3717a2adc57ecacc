"""What lies in the player's folders: a bad file is a line of its own, and a level of any name is played and kept."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from game.app.app import App
from game.app.browse.card import LevelCard
from game.app.browse.level_library import LevelLibrary, info_of
from game.app.browse.problems_screen import ProblemsScreen
from game.app.browse.screen import LevelsScreen
from game.app.jukebox.row import BrokenRow
from game.app.jukebox.screen import JukeboxScreen
from game.app.menu.title import TitleScreen
from game.app.playing.launch import open_match, settings_choice
from game.app.playing.results import ResultsScreen
from game.app.playing.screen import PlayScreen
from game.app.playing.setup_screen import SetupScreen
from game.app.ui.dialog import Dialog
from game.app.window_options import AppOptions
from game.cli.root import run
from game.core.levels.starter import starter_level
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.match.brain_library import BrainLibrary
from game.match.replay import load_replay, verify
from game.player.paths import UserFolders
from game.player.settings import load_settings
from safefiles.text import clean
from tests.app.conftest import Hands
from tests.app.fake_advice import InlineWorker
from tests.app.opened import drawn, finish
from tests.core.levels.hostile import Map, set_property, sound_map

BYTES_ONLY = pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")


def bad_level(change: Callable[[Map], None]) -> bytes:
    data = sound_map()
    change(data)
    return json.dumps(data).encode()


def long_tileset(data: Map) -> None:
    data["tilesets"] = [{"firstgid": 1, "source": "x" * 300 + ".tsj"}]


@contextmanager
def opened_app(folders: UserFolders) -> Iterator[App]:
    """The window as a start of the program opens it, without a picture behind the menus."""
    app = App(
        AppOptions(seed=5, language="en", size=(640, 360)),
        folders,
        load_settings(folders.settings),
        real=False,
    )
    app.warm.ready = True
    app.backdrop.give_up()
    app.library = LevelLibrary(folders, InlineWorker())
    app.push(TitleScreen(app))
    try:
        yield app
    finally:
        app.close()


# Levels


def test_a_level_that_no_reader_expects_is_greyed_and_the_others_are_played(app: App, hands: Hands) -> None:
    """A tileset's name of 300 characters once ended title, list and `watch`."""
    (app.folders.levels / "endless.tmj").write_bytes(bad_level(long_tileset))
    app.library.refresh()
    hands.frames(2)
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    (card,) = [widget for widget in screen.widgets if isinstance(widget, LevelCard)]
    assert card.info.level is None
    (line,) = card.info.problems("error", "en")
    assert line.startswith(
        "E027 endless.tmj › tilesets[0].source: expected a tileset file, found one that cannot be read"
    )
    screen._show("all")
    screen.focus_name("first_light")
    hands.key("return")
    assert isinstance(app.top, SetupScreen)


def test_the_commands_go_on_beside_such_a_level(user_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = UserFolders.find()
    folders.create()
    (folders.levels / "endless.tmj").write_bytes(bad_level(long_tileset))
    assert run(["levels", "list"]) == 0
    listed = capsys.readouterr().out
    assert "first_light" in listed
    assert "1 error: bankshot levels check" in listed
    assert run(["levels", "check", "first_light"]) == 0
    assert run(["levels", "check"]) == 1


def test_a_fault_of_the_reader_itself_is_a_line_too(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from game.core.levels import tmj

    read = tmj.read_level

    def failing(path: Path) -> object:
        if path.stem == "odd":
            raise TypeError("a fault of ours")
        return read(path)

    monkeypatch.setattr(tmj, "read_level", failing)
    for name in ("odd", "sound"):
        (app.folders.levels / f"{name}.tmj").write_bytes(write_level(starter_level(name)))
    app.library.refresh()
    own = {info.item: info for info in app.library.levels if not info.entry.builtin}
    assert own["sound"].level is not None
    (line,) = own["odd"].problems("error", "en")
    assert "a fault of its reader (TypeError: a fault of ours)" in line


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no users to become")
def test_a_folder_that_may_not_be_searched_is_a_line_too() -> None:
    """As an ordinary user: nobody, where the tests run as root."""
    root = Path(tempfile.mkdtemp(dir="/tmp"))
    levels = root / "levels"
    try:
        levels.mkdir()
        (levels / "mine.tmj").write_bytes(write_level(starter_level("mine")))
        root.chmod(0o755)
        levels.chmod(0o000)
        if os.geteuid() == 0:
            os.seteuid(65534)
        from game.core.levels.catalogue import list_folder

        (entry,) = list_folder(levels)
        (brains,) = [entry for entry in BrainLibrary(levels).entries() if entry.error]
    finally:
        os.seteuid(os.getuid())
        levels.chmod(0o755)
        shutil.rmtree(root)
    assert str(entry.problems[0]) == (
        "E050 levels: expected a folder whose files can be listed, found one that cannot (Permission denied)"
    )
    assert brains.error == "levels: one that cannot be read (Permission denied)"


# All problems, in the game's language, to scroll through


def many_problems(data: Map) -> None:
    set_property(data, "objective", "colect")
    for n in range(30):
        data["layers"][1]["objects"].append({"id": 100 + n, "x": 5, "y": 5, "type": "spawn", "text": {}})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_problems_of_a_level_can_be_read(
    app: App, hands: Hands, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app.folders.levels / "wreck.tmj").write_bytes(bad_level(many_problems))
    app.change_setting("language", language)
    app.library.refresh()
    info = app.library.find("wreck")
    assert info is not None
    lines = info.problems("error", language)
    assert len(lines) == 31
    app.push(ProblemsScreen(app, info))
    seen = set(drawn(app, monkeypatch))
    for _ in range(25):
        hands.key("down")
    hands.frames(20)
    seen |= set(drawn(app, monkeypatch))
    text = "".join(line.replace(" ", "") for line in app.top.text.splitlines())  # type: ignore[attr-defined]
    shown = "".join(seen).replace(" ", "")
    assert all(line.replace(" ", "") in text for line in lines)
    assert ("objects对象129" if language == "zh" else "objectsobject129") in shown
    hands.key("escape")
    assert isinstance(app.top, TitleScreen)


def test_warnings_of_a_playable_level_are_shown_before_it_is_played(
    app: App, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typo(data: Map) -> None:
        set_property(data, "dificulty", 4, "int")
        data["layers"][1]["objects"][1]["properties"] = [
            {"name": "brain", "type": "string", "value": "huntr"}
        ]

    (app.folders.levels / "typo.tmj").write_bytes(bad_level(typo))
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    screen.focus_name("typo")
    app.kit.resize((1280, 720), 1.0)
    hands.frames(2)
    hands.key("return")
    setup = app.top
    assert isinstance(setup, SetupScreen)
    assert "!   2 warnings" in drawn(app, monkeypatch)
    setup.focus_name("problems")
    hands.key("return")
    assert isinstance(app.top, ProblemsScreen)
    assert "did you mean difficulty?" in app.top.text
    assert (
        "there is no brain or bot called 'huntr': the mixed squad uses any; did you mean hunter?"
        in app.top.text
    )


@pytest.mark.parametrize("key", ["r", "return"])
def test_a_mended_level_is_read_again_from_its_problems(
    app: App, hands: Hands, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = app.folders.levels / "wreck.tmj"
    path.write_bytes(bad_level(many_problems))
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    screen.focus_name("wreck")
    hands.key("return")
    assert isinstance(app.top, ProblemsScreen)
    path.write_bytes(write_level(starter_level("wreck")))
    app.top.focus_name("reload")
    hands.key(key)
    assert isinstance(app.top, ProblemsScreen)
    assert app.top.info.level is not None
    assert "wreck.tmj has no problems" in drawn(app, monkeypatch)
    hands.key("escape")
    assert app.top is screen
    hands.key("return")
    assert isinstance(app.top, SetupScreen)


def test_what_is_read_again_on_the_way_to_a_match_is_what_is_played(app: App, hands: Hands) -> None:
    path = app.folders.levels / "typo.tmj"
    path.write_bytes(bad_level(lambda data: set_property(data, "dificulty", 4, "int")))
    app.library.refresh()
    info = app.library.find("typo")
    assert info is not None
    setup = SetupScreen(app, info)
    app.push(setup)
    setup.focus_name("problems")
    hands.key("return")
    path.write_bytes(bad_level(lambda data: set_property(data, "difficulty", 4, "int")))
    hands.key("r")
    hands.key("escape")
    assert app.top is setup
    assert setup.info.level is not None
    assert setup.info.level.difficulty == 4
    assert not setup.problems.visible


def test_a_warning_is_shown_over_the_match_that_a_path_starts(app: App, hands: Hands) -> None:
    path = app.folders.levels / "typo.tmj"
    path.write_bytes(bad_level(lambda data: set_property(data, "dificulty", 4, "int")))
    open_match(app, info_of(read_level(path)), settings_choice(app, watch=True))
    assert any("did you mean difficulty?" in text for text in app.toasts.texts())


def test_a_level_without_warnings_has_no_such_button(app: App) -> None:
    info = app.library.find("first_light")
    assert info is not None
    assert not SetupScreen(app, info).problems.visible


# Pieces


def test_a_broken_piece_is_greyed_in_the_jukebox(
    app: App, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.folders.music.mkdir(exist_ok=True)
    (app.folders.music / "ruin.piece.json").write_bytes(b"{")
    app.kit.resize((1280, 720), 1.0)
    screen = JukeboxScreen(app)
    app.push(screen)
    assert app.jukebox.worker.wait()
    hands.frames(2)
    (row,) = [widget for widget in screen.widgets if isinstance(widget, BrokenRow)]
    screen.set_focus(row)
    hands.frames(2)
    hands.key("return")
    assert isinstance(app.top, Dialog)
    assert "ruin.piece.json" in app.top.text
    assert (app.folders.music / "ruin.piece.json").read_bytes() == b"{"
    assert screen.entries, "the others are there"


# Names of any bytes


NAMES = {
    "gbk": ("镜厅".encode("gbk"), "bytes/\\xbe\\xb5\\xcc\\xfc"),
    "latin-1": (b"caf\xe9", "bytes/caf\\xe9"),
    "utf-8": ("镜厅".encode(), "镜厅"),
    "wide": ("\N{PERFORMING ARTS}".encode() * 60, "\N{PERFORMING ARTS}" * 60),
    "escape": (b"\x1b[31mred", "\x1b[31mred"),
}


def choose_and_play(app: App, hands: Hands, item: str) -> PlayScreen:
    """Go from the level list into the match, as a player does."""
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    screen.focus_name(item)
    hands.frames(2)
    hands.key("return")
    hands.key("return")
    assert isinstance(app.top, PlayScreen)
    app.top.countdown.stop()
    return app.top


@BYTES_ONLY
def test_a_level_of_any_name_is_played_and_kept(folders: UserFolders) -> None:
    """The journey: listed, chosen, played to its end; result, recording and settings are there at the next start."""
    for name, _ in NAMES.values():
        path = folders.levels / os.fsdecode(name + b".tmj")
        path.write_bytes(bad_level(lambda data: set_property(data, "time_limit", 10, "int")))
    with opened_app(folders) as app:
        hands = Hands(app)
        for kind, (_, item) in NAMES.items():
            play = choose_and_play(app, hands, item)
            while not play.match.over and (kind == "gbk" or play.match.ticks < 90):
                play.tick()
            if kind != "gbk":
                finish(app)
            play._finish()
            hands.frames(1)
            assert isinstance(app.top, ResultsScreen)
            app.back_to(TitleScreen.name)
            app.save_settings()
            assert load_settings(folders.settings).text("last_level") == clean(item[:200])
        assert app.profile.flush()
    with opened_app(folders) as app:
        assert app.profile.messages == []
        again = LevelsScreen(app)
        app.push(again)
        again._show("mine")
        app.frame(1 / 60)
        assert {item: again.best[item].played for item in again.best} == {
            item: 1 for _, item in NAMES.values()
        }
        cards = {widget.name for widget in again.widgets if isinstance(widget, LevelCard)}
        assert cards == set(again.best)
    replays = [load_replay(path) for path in folders.replays.iterdir()]
    assert len(replays) == len(NAMES)
    (whole,) = [replay for replay in replays if replay.level.name == NAMES["gbk"][1]]
    assert whole.complete
    assert verify(whole).ok


@BYTES_ONLY
def test_such_a_level_and_brain_are_named_on_the_command_line(
    user_dir: Path, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    folders = UserFolders.find()
    folders.create()
    path = folders.levels / os.fsdecode(b"caf\xe9\x1b[2J.tmj")
    path.write_bytes(write_level(starter_level("mine")))
    (folders.brains / os.fsdecode(b"\xe9.onnx")).write_bytes(b"no model")
    assert run(["levels", "list", "--json", str(tmp_path / "list.json")]) == 0
    out = capsysbinary.readouterr().out
    assert b"\x1b" not in out
    assert b"bytes/caf\\xe9\\x1b[2J" in out
    facts = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))["levels"]
    assert [entry["name"] for entry in facts if not entry["builtin"]] == ["bytes/caf\\xe9\\x1b[2J"]
    assert run(["levels", "check", str(path)]) == 0
    (broken,) = [entry for entry in BrainLibrary(folders.brains).entries() if entry.error]
    assert broken.name == "bytes/\\xe9"
