"""Every command of the tree: help, exit codes, one line for bad input, and an end by Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from game.cli.root import app, run
from tests.contracts.tree import PACKAGE_ROOTS, ROOT, shipped_sources, walk

Captured = pytest.CaptureFixture[str]
GROUPS = ("levels", "replay", "agents", "music", "recommender")

# Bad input for each command; each must end with exit code 2 and one line. {tmp} is an empty folder, {noise} a file of
# noise, {text} a text file.
BAD = {
    "": [["--no-such"], ["fly"], ["--user-dir"]],
    "play": [["nowhere", "--seconds", "1"], ["--language", "fr"], ["--seconds", "-1"], ["--seed", "-1"]],
    "watch": [["--brains", "nobody"], ["{noise}.tmj"], ["--seconds", "nan"], ["--screenshot", "{tmp}"]],
    "levels list": [["extra"]],
    "levels check": [["nowhere"], ["{tmp}/none.tmj"], ["{tmp}"]],
    "levels export": [["foundry"], ["nowhere", "--out", "{tmp}"], ["{noise}.tmj", "--out", "x"], ["foundry", "--out", "{text}"]],
    "levels render": [["nowhere", "--out", "{tmp}"], ["train:2", "--out", "x.png"], ["7", "--out", "x.png", "--scale", "3"], []],
    "levels test": [["nowhere"], ["{tmp}/none.tmj"], ["foundry", "--matches", "0"], ["foundry", "--brains", "{noise}.onnx"], []],
    "levels grade": [["nowhere"], ["{tmp}/none.tmj"], ["first_light", "--rounds", "0"]],
    "levels generate": [
        ["--objective", "race", "--out", "{tmp}"], ["--objective", "defend"],
        ["--objective", "defend", "--out", "{tmp}", "--size", "9"],
        ["--objective", "defend", "--out", "{tmp}", "--win-rate", "0.5", "--for", "easy"],
        ["--objective", "defend", "--out", "{tmp}", "--win-rate", "0.5", "--grade", "25"],
        ["--objective", "defend", "--out", "{tmp}", "--diverse"], ["--out", "{tmp}", "--for", "ace"], ["--out", "{text}"],
        ["--out", "{tmp}", "--win-rate", "60"], ["--out", "{tmp}", "--win-rate", "2%"], ["--out", "{tmp}", "--family", "hills"],
        ["--from", "nowhere", "--win-rate", "0.5", "--out", "{tmp}"], ["--from", "keep", "--out", "{tmp}"],
        ["--from", "train:2", "--win-rate", "0.5", "--out", "{tmp}"],
        ["--from", "{noise}.tmj", "--win-rate", "0.5", "--out", "x"],
        ["--from", "keep", "--win-rate", "0.5", "--out", "{tmp}", "--size", "20x20"],
        ["--from", "keep", "--win-rate", "0.5", "--out", "{tmp}", "--objective", "collect"],
    ],
    "levels repair": [["nowhere"], ["foundry", "--in-place"], ["foundry", "--language", "fr"], ["{tmp}/none.tmj"], []],
    "levels fairer": [["nowhere"], ["keep"], ["train:2"], ["{noise}.tmj"], ["foundry", "--matches", "0"], []],
    "levels new": [["Bad Name"], [""], ["taken", "--folder", "{tmp}/taken"]],
    "replay play": [["gone.bsr"], ["{noise}"], ["{tmp}"], ["gone.bsr", "--screenshot", "{text}"]],
    "replay verify": [["gone.bsr"], ["{noise}"], ["{tmp}"], []],
    "bench": [["--only", "nothing"], ["--json"]],
    "agents train": [["nothing"], ["quick", "--seeds", "1,1"], ["quick", "--set", "ppo.gama=1"], ["{noise}.toml"], []],
    "agents imitate": [["nothing", "--from", "marksman"], ["quick"], ["quick", "--from", "marksmen"], ["quick", "--from", "a:b"]],
    "agents league new": [["{tmp}/l", "nothing"], ["{tmp}/l", "quick"]],
    "agents league add": [["gone", "nobody.onnx"], ["{tmp}", "hunter"]],
    "agents league run": [["gone"], ["{tmp}"]],
    "agents league table": [["gone"], ["{tmp}"]],
    "agents resume": [["{tmp}"], ["gone"]],
    "agents export": [["gone", "--out", "x.onnx"], ["gone"]],
    "agents inspect": [["nobody"], ["{noise}.onnx"], ["{text}"], ["{tmp}"]],
    "agents evaluate": [["hunter", "--opponent", ","], ["nobody", "--opponent", "idle"], ["hunter", "--matches", "0"]],
    "agents duel": [["chaser", "idle"], ["hunter"]],
    "agents brains list": [["extra"]],
    "agents brains add": [["gone.onnx"], ["{noise}.onnx"], ["{tmp}"], []],
    "agents brains remove": [["hunter", "--yes"], ["nobody", "--yes"], ["chaser", "--yes"], []],
    "agents brains card": [["nobody"], ["chaser"], ["{noise}.onnx"], []],
    "agents compare": [["gone"], ["{tmp}"], []],
    "agents exploit": [["nobody"], ["{noise}.onnx"], ["hunter", "--recipe", "nothing"], ["hunter", "--samples", "0"]],
    "agents sweep": [["nothing"], ["quick"], ["{noise}.toml"], []],
    "agents recipes": [["extra"]],
    "music corpus": [["--collections", "polka"], ["--collections", "", "--midi", "{tmp}/none"]],
    "music train": [["slow"], ["quick", "--corpus", "{tmp}"]],
    "music resume": [["gone"]],
    "music export": [["gone", "--out", "x"]],
    "music compare": [["gone", "--corpus", "{tmp}"], []],
    "music generate": [["--mood", "sad"], ["--bars", "7"], ["--energy", "2"], ["--wav", "x.mp3"], ["--generators", "{tmp}"]],
    "music render": [["gone.mid", "--wav", "x.wav"], ["{noise}", "--wav", "x.wav"], ["{noise}.piece.json", "--wav", "x.wav"]],
    "music metrics": [["gone.mid"], ["{noise}"], ["{tmp}"], []],
    "music bench": [["extra"]],
    "recommender evaluate": [
        ["gone.csv"], ["{noise}"], ["{text}"], ["{tmp}"], ["{text}", "--folds", "none"], ["{text}", "--targets", "none"],
        ["{text}", "--cuts", "half"], ["{text}", "--memory", "0"],
    ],
    "recommender recommend": [["--language", "fr"], ["--count", "0"], ["--store", "gone.sqlite"], ["--zone", "0.9", "0.1"]],
    "recommender explain": [["nothing"], ["foundry", "--items", "{noise}"], []],
    "recommender simulate": [["--community", "{tmp}"], ["--store", "gone.sqlite"], ["--personas", "0"]],
    "recommender import": [["gone.csv"], ["{tmp}"], ["{noise}"], ["{text}"], ["{text}", "--scale", "5", "1"], []],
    "recommender export": [["x.xml"], ["x.csv", "--what", "songs"], ["x.json", "--store", "{text}"], []],
    "recommender bench": [["--plot", "x.png"]],
}  # fmt: skip


def commands(command: Any, way: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command and group by the words that call it."""
    found = {way: command}
    if hasattr(command, "list_commands"):
        context = typer.Context(command)
        for name in command.list_commands(context):
            found |= commands(command.get_command(context, name), (*way, name))
    return found


