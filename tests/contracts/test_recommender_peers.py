"""The script in `benchmarks/recommender` runs: our rows alone, a library that is missing, and one whose lists are wrong."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.recommender import compare, peer
from recommender.evaluation.protocols import time_windows
from tests.contracts.tree import ROOT, run_python
from tests.recommender.evaluation.test_run import spread


def test_our_own_rows_are_a_table(tmp_path: Path) -> None:
    ratings = spread(16)
    table, out = tmp_path / "ratings.csv", tmp_path / "out.json"
    rows = zip(ratings.player, ratings.item, ratings.stars, ratings.time)
    table.write_text(
        "user,item,rating,timestamp\n" + "".join(f"{u},{i},{s:g},{t:.1f}\n" for u, i, s, t in rows)
    )
    options = ["--product", "plain", "--peers", str(tmp_path), "--only", "implicit-als", "--json", str(out)]
    done = run_python("-m", "benchmarks.recommender.compare", str(table), *options, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(
        "| model | leave-last-out HR@10 | leave-last-out NDCG@10 | leave-last-out NDCG@10 difference from EASE |"
    )
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| popularity", "| ease", "| product"]
    assert "left out: implicit-als: no environment implicit below --peers" in lines
    data = json.loads(out.read_text("utf-8"))
    assert set(data["tables"]["temporal windows"]["product"]["against"]) == {"popularity", "ease"}


def test_lists_with_an_item_that_the_player_has_stop_the_comparison() -> None:
    part = compare.warm_only(time_windows(spread(16), (0.6,))[0])
    assert set(part.players.tolist()) <= set(part.learned.player.tolist())
    had = part.learned.item[part.learned.player == part.players[0]][0]
    twenty = np.full((len(part.players), 20), -1, np.int32)
    compare._checked("sound", twenty, part)
    twenty[0, 0] = had
    with pytest.raises(ValueError, match="wrong: expected candidates, each once"):
        compare._checked("wrong", twenty, part)


def test_a_list_that_a_library_pads_is_cut_off() -> None:
    part = {
        "player": np.array([0, 1]),
        "item": np.array([1, 0]),
        "players": 2,
        "items": 4,
        "asked": np.array([0]),
    }
    found, scores = np.array([[2, 1, 2, 3]]), np.array([[0.9, 0.8, 0.7, -3.4e38]])
    assert peer.pack_lists(found, scores, part)[0].tolist() == [2, *[-1] * 19]
    assert peer.top_unseen(np.array([[1.0, 9.0, 3.0, 2.0]]), part)[0].tolist() == [2, 3, 0, -1]


def test_a_library_that_fails_is_named_with_its_word(tmp_path: Path) -> None:
    python = tmp_path / "implicit" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # -S: nothing installed is found
    python.chmod(0o755)
    asked = compare.PeerModels(tmp_path)
    part = compare.warm_only(time_windows(spread(16), (0.6,))[0])
    assert asked.lists("implicit-als", part) is None
    assert "ModuleNotFoundError" in asked.missing["implicit-als"]
