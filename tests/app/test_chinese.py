"""A Chinese window with everything broken that can be: no English is left on it, and the titles that ship are Chinese."""

import json
import re
from pathlib import Path

import pytest

from game.app.app import App
from game.app.jukebox.screen import JukeboxScreen
from game.app.menu.title import TitleScreen
from game.app.window_options import AppOptions
from game.match.brain_library import SHIPPED_FOLDER
from game.player.paths import UserFolders
from game.player.settings import load_settings
from music.library import SHIPPED_PIECES
from safefiles.messages import Message
from tests.app.opened import drawn
from tests.core.levels.hostile import sound_map
from tests.music.test_midi import REFUSED

# RecommenderTexts that an English message would have; names of files and of their fields have others.
ENGLISH = re.compile(
    r"\b(expected|found|file|cannot|none|more|not|the|of|with|from|error|is|at|bytes|notes)\b"
)
PIECES = {
    "cut": b'{"format": 1',
    "odd": b'{"format": "bankshot-music-piece", "version": 1, "bars": 0}',
    "midi": b"MThd",
    "binary": b"\xff\xfe",
    "number": b"3",
}


@pytest.fixture
def broken(folders: UserFolders) -> UserFolders:
    sound = (SHIPPED_FOLDER / "hunter" / "brain.onnx").read_bytes()
    (folders.brains / "mine.onnx").write_bytes(b"no model")
    (folders.brains / "cut.onnx").write_bytes(sound[:5000])
    (folders.brains / "other.onnx").write_bytes(sound.replace(b"logits", b"logitz"))
    (folders.brains / "folder.onnx").mkdir()
    folders.music.mkdir()
    for name, data in PIECES.items():
        (folders.music / f"{name}.piece.json").write_bytes(data)
    (folders.music / "levels.json").write_text("[")
    level = sound_map()
    (folders.levels / "canyon.tmj").write_text(json.dumps(level))
    (folders.levels / "canyon-2.tmj").write_text(json.dumps(level))
    (folders.levels / "wreck.tmj").write_text(json.dumps({**level, "layers": level["layers"][:1]}))
    folders.settings.write_text(
        '{"music_volume": 3, "bindings": {"fire": ["knee"], "dance": []}, "hints": 2}'
    )
    folders.results.write_bytes(b"no database" * 100)
    return folders


@pytest.fixture
def chinese(broken: UserFolders) -> App:
    options = AppOptions(seed=5, language="zh", size=(1280, 720))
    app = App(options, broken, load_settings(broken.settings), real=False)
    app.warm.ready = True
    app.backdrop.give_up()
    app.push(TitleScreen(app))
    return app


def english(lines: list[str]) -> list[str]:
    return [line for line in lines if ENGLISH.search(line)]


def test_no_english_is_left_where_files_are_broken(chinese: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app = chinese
    app.frame(1 / 60)
    told = app.toasts.texts()
    assert len(told) > 2  # settings, bindings, results
    assert english(told) == []
    rows = [row for row in app.opponents.rows if not row.usable]
    assert len(rows) == 4
    assert english([row.text for row in rows]) == []
    jukebox = JukeboxScreen(app)
    app.push(jukebox)
    assert app.jukebox.worker.wait()
    assert len(jukebox.broken) == len(PIECES)
    assert english([app.kit.strings.translate(piece.reason) for piece in jukebox.broken]) == []
    app.frame(1 / 60)
    assert english(drawn(app, monkeypatch)) == []
    file = app.folders.music / "midi" / "broken.mid"
    file.parent.mkdir(exist_ok=True)
    for data in REFUSED.values():
        file.write_bytes(data)
        jukebox.work(lambda: app.jukebox.library().import_midi(file))
        assert app.jukebox.worker.wait()
        assert english([jukebox.note]) == [], data[:20]
        assert "内部错误" not in jukebox.note
    app.close()


def test_english_is_noticed() -> None:
    assert english(["a.mid: expected notes, found none", "a.mid：没有音符"]) == [
        "a.mid: expected notes, found none"
    ]


def test_the_pieces_that_ship_have_chinese_titles(chinese: App) -> None:
    library = chinese.jukebox.library()
    shipped = [entry for entry in library.entries() if entry.shipped]
    assert len(shipped) == len(list(Path(SHIPPED_PIECES).glob("*.json"))) == 24
    assert all(re.search("[\u3400-\u9fff]", entry.title("zh")) for entry in shipped)
    assert [entry.title("en") for entry in shipped] == [entry.piece.title for entry in shipped]
    chinese.close()


def test_levels_of_one_title_show_their_files(chinese: App) -> None:
    library = chinese.library
    assert len(library.levels) > 1
    assert library.wait()  # on a busy machine some files are read in the thread
    titles = [info.title("zh") for info in library.levels if not info.entry.builtin]
    assert sorted(titles) == ["sound (canyon)", "sound (canyon-2)", "wreck"]
    chinese.close()


def test_a_settings_message_is_said_in_both_languages(broken: UserFolders) -> None:
    (volume, *_) = load_settings(broken.settings).messages
    assert isinstance(volume, Message)
    assert (
        volume == "settings.json › music_volume: expected a number from 0 to 1, found 3; the default is used"
    )
    assert volume.text("zh") == "settings.json › music_volume：应为 0 到 1 的数，实际为 3；已改用默认值"