TREE = commands(typer.main.get_command(app))
LEAVES = [way for way, command in TREE.items() if not hasattr(command, "list_commands")]


def test_the_table_names_every_command() -> None:
    assert set(BAD) == {" ".join(way) for way in LEAVES} | {""}


@pytest.mark.parametrize("way", TREE, ids=" ".join)
def test_help_exits_0_by_both_names(way: tuple[str, ...], user_dir: Path, capsys: Captured) -> None:
    pages = []
    for name in ("-h", "--help"):
        assert run([*way, name]) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        pages.append(captured.out)
    assert pages[0] == pages[1]
    assert pages[0].startswith(f"Usage: {' '.join(('bankshot', *way))} ")
    assert not list(user_dir.iterdir()), "asking for help writes nothing"


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_is_its_help(group: str, capsys: Captured) -> None:
    assert run([group]) == 0
    alone = capsys.readouterr()
    assert run([group, "-h"]) == 0
    assert alone == capsys.readouterr()
    assert alone.err == ""


@pytest.mark.parametrize("way", TREE, ids=" ".join)
def test_an_unknown_option_is_bad_input(way: tuple[str, ...], capsys: Captured) -> None:
    assert run([*way, "--no-such-option"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: No such option: --no-such-option")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize("line", BAD, ids=lambda line: line or "bankshot")
def test_bad_input_is_one_line_and_exit_code_2(
    line: str, tmp_path: Path, user_dir: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for name in ("noise", "noise.tmj", "noise.toml", "noise.onnx", "noise.piece.json"):
        (tmp_path / name).write_bytes(bytes(range(256)) * 4)
    (tmp_path / "text").write_text("Dear diary,\ntoday nothing happened.\n")
    monkeypatch.chdir(tmp_path)
    if line == "levels new":
        assert run(["levels", "new", "taken", "--folder", "empty/taken"]) == 0
    for arguments in BAD[line]:
        filled = [
            part.format(tmp=empty, noise=tmp_path / "noise", text=tmp_path / "text") for part in arguments
        ]
        capsys.readouterr()
        code = run([*line.split(), *filled])
        error = capsys.readouterr().err
        assert (code, error.count("\n")) == (2, 1), (arguments, code, error)
        assert error.startswith("error: "), (arguments, error)
        assert "Traceback" not in error
    assert not list(user_dir.glob("crashes/*"))


LONG = {
    "agents": ["evaluate", "hunter", "--opponent", "chaser", "--matches", "1000000"],
    "music": ["generate", "--bars", "256", "--wav", "x.wav", "--seed", "1"],
    "recommender": ["simulate", "--personas", "100000"],
}


# Runs a command and says when it is at work: seen some times one after the other within the command's own function, and
# not importing. (Python drops an interrupt that meets one of the callbacks of its import system.)
WATCHED = """
import importlib, sys, threading, time, game.cli.root

importlib.import_module({"agents": "agents.cli"}.get(sys.argv[1], sys.argv[1] + ".commands.root"))

def watch(main):
    seen = 0
    while seen < 20:
        time.sleep(0.01)
        frame, names = sys._current_frames()[main], set()
        while frame is not None:
            names |= {frame.f_code.co_name, frame.f_code.co_filename[:17]}
            frame = frame.f_back
        seen = seen + 1 if sys.argv[2] in names and "<frozen importlib" not in names else 0
    print("working", flush=True)

threading.Thread(target=watch, args=(threading.get_ident(),), daemon=True).start()
sys.exit(game.cli.root.run(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize(
    "wings", [["recommender"], pytest.param(list(LONG), marks=pytest.mark.slow)], ids=len
)
def test_ctrl_c_ends_a_long_command_with_130(wings: list[str], tmp_path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WATCHED, wing, *LONG[wing]],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for wing in wings
    ]
    try:
        for child in children:
            assert child.stdout is not None
            assert "working\n" in iter(child.stdout.readline, ""), "it ended before it was interrupted"
        for child in children:
            child.send_signal(signal.SIGINT)
        for child in children:
            _, error = child.communicate(timeout=60)
            assert (child.returncode, error.splitlines()[-1:]) == (130, ["error: interrupted"]), error
    finally:
        for child in children:
            child.kill()


# Where text may go to the terminal without `safefiles.console`: it is fixed text, or read by a parent process.
OWN_WORDS = {
    "game/__main__.py", "game/app/main.py", "game/app/playing/warm.py", "game/cli/bench/programs/launch_game.py",
    "game/cli/bench/programs/measure_row.py",
    "game/player/community/generate.py",
    "game/cli/measure_brains.py", "game/cli/remake.py", "game/match/grading/ship.py", "game/match/making/fit_forecast.py",
    "recommender/advisor/refit.py", "recommender/evaluation/bench_scale.py",
    "safefiles/console.py", "safefiles/onnx_smoke.py",
}  # fmt: skip
PRINTING = (
    "typer.echo(",
    "print(",
    "sys.stdout.write(",
    "sys.stderr.write(",
    "Console().print(",
    'TextColumn("{task.desc',
)


def printing_lines(text: str) -> list[str]:
    """Lines that print without `safefiles.console`; `console.print` of a Rich console takes cells."""
    return [
        row.strip()
        for row in text.splitlines()
        if any(word in row.replace("console.print(cell(", "") for word in PRINTING)
        and not row.strip().startswith(("#", '"'))
    ]


def test_all_output_goes_through_the_console() -> None:
    files = [file for file in shipped_sources() if file.relative_to(ROOT).as_posix() not in OWN_WORDS]
    found = {str(file): rows for file in files if (rows := printing_lines(file.read_text(encoding="utf-8")))}
    assert found == {}
    assert all((ROOT / name).is_file() for name in OWN_WORDS)


@pytest.mark.parametrize("row", ["typer.echo(title)", "    print(title)", 'console.print(f"[b]{title}")'])
def test_printing_past_the_console_is_noticed(row: str) -> None:
    assert len(printing_lines(f"first\n{row}\n")) == 1
    assert printing_lines('console.print(cell(f"note"))\necho(title)') == []


def test_no_text_names_a_package_that_is_not_published() -> None:
    suffixes = {".py", ".md", ".toml"}
    files = [
        file
        for folder in (*(ROOT / name for name in PACKAGE_ROOTS), ROOT / "docs")
        for file in walk(folder)
        if file.suffix in suffixes
    ]
    files += [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md"]
    files += [file for file in walk(ROOT / "examples") if file.suffix in suffixes]
    named = [str(file) for file in files if "install 'bankshot" in file.read_text(encoding="utf-8")]
    assert named == []
