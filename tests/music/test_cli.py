"""The commands, as typed by a user."""

import json
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import mido
import pytest
from typer.testing import CliRunner

from music.commands.root import app
from music.composer.compose import compose, planned_seconds
from tests.music.fakes import fake_generators
from tests.music.midi_files import song
from tests.music.test_generator_files import write_set

runner = CliRunner()


@pytest.fixture(scope="module")
def generators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("generators"))


def run(*arguments: object) -> tuple[int, str]:
    result = runner.invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_a_piece_is_composed_measured_and_rendered(tmp_path: Path, generators: Path) -> None:
    piece, midi, wav = tmp_path / "a.piece.json", tmp_path / "a.mid", tmp_path / "a.wav"
    asked = ["generate", "--seed", 7, "--mood", "calm", "--bars", 8, "--generators", generators]
    code, output = run(*asked, "--out", piece, "--midi", midi, "--wav", wav, "--json", tmp_path / "a.json")
    assert code == 0, output
    assert "8 bars" in output
    assert f"written: {piece}, {midi}, {wav}" in output
    assert "nothing written" not in output
    assert wav.read_bytes()[:4] == b"RIFF"
    assert json.loads((tmp_path / "a.json").read_text())["repairs"]["notes"] > 0
    again = tmp_path / "b.piece.json"
    assert run(*asked, "--out", again)[0] == 0
    assert again.read_bytes() == piece.read_bytes()

    code, output = run("metrics", piece, midi, "--json", tmp_path / "m.json", "--plot", tmp_path / "m.png")
    assert code == 0, output
    files = json.loads((tmp_path / "m.json").read_text())["files"]
    assert set(files) == {"a.piece.json", "a.mid"}
    assert files["a.piece.json"]["used_pitch_classes_melody"] == files["a.mid"]["used_pitch_classes_melody"]
    assert (tmp_path / "m.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"

    code, output = run("render", midi, "--wav", tmp_path / "c.ogg", "--timbre", "chip")
    assert code == 0, output
    assert (tmp_path / "c.ogg").read_bytes()[:4] == b"OggS"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "--mood", "sad"], "error: --mood: expected calm, dreamy, "),
        (["generate", "--bars", "30"], "error: bars: expected a multiple of 4"),
        (
            ["render", "nowhere.mid", "--wav", "x.wav"],
            "nowhere.mid: expected a MIDI file, found no such file",
        ),
        (
            ["render", "nowhere.json", "--wav", "x.wav"],
            "nowhere.json: expected a piece (.piece.json), found no such file",
        ),
        (
            ["metrics", "nowhere.piece.json"],
            "nowhere.piece.json: expected a piece (.piece.json), found no such file",
        ),
        (["train", "quick", "--corpus", "nowhere"], "manifest.json: no such file"),
        (["train", "slow"], "recipe 'slow': expected a .toml file or one of"),
        (["resume", "nowhere"], "nowhere: expected a run folder"),
        (["export", "nowhere", "--out", "x"], "nowhere: expected a run folder"),
        (["corpus", "--collections", "polka"], "--collections: expected freedoom, bach, "),
    ],
)
def test_a_mistake_gets_one_line(
    arguments: list[str], message: str, generators: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "generate":
        arguments = [*arguments, "--generators", str(generators)]
    code, output = run(*arguments)
    assert code == 2
    assert message in output
    assert output.count("\n") == 1


def test_pieces_of_one_name_are_distinguished_by_their_folders(tmp_path: Path, generators: Path) -> None:
    files = [tmp_path / folder / "a.piece.json" for folder in ("one", "two")]
    for seed, file in enumerate(files):
        asked = ("--seed", seed, "--bars", 8, "--generators", generators, "--out", file)
        assert run("generate", *asked)[0] == 0
    assert run("metrics", *files, "--json", tmp_path / "m.json")[0] == 0
    assert set(json.loads((tmp_path / "m.json").read_text())["files"]) == {str(file) for file in files}


def test_without_the_extra_a_command_says_what_to_install(tmp_path: Path) -> None:
    lines = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('torch', 'music21', 'sklearn', 'matplotlib', 'onnx'):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "sys.argv = ['music', 'train', 'quick']\n"
        "from music.commands.root import main\n"
        "main()\n"
    )
    root = Path(__file__).resolve().parents[2]
    found = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert found.returncode == 2, found.stderr
    assert found.stderr == "error: this needs torch, which is not installed: pip install '.[train]'\n"
    assert "Traceback" not in found.stderr


def midi_file(path: Path, *, tempos: tuple[tuple[int, int], ...] = (), beats: int = 4) -> Path:
    """Write a MIDI file with four bars of quarters; `tempos` are (beat, microseconds)."""
    file = mido.MidiFile(type=1, ticks_per_beat=96)
    head, now = mido.MidiTrack(), 0
    head.append(mido.MetaMessage("time_signature", numerator=beats, denominator=4))
    for beat, microseconds in tempos:
        head.append(mido.MetaMessage("set_tempo", tempo=microseconds, time=96 * beat - now))
        now = 96 * beat
    notes = mido.MidiTrack()
    for beat in range(16):
        notes.append(mido.Message("note_on", note=60 + beat % 5, velocity=90, time=0))
        notes.append(mido.Message("note_off", note=60 + beat % 5, time=96))
    file.tracks += [head, notes]
    file.save(str(path))
    return path


