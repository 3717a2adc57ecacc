"""The commands as a person types them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from music.cli import app
from tests.music.test_generator_files import write_set

runner = CliRunner()


@pytest.fixture(scope="module")
def generators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("generators"))


def run(*arguments: object) -> tuple[int, str]:
    result = runner.invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_a_piece_is_made_measured_and_heard(tmp_path: Path, generators: Path) -> None:
    piece, midi, wav = tmp_path / "a.piece.json", tmp_path / "a.mid", tmp_path / "a.wav"
    asked = ["generate", "--seed", 7, "--mood", "calm", "--bars", 8, "--generators", generators]
    code, output = run(*asked, "--out", piece, "--midi", midi, "--wav", wav, "--json", tmp_path / "a.json")
    assert code == 0, output
    assert "8 bars" in output
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
        (["generate", "--mood", "sad"], "error: mood: expected one of"),
        (["generate", "--bars", "30"], "error: bars: expected a multiple of 4"),
        (["render", "nowhere.mid", "--wav", "x.wav"], "nowhere.mid: No such file"),
        (["render", "nowhere.json", "--wav", "x.wav"], "nowhere.json: cannot be read"),
        (["metrics", "nowhere.piece.json"], "nowhere.piece.json: cannot be read"),
        (["train", "quick", "--corpus", "nowhere"], "manifest.json: no such file"),
        (["train", "slow"], "recipe 'slow': expected a .toml file or one of"),
        (["resume", "nowhere"], "nowhere: expected a run folder"),
        (["export", "nowhere", "--out", "x"], "nowhere: expected a run folder"),
        (["corpus", "--collections", "polka"], "collections: expected names among"),
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


def test_pieces_of_one_name_are_told_apart_by_their_folders(tmp_path: Path, generators: Path) -> None:
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
        "from music.cli import main\n"
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
