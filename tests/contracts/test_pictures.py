"""`docs/pictures`: each scene begins to move; the committed pictures are small, move, and are described on the pages."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")

from PIL import Image

from docs.pictures import bank_shot, training
from docs.pictures.__main__ import PICTURES, main
from docs.pictures.film import HELD_MS, Order, without_repeats, write
from docs.pictures.tiled_view import HEAD, TiledView
from game.app.browse.level_library import info_of
from game.app.playing.session import Match, MatchPlan
from game.core.levels.catalogue import select
from game.core.sim import events as ev
from game.core.sim import state as st
from tests.contracts.tree import ROOT

BUILTIN = ROOT / "game" / "core" / "levels" / "builtin"
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 1_500_000
MOST_TOGETHER = 5_000_000
MOVES = {"foryou": 30}  # frames within which a scene has begun to move, where 8 are too few
PAGES = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)\s]+\.webp)\)|<img src=\"([^\"]+\.webp)\"[^>]*alt=\"([^\"]*)\"")


def shown() -> list[tuple[Path, str, str]]:
    """Page, picture and alternative text of every moving picture that a page shows."""
    found = []
    for page in PAGES:
        for match in SHOWN.finditer(page.read_text(encoding="utf-8")):
            found.append((page, Path(match[2] or match[3]).name, match[1] or match[4]))
    return found


def test_the_list_names_every_picture() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "docs.pictures", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split(":")[0] for line in listed.stdout.splitlines()] == [
        f"{name}.webp" for name in PICTURES
    ]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_and_moves_long_enough(name: str) -> None:
    file = IMAGES / f"{name}.webp"
    assert file.stat().st_size <= min(PICTURES[name].most, MOST_BYTES)
    with Image.open(file) as picture:
        frames = getattr(picture, "n_frames", 1)
        milliseconds = 0
        for number in range(frames):
            picture.seek(number)
            picture.load()
            milliseconds += picture.info["duration"]
        assert picture.info["loop"] == 0
        assert picture.info["duration"] >= HELD_MS, "the last frame is held"
    assert frames >= 30
    assert 5 <= milliseconds / 1000 <= 9.5


def test_the_pictures_together_are_no_burden() -> None:
    assert sum(file.stat().st_size for file in IMAGES.glob("*.webp")) <= MOST_TOGETHER
    assert {file.stem for file in IMAGES.glob("*.webp")} == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_shown_and_described_in_both_languages(name: str) -> None:
    texts = [text for _, picture, text in shown() if picture == f"{name}.webp"]
    chinese = [text for text in texts if re.search("[\u4e00-\u9fff]", text)]
    assert chinese
    assert len(chinese) < len(texts)
    assert all(len(text) >= 10 for text in texts)


def as_if_trained(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A work folder with the curve of a run, whose first brain is a bot that never fires, and its last one a better bot."""
    (work / "run" / "checkpoints").mkdir(parents=True)
    rows = [{"samples": n, "win_rate": n / 400, "win_rate_vs_chaser": n / 300} for n in (100, 200, 300)]
    (work / "run" / "curve.json").write_text(json.dumps({"schema": 1, "rows": rows}))
    for samples in (100, 300):
        (work / "run" / "checkpoints" / f"{samples:012}.safetensors").touch()
    bots = {"000000000100": Path("idle"), "000000000300": Path("marksman")}
    monkeypatch.setattr(training, "exported", lambda run, work, name: bots[name])
    monkeypatch.setattr(training, "OPPONENT", "chaser")


@pytest.mark.parametrize("name", PICTURES)
def test_a_scene_begins(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "train":
        as_if_trained(tmp_path, monkeypatch)
    most = MOVES.get(name, 8)
    module = import_module(f"docs.pictures.{PICTURES[name].module}")
    frames = module.draw(Order(tmp_path, most=most))
    assert len(frames) == most
    assert {frame.size for frame in frames} == {frames[0].size}
    assert 480 <= frames[0].width <= 960
    assert np.asarray(frames[0]).std() > 5
    assert (np.asarray(frames[0]) != np.asarray(frames[-1])).any()


def test_frames_that_change_nothing_are_shown_longer(tmp_path: Path) -> None:
    red, blue = (Image.new("RGB", (40, 30), colour) for colour in ("red", "blue"))
    assert without_repeats([red, blue, red, blue], 2) == ([red], [200 + HELD_MS])
    kept, milliseconds = without_repeats([red, red.copy(), blue, red])
    assert kept == [red, blue, red]
    assert milliseconds == [100, 50, 50 + HELD_MS]
    written = write(tmp_path / "some.webp", [red, red, blue], 80, 10_000)
    assert (written.frames, written.seconds) == (2, pytest.approx(0.15 + HELD_MS / 1000))


def test_a_picture_that_cannot_be_small_enough_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    with pytest.raises(
        ValueError, match=r"some.webp: expected at most 100 bytes, found [\d,]+ at quality 80"
    ):
        write(tmp_path / "some.webp", [Image.fromarray(noise)], 80, 100)


def test_a_name_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["pictures", "pley"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "NAME: expected one of play" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("victim", "flags", "tiles", "counted"),
    [(1, ev.BANKED_FLAG, 6, 1), (1, 0, 6, 0), (0, ev.BANKED_FLAG, 6, 0), (1, ev.BANKED_FLAG, 1, 0)],
    ids=["bank shot", "direct", "own tank", "too near"],
)
def test_a_bank_shot_from_far_that_hits_another_team_counts(
    victim: int, flags: int, tiles: int, counted: int
) -> None:
    match = Match(MatchPlan(info_of(select("first_light")[0]), 1, "", ""))
    x, y = match.world.tanks[0, bank_shot.WATCHED, [st.TANK_X, st.TANK_Y]]
    match.world.events[0, 0] = (ev.TANK_HIT, victim, bank_shot.WATCHED + flags, x + tiles * 256, y)
    match.world.head[0, st.N_EVENTS] = 1
    assert bank_shot.bank_hits(match) == counted


def test_the_part_with_the_most_hits_is_shown_with_a_second_before_and_after() -> None:
    hits = [0] * 2000
    hits[300] = hits[1500] = hits[1600] = 1
    count, begin = bank_shot.best_part(hits)
    assert count == 2
    assert begin + 60 <= 1500
    assert begin + bank_shot.TICKS - 60 > 1600


def test_a_map_is_shown_with_what_was_painted_into_it() -> None:
    document = json.loads((BUILTIN / "first_light.tmj").read_text(encoding="utf-8"))
    view = TiledView(document, (160, 160))
    before = np.asarray(view.draw())
    view.paint((3, 2), 9)
    cell = np.asarray(view.draw()) != before
    rows, columns = np.nonzero(cell.any(axis=2))
    assert (rows.min() - HEAD) // 10 >= 2 - 1
    assert (rows.max() - HEAD) // 10 <= 3
    assert columns.min() // 10 >= 2
    assert columns.max() // 10 <= 4