def test_generate_without_an_output_says_that_nothing_is_written(generators: Path) -> None:
    code, output = run(
        "generate", "--bars", 8, "--mood", " Dark ", "--style", "FOLK", "--generators", generators
    )
    assert code == 0
    assert output.startswith("Dark 1: 8 bars")
    assert "nothing written: name a file by --out, --midi or --wav" in output


def test_a_piece_too_long_for_a_sound_file_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    midi, wav = tmp_path / "a.mid", tmp_path / "a.wav"
    code, output = run("generate", "--mood", "calm", "--bars", 256, "--midi", midi, "--wav", wav)
    assert code == 2
    assert "a.wav: expected a piece of at most 600 seconds, found 6" in output
    assert not midi.exists()
    assert not wav.exists()


@pytest.mark.parametrize("seed", range(4))
def test_the_length_of_a_piece_is_known_before_it_is_composed(seed: int) -> None:
    settings: dict[str, Any] = {"seed": seed, "mood": "dreamy", "style": "folk", "bars": 12}
    assert planned_seconds(**settings) == compose(fake_generators(), **settings).piece.seconds


def test_metrics_measure_readable_files_and_list_the_others(tmp_path: Path) -> None:
    good = midi_file(tmp_path / "good.mid")
    bad = [midi_file(tmp_path / "waltz.mid", beats=3), tmp_path / "none.mid", tmp_path / "text.mid"]
    bad[2].write_bytes(b"\x1b[2J no MIDI")
    code, output = run("metrics", bad[0], good, *bad[1:], "--json", tmp_path / "m.json")
    assert code == 1
    assert "error: waltz.mid: expected 4/4" in output
    assert "error: none.mid: expected a MIDI file, found no such file" in output
    assert "error: text.mid: expected a MIDI file that starts with MThd" in output
    assert "\x1b" not in output
    said = json.loads((tmp_path / "m.json").read_text())
    assert set(said["files"]) == {"good.mid"}
    assert set(said["refused"]) == {path.name for path in bad}
    assert run("metrics", good)[0] == 0
    code, output = run("metrics", *bad)
    assert code == 2
    assert "metric" not in output


def test_metrics_say_what_was_changed_in_a_midi_file(tmp_path: Path) -> None:
    code, output = run("metrics", midi_file(tmp_path / "a.mid", tempos=((0, 500_000), (8, 250_000))))
    assert code == 0
    assert "note: a.mid: tempo changes left out: 120 throughout" in output
    assert "note: a.mid: no key signature: key taken from the notes" in output


def test_a_midi_file_is_rendered_with_its_tempo_map(tmp_path: Path) -> None:
    wav = tmp_path / "a.wav"
    # 8 beats at 120, 4 at 240 and 4 at 60: 4 + 1 + 4 seconds; at 120 throughout it would be 8
    source = midi_file(tmp_path / "a.mid", tempos=((8, 250_000), (12, 1_000_000)))
    code, output = run("render", source, "--wav", wav)
    assert code == 0
    assert "a.wav: 9 s, 2 changes of tempo" in output
    assert "left out" not in output.replace("no key", "")
    with wave.open(str(wav)) as sound:
        assert 9.0 <= sound.getnframes() / sound.getframerate() < 12.0


def test_a_tempo_that_cannot_be_rendered_is_brought_near_and_said(tmp_path: Path) -> None:
    source = midi_file(tmp_path / "a.mid", tempos=((0, 500_000), (12, 150_000)))
    code, output = run("render", source, "--wav", tmp_path / "a.wav")
    assert code == 0
    assert "note: a.mid: tempos beyond 30 to 300 brought to the nearest of them: 1" in output


def test_a_corpus_names_the_files_that_it_leaves_out(tmp_path: Path) -> None:
    folder = tmp_path / "songs"
    folder.mkdir()
    for seed in range(6):
        (folder / f"{seed}.mid").write_bytes(song(6, seed=seed))
    midi_file(folder / "waltz.mid", beats=3)
    (folder / "text.mid").write_bytes(b"no MIDI at all")
    out = tmp_path / "corpus"
    code, output = run("corpus", "--collections", "", "--midi", folder, "--out", out)
    assert code == 0, output
    assert "left out: pieces: cannot be read: 1" in output
    assert "own/text.mid: text.mid: expected a MIDI file that starts with MThd, found 'no M'" in output
    assert "own/waltz.mid: no four bars of 4/4" in output
    said = json.loads((out / "manifest.json").read_text())["left_out"]
    assert [name for name, _ in said] == ["own/text.mid", "own/waltz.mid"]
