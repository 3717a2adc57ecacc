"""A match is played where only the play-time packages exist, and asks for no other."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from game.core.sim.prebuilt import prebuilt
from tests.contracts.tree import ROOT, run_python

# A child process in which the learner's packages cannot be imported, as in a play-only install. It runs the
# lines given as its argument, then prints what was asked for and what was loaded.
CHILD = """
import json, sys

ABSENT = {"music21", "onnx", "pettingzoo", "safetensors", "stable_baselines3", "tensorboard", "tomli_w", "torch"}
asked = set()

class PlayOnly:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            asked.add(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, PlayOnly())
code = 0
try:
    exec(sys.argv[1])
except SystemExit as stop:
    code = stop.code or 0
tops = {name.partition(".")[0] for name in sys.modules}
print("REPORT" + json.dumps({"code": code, "asked": sorted(asked), "loaded": sorted(tops)}))
"""

WATCH = """
sys.argv = ["bankshot", "watch", "--seconds", "3", "--screenshot", "match.png"]
from game.cli.root import main
main()
"""


PLUGINS_AND_GAME = {"agents", "game", "music", "recommender", "safefiles"}

MUSIC = """
import pygame
from pathlib import Path
from game.app.jukebox.studio import Jukebox
from game.app.sound.game_music import FIRST_FRAMES, GameMusic
from game.core.levels.catalogue import load_level
from game.player.paths import UserFolders
from music.composer.reroll import reroll_voice
from tests.music.fakes import fake_generators
jukebox = Jukebox(UserFolders(Path("player")), load_generators=fake_generators)
music = GameMusic(jukebox, audible=True)
music.level(load_level("first_light"), "first_light")
for _ in range(FIRST_FRAMES):
    music.update()
assert jukebox.worker.wait()
assert music.track is not None and music.track.playing, music.problem
library = jukebox.library()
name = library.add(lambda: music.track.piece).name
library.edit(name, lambda piece: reroll_voice(fake_generators(), piece, "melody", 1))
library.export_midi(name)
jukebox.close()
music.close()
"""


def play_only(lines: str, folder: Path) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """Run `lines` in the play-only child; return its report and the process."""
    result = run_python("-c", CHILD, lines, cwd=folder, PYTHONPATH=str(ROOT))
    reports = [row for row in result.stdout.splitlines() if row.startswith("REPORT")]
    assert len(reports) == 1, result.stdout + result.stderr
    return json.loads(reports[0].removeprefix("REPORT")), result


def test_a_match_is_played_without_the_learner(tmp_path: Path) -> None:
    report, result = play_only(WATCH, tmp_path)
    assert report["code"] == 0, result.stdout + result.stderr
    assert report["asked"] == []
    assert {"numpy", "onnxruntime", "pygame"} <= set(report["loaded"])
    assert ("numba" in report["loaded"]) == (prebuilt() is None)
    assert (tmp_path / "match.png").stat().st_size > 10_000


def test_music_is_composed_played_and_edited_without_the_learner(tmp_path: Path) -> None:
    report, result = play_only(MUSIC, tmp_path)
    assert report["code"] == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert report["asked"] == []
    assert {"music", "numpy", "pygame"} <= set(report["loaded"])
    assert not {"matplotlib", "sklearn"} & set(report["loaded"])


# The title of a real window's loop, on SDL's dummy screen; the process ends with its first picture.
TITLE = """
import os, sys
PRELUDE
import game.app.window
game.app.window.choose_drivers = lambda: True
from game.app.app import App
from game.cli.root import run
draw = App.draw

def first(self, *arguments):
    draw(self, *arguments)
    print("STARTED", self.warm._thread is not None, self.top.name)
    print("MODULES", *sys.modules)
    sys.stdout.flush()
    os._exit(0)

App.draw = first
run([])
"""
NOT_BEFORE_THE_TITLE = {
    "gymnasium", "http", "llvmlite", "matplotlib", "mido", "music", "numba", "onnx", "onnxruntime", "rich",
    "scipy", "sklearn", "torch",
}  # fmt: skip
OURS_BEFORE_THE_TITLE = (
    107  # modules of the game and its plugins; each costs a file that is found, read and run
)


def modules_at_the_title(folder: Path, prelude: str = "") -> tuple[str, set[str]]:
    """Return what was said of the start, and the modules that are loaded when the title is first drawn."""
    result = run_python(
        "-c", TITLE.replace("PRELUDE", prelude), cwd=folder, PYTHONPATH=str(ROOT), SDL_VIDEODRIVER="dummy",
        SDL_AUDIODRIVER="dummy", BANKSHOT_USER_DIR=str(folder / "player"),
    )  # fmt: skip
    words = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line.strip()}
    assert "MODULES" in words, result.stdout + result.stderr
    return " ".join(words["STARTED"]), set(words["MODULES"])


def test_the_title_is_drawn_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    started, loaded = modules_at_the_title(tmp_path)
    assert started == "False title", "the kernels' thread begins after the first picture"
    assert loaded & NOT_BEFORE_THE_TITLE == set()
    ours = {name for name in loaded if name.partition(".")[0] in PLUGINS_AND_GAME}
    assert len(ours) <= OURS_BEFORE_THE_TITLE, sorted(ours)


def test_what_is_imported_before_the_title_is_noticed(tmp_path: Path) -> None:
    _, loaded = modules_at_the_title(tmp_path, "import gymnasium")
    assert "gymnasium" in loaded & NOT_BEFORE_THE_TITLE


def test_importing_the_game_loads_nothing_heavy(tmp_path: Path) -> None:
    report, _ = play_only("import game", tmp_path)
    assert report["asked"] == []
    assert set(report["loaded"]) & {"gymnasium", "numba", "numpy", "onnxruntime", "pygame"} == set()


@pytest.mark.parametrize(
    "lines",
    ["import torch", "try:\n    import torch\nexcept ImportError:\n    pass", "import agents.learner"],
    ids=["plain", "optional", "agents.learner"],
)
def test_asking_for_the_learner_is_noticed(tmp_path: Path, lines: str) -> None:
    guarded = (
        "try:\n" + "\n".join(f"    {row}" for row in lines.splitlines()) + "\nexcept ImportError:\n    pass"
    )
    report, _ = play_only(guarded, tmp_path)
    assert any(name.partition(".")[0] == "torch" for name in report["asked"])


def test_training_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    lines = 'sys.argv = ["bankshot", "agents", "train", "quick"]\nfrom game.cli.root import main\nmain()'
    report, result = play_only(lines, tmp_path)
    assert report["code"] == 2
    assert f"pip install -e {shlex.quote(f'{ROOT}[train]')}" in result.stderr
    assert "Traceback" not in result.stderr
