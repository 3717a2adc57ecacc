"""The example of the README runs in a program without any game."""

import re
from pathlib import Path

from music.piece import piece_to_json
from music.soundtrack.bench import bench_mix
from tests.contracts.tree import ROOT, run_python
from tests.music.soundtrack.tones import small_piece

README = ROOT / "music" / "soundtrack" / "README.md"

# The renderer is replaced by a fast one; a click and the closing of the window are simulated.
AROUND = """
import os, sys, threading
os.chdir({folder!r})
import music.soundtrack.soundtrack as module
from tests.music.soundtrack.tones import tone_render
module.synth_render = lambda piece: tone_render

def person():
    import time, pygame
    for kind in (pygame.MOUSEBUTTONDOWN, pygame.QUIT):
        time.sleep(0.5)
        pygame.event.post(pygame.event.Event(kind))

threading.Thread(target=person, daemon=True).start()
code = {code!r}
exec(compile(code, "README.md", "exec"))
assert not any(name.partition(".")[0] in ("game", "agents") for name in sys.modules)
assert track.playing and not track.silent and not track.problem
print("played", len([line for line in code.splitlines() if line]))
"""


def example() -> str:
    code = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    return code[1]


def test_the_example_of_the_readme_runs(tmp_path: Path) -> None:
    (tmp_path / "tune.piece.json").write_text(piece_to_json(small_piece(300.0)), encoding="utf-8")
    result = run_python("-c", AROUND.format(folder=str(tmp_path), code=example()), cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[-2:] == ["played", "10"]


def test_the_bench_gives_rows_that_can_be_written_as_json() -> None:
    rows = bench_mix()
    assert [(row["name"], row["unit"]) for row in rows] == [("music_mix_ms", "ms")]
    assert 0 < rows[0]["cpu_p50"] <= rows[0]["cpu_p99"]
    assert rows[0]["count"] == 600
