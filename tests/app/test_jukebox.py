"""The jukebox: compose, judge, edit, rename, import, export and use pieces, with every refusal in one line."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from string import Formatter

import mido
import pygame
import pytest

from game.app.app import App
from game.app.jukebox.changes import ChangeRow, ChangesScreen, list_changes
from game.app.jukebox.compose_panel import ComposeScreen
from game.app.jukebox.edit import SETTLE_SECONDS, EditScreen
from game.app.jukebox.pick import PickScreen
from game.app.jukebox.rename import RenameScreen
from game.app.jukebox.row import PieceRow
from game.app.jukebox.screen import JukeboxScreen
from game.app.menu.title import TitleScreen
from game.app.strings import LANGUAGES, Strings, catalogue
from game.app.ui.dialog import Dialog
from game.app.ui.widgets import Button
from music.copying import build_fingerprints, read_fingerprints
from music.edits import edits_of, muted_notes
from music.errors import GeneratorRefused
from music.midi.remarks import REMARKS, remark, remarks_of
from music.midi.writer import piece_to_midi
from music.piece import Note
from music.windows import empty_windows
from tests.app.conftest import FRAME, Hands
from tests.music.fakes import fake_generators
from tests.music.midi_files import song
from tests.music.synth.pieces import demo_piece


class Room:
    """An app whose jukebox composes with untrained generators."""

    def __init__(self, app: App, hands: Hands) -> None:
        self.app, self.hands = app, hands
        app.jukebox._load_generators = fake_generators

    def settle(self) -> None:
        """Let the worker finish, a frame pass, and a screen that opened by itself begin to listen."""
        while True:
            assert self.app.jukebox.worker.wait()
            self.hands.frames(1)
            if not self.app.jukebox.worker.busy and not self.app.guard.active:
                return

    def open(self, *moods: str) -> JukeboxScreen:
        screen = JukeboxScreen(self.app)
        self.app.push(screen)
        for mood in moods:
            screen.actions.compose(mood, 0.5, 8, 1)
        self.settle()
        return screen

    def press(self, name: str) -> None:
        """Choose a button of the topmost screen with the mouse."""
        widget = self.hands.widget(name)
        assert widget.enabled, name
        self.hands.click_widget(name)
        self.settle()
        self.hands.listen()

    def states(self) -> list[str]:
        return sorted(entry.state for entry in self.app.jukebox.library().entries() if not entry.shipped)


@pytest.fixture
def room(app: App, hands: Hands) -> Room:
    app.kit.resize((1280, 720), 1.0)
    return Room(app, hands)


def own(screen: JukeboxScreen) -> list[str]:
    return [entry.name for entry in screen.entries if not entry.shipped]


def test_the_title_leads_there_and_back(app: App, hands: Hands) -> None:
    hands.click_widget("jukebox")
    assert isinstance(app.top, JukeboxScreen)
    assert app.jukebox.worker.wait()
    hands.key("escape")
    assert isinstance(app.top, TitleScreen)


def test_candidates_are_composed_and_shown(room: Room) -> None:
    screen = room.open()
    room.press("compose")
    ask = room.app.top
    assert isinstance(ask, ComposeScreen)
    room.hands.key("right")
    ask._set_bars("16")
    ask._set_count("2")
    room.press("go")
    assert room.app.top is screen
    assert len(own(screen)) == 2
    entry = screen.entry
    assert entry is not None
    assert (entry.state, entry.piece.bars) == ("generated", 16)
    assert entry.piece.origin["mood"] == ask.mood
    assert screen.note.endswith("composed")


def test_keep_and_reject_by_keyboard(room: Room) -> None:
    screen = room.open("calm", "dark")
    screen.focus_name("keep")
    room.hands.key("return")
    room.settle()
    assert room.states() == ["generated", "kept"]
    assert "kept" in screen.note
    screen.choose(next(name for name in own(screen) if name != screen.chosen))
    screen.focus_name("reject")
    room.hands.key("return")
    room.settle()
    assert room.states() == ["kept", "rejected"]


def test_states_are_told_apart_by_tabs(room: Room, hands: Hands) -> None:
    screen = room.open("calm", "dark")
    room.press("keep")
    kept = screen.chosen
    screen._show("kept")
    assert [widget.entry.name for widget in screen.widgets if isinstance(widget, PieceRow)] == [kept]
    screen._show("generated")
    assert kept not in [widget.entry.name for widget in screen.widgets if isinstance(widget, PieceRow)]
    assert screen.chosen != kept
    screen._show("imported")
    assert not any(isinstance(widget, PieceRow) for widget in screen.widgets)
    hands.frames(2)
    hands.pad("right_shoulder")
    assert screen.filter == "generated"


def test_judging_in_a_filtered_list_goes_on_with_the_next(room: Room) -> None:
    screen = room.open("calm", "dark", "bright")
    screen._show("generated")
    rows = [widget.entry.name for widget in screen.widgets if isinstance(widget, PieceRow)]
    screen.choose(rows[1])
    room.press("keep")
    assert (screen.filter, screen.chosen) == ("generated", rows[2])
    assert room.states() == ["generated", "generated", "kept"]


def test_a_row_plays_and_stops(room: Room) -> None:
    screen = room.open("calm")
    screen.focus_name(f"piece {screen.chosen}")
    room.hands.key("return")
    assert room.app.jukebox.preview.playing
    assert screen.heard == screen.chosen
    room.hands.frames(2)
    room.hands.key("return")
    assert not room.app.jukebox.preview.playing
    room.hands.frames(1)
    assert screen.heard == ""


def test_leaving_stops_the_audition(room: Room) -> None:
    screen = room.open("calm")
    screen.toggle()
    room.hands.key("escape")
    assert not room.app.jukebox.preview.playing


def test_a_title_is_typed(room: Room, app: App) -> None:
    screen = room.open("calm")
    room.press("rename")
    assert isinstance(app.top, RenameScreen)
    for _ in range(60):
        room.hands.send(pygame.KEYDOWN, key=pygame.K_BACKSPACE, mod=0, unicode="", scancode=0)
    for text in ("Wasd", " ", "雨"):
        for letter in text:
            room.hands.send(pygame.KEYDOWN, key=pygame.key.key_code("w"), mod=0, unicode=letter, scancode=0)
        room.hands.send(pygame.TEXTINPUT, text=text)
    assert isinstance(app.top, RenameScreen)
    assert app.top.field.text == "Wasd 雨"
    room.press("ok")
    assert screen.entry is not None
    assert screen.entry.piece.title == "Wasd 雨"
    assert "Wasd 雨" in screen.note


def test_a_pad_takes_a_proposed_title(room: Room, app: App, hands: Hands) -> None:
    screen = room.open("calm")
    before = screen.chosen
    screen.focus_name("rename")
    hands.pad("a")
    ask = app.top
    assert isinstance(ask, RenameScreen)
    ask.field.text = ""
    hands.pad("dpad_down")
    hands.pad("a")
    proposed = ask.field.text
    assert proposed
    ask.focus_name("ok")
    hands.pad("a")
    room.settle()
    assert screen.entry is not None
    assert (screen.entry.name, screen.entry.piece.title) == (before, proposed)


def test_an_empty_title_is_not_taken(room: Room, app: App) -> None:
    room.open("calm")
    room.press("rename")
    assert isinstance(app.top, RenameScreen)
    app.top.field.text = "  "
    room.press("ok")
    assert isinstance(app.top, RenameScreen)


def test_deleting_asks_first(room: Room, app: App) -> None:
    room.open("calm", "dark")
    room.press("delete")
    assert isinstance(app.top, Dialog)
    room.press("no")
    assert len(room.states()) == 2
    room.press("delete")
    room.press("yes")
    assert len(room.states()) == 1


def test_a_piece_is_used_in_levels(room: Room, app: App) -> None:
    screen = room.open("calm")
    room.press("use")
    assert app.top is screen
    assert "keep it first" in screen.note
    room.press("keep")
    room.press("use")
    pick = app.top
    assert isinstance(pick, PickScreen)
    pick.pick("first_light")
    pick.pick("foundry")
    assert pick.right_of("first_light").startswith("✓")
    pick.pick("foundry")
    assert pick.right_of("foundry") == ""
    room.press("done")
    assert app.jukebox.choices.levels_of(screen.chosen) == ["first_light"]
    assert (app.folders.music / "levels.json").exists()


def test_export_and_import_an_edited_file(room: Room, app: App) -> None:
    screen = room.open("calm")
    entry = screen.entry
    assert entry is not None
    room.press("midi")
    path = app.folders.music / "midi" / f"{entry.name}.mid"
    assert path.exists()
    assert str(path) in screen.note
    path.write_bytes(piece_to_midi(entry.piece.with_voices({**entry.piece.voices, "drums": ()})))
    room.press("import")
    assert isinstance(app.top, PickScreen)
    room.press(f"row {path}")
    assert app.top is screen
    assert screen.entry is not None
    assert (screen.entry.name, screen.entry.state) == (entry.name, "edited")
    assert screen.entry.piece.voices["drums"] == ()


def import_file(room: Room, name: str, data: bytes) -> None:
    folder = room.app.folders.music / "midi"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    room.press("import")
    room.press(f"row {folder / name}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_import_changed_is_shown_in_the_players_language(room: Room, app: App, language: str) -> None:
    app.kit.strings = Strings(language)
    screen = room.open()
    file = mido.MidiFile(file=io.BytesIO(song(4)))
    file.tracks[0].append(mido.MetaMessage("set_tempo", tempo=400_000, time=960))
    stream = io.BytesIO()
    file.save(file=stream)
    import_file(room, "changes.mid", stream.getvalue())
    told = app.top
    assert isinstance(told, ChangesScreen)
    assert [row.text for row in told.rows if isinstance(row, ChangeRow)] == {
        "en": [
            "Tempo changes left out: 120 BPM throughout",
            "No key signature: the key is taken from the notes",
        ],
        "zh": ["未保留速度变化：全曲按 120 BPM 演奏", "没有调号：调性由音符推断"],
    }[language]
    assert told.title == {"en": "What the import changed (2)", "zh": "导入时的改动（2）"}[language]
    room.press("done")
    assert app.top is screen
    assert screen.entry is not None
    assert len(remarks_of(screen.entry.piece)) == 2


def test_an_import_that_changed_nothing_shows_no_list(room: Room, app: App) -> None:
    screen = room.open("calm")
    assert screen.entry is not None
    plain = replace(
        screen.entry.piece, voices={"melody": tuple(Note(4 * n, 4, 60 + n, 90) for n in range(8))}
    )
    import_file(room, "plain.mid", piece_to_midi(plain))
    assert app.top is screen
    assert screen.note.endswith("imported")


def test_every_remark_has_a_text_with_its_fields() -> None:
    for code, template in REMARKS.items():
        wanted = {name for _, name, _, _ in Formatter().parse(template) if name}
        for language in LANGUAGES:
            text = catalogue(language)[f"remark.{code}"]
            assert {name for _, name, _, _ in Formatter().parse(text) if name} == wanted


def test_a_remark_that_nobody_knows_is_shown_as_it_is() -> None:
    lines = ["something new", remark("muted", voices="bass, x")]
    piece = replace(demo_piece(bars=1), origin={"import": {"remarks": lines}})
    assert list_changes(Strings("zh"), piece) == [
        "something new",
        "静音的声部已按文件的小节数截短：低音、x",
    ]


def test_a_file_that_cannot_be_imported_is_refused_in_one_line(room: Room, app: App) -> None:
    screen = room.open()
    folder = app.folders.music / "midi"
    folder.mkdir(parents=True)
    (folder / "noise.mid").write_bytes(b"\x00" * 50)
    room.press("import")
    room.press(f"row {folder / 'noise.mid'}")
    assert screen.note.startswith("noise.mid")
    assert "\n" not in screen.note


def test_no_files_to_import_says_where_to_put_them(room: Room, app: App) -> None:
    room.open()
    room.press("import")
    pick = app.top
    assert isinstance(pick, PickScreen)
    assert str(app.folders.music / "midi") in pick._empty
    room.hands.frames(2)


def test_sound_is_exported(room: Room, app: App) -> None:
    screen = room.open("calm")
    room.press("wav")
    assert (app.folders.music / "audio" / f"{screen.chosen}.wav").stat().st_size > 100_000


def test_without_generators_the_rest_works_and_the_reason_is_shown(room: Room, app: App) -> None:
    def none() -> object:
        raise GeneratorRefused("generator 'chords.onnx': cannot be read")

    app.jukebox._load_generators = none  # type: ignore[assignment]
    screen = room.open("calm")
    assert screen.note == "generator 'chords.onnx': cannot be read"
    assert app.jukebox.problem == screen.note
    assert own(screen) == []
    room.hands.frames(2)


def test_a_copy_of_a_training_piece_is_refused_with_the_number(room: Room, app: App, tmp_path: Path) -> None:
    screen = room.open("bright")
    entry = screen.entry
    assert entry is not None
    windows = empty_windows(1)
    shift = (entry.piece.key - (0, 9)[entry.piece.mode] + 6) % 12 - 6
    for note in entry.piece.voices["melody"]:
        if note.start < 64:
            windows.melody[0, note.start] = note.pitch - shift - 55 + 2
    path = tmp_path / "fingerprints.npz"
    path.write_bytes(build_fingerprints(windows))
    known = read_fingerprints(path)
    app.jukebox.library()._fingerprints = lambda: known
    piece = entry.piece
    screen.change(lambda library: library.add(lambda: piece), lambda _: None)
    room.settle()
    assert "expected at most 80% overlap with a training melody, found 100%" in screen.note
    assert len(own(screen)) == 1


def test_shipped_pieces_cannot_be_judged(room: Room, app: App, tmp_path: Path) -> None:
    screen = room.open("calm")
    library = app.jukebox.library()
    folder = tmp_path / "shipped"
    folder.mkdir()
    entry = screen.entry
    assert entry is not None
    (folder / "dawn.piece.json").write_bytes(entry.path.read_bytes())
    library._shipped = folder
    screen._load()
    room.settle()
    screen.choose("dawn")
    assert {button.name for button in screen.actions.of_piece if button.faint} == {
        "keep",
        "reject",
        "rename",
        "delete",
    }
    for name in ("keep", "reject", "rename", "delete"):
        screen.note = ""
        room.press(name)
        assert room.app.top is screen
        assert "comes with the game" in screen.note
    room.press("edit")
    room.press("mute_bass")
    room.hands.key("escape")
    room.settle()
    assert screen.entry is not None
    assert screen.entry.state == "edited"
    assert screen.entry.name != "dawn"


# Edits


def edit(room: Room) -> EditScreen:
    room.open("driving")
    room.press("edit")
    screen = room.app.top
    assert isinstance(screen, EditScreen)
    return screen


def button(screen: EditScreen, name: str) -> Button:
    found = next(widget for widget in screen.widgets if widget.name == name)
    assert isinstance(found, Button)
    return found


def test_mute_solo_and_undo(room: Room) -> None:
    screen = edit(room)
    before = screen.entry.piece
    room.press("mute_bass")
    assert screen.silent == {"bass"}
    assert button(screen, "mute_bass").on()
    assert not button(screen, "reroll_bass").enabled
    room.press("solo_melody")
    assert set(muted_notes(screen.entry.piece)) == {"harmony", "bass", "drums"}
    room.press("undo")
    assert screen.silent == {"bass"}
    room.press("undo")
    assert screen.entry.piece == before
    assert not button(screen, "undo").enabled


def test_a_voice_and_a_bar_are_drawn_anew(room: Room) -> None:
    screen = edit(room)
    before = screen.entry.piece
    room.press("reroll_melody")
    assert screen.entry.piece.voices["melody"] != before.voices["melody"]
    assert screen.entry.piece.voices["bass"] == before.voices["bass"]
    screen.preview.seek(4)
    room.hands.frames(1)
    assert screen._bar_text().endswith("5")
    room.press("reroll_bar")
    assert [step["what"] for step in edits_of(screen.entry.piece)] == ["re-roll", "re-roll"]
    assert edits_of(screen.entry.piece)[-1]["bar"] == 5
    assert room.states() == ["edited"]


def test_tempo_and_key_are_made_once_the_hand_rests(room: Room) -> None:
    screen = edit(room)
    before = screen.entry.piece
    for _ in range(3):
        screen.tempo.adjust(1)
    screen.key.adjust(1)
    assert screen.entry.piece == before
    room.hands.frames(round(SETTLE_SECONDS / FRAME) + 3)
    room.settle()
    made = screen.entry.piece
    assert [step["what"] for step in edits_of(made)] == ["tempo", "key"]
    assert made.tempo > before.tempo
    assert made.key == (before.key + 1) % 12


def test_what_was_chosen_last_is_made_on_leaving(room: Room) -> None:
    screen = edit(room)
    screen.tempo.adjust(-1)
    room.hands.key("escape")
    room.settle()
    jukebox = room.app.top
    assert isinstance(jukebox, JukeboxScreen)
    assert jukebox.entry is not None
    assert jukebox.entry.state == "edited"


def test_a_change_goes_on_playing_where_it_was(room: Room) -> None:
    screen = edit(room)
    screen.preview.seek(3)
    room.press("play")
    assert screen.preview.playing
    room.press("mute_drums")
    assert screen.preview.playing
    assert screen.preview.piece == screen.entry.piece
    assert int(screen.position) in (3, 4)


def test_an_edit_that_fails_is_refused_in_one_line(room: Room, app: App) -> None:
    screen = edit(room)

    def none() -> object:
        raise GeneratorRefused("generator 'lines.onnx': expected\nsomething else")

    app.jukebox._generators = None
    app.jukebox._load_generators = none  # type: ignore[assignment]
    room.press("reroll_drums")
    assert screen.note == "generator 'lines.onnx': expected something else"
    assert room.states() == ["generated"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_candidates_have_titles_in_the_player_s_language(room: Room, app: App, language: str) -> None:
    app.change_setting("language", language)
    app.kit.resize((1280, 720), 1.0)
    screen = room.open("calm", "dark")
    titles = [entry.piece.title for entry in screen.entries if not entry.shipped]
    assert len(set(titles)) == 2
    has_chinese: Callable[[str], bool] = lambda text: any("一" <= sign <= "鿿" for sign in text)  # noqa: E731
    assert [has_chinese(title) for title in titles] == [language == "zh"] * 2
