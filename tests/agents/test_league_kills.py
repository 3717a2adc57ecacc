"""A league of the game is killed at random moments and loses neither a snapshot nor a result."""

import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from agents.league import League, LeagueTable, new_league, open_league
from agents.recipe_reading import recipe_from
from safefiles.child import child_environment
from tests.agents.helpers import ROOT

BOTS = ["idle", "chaser"]
MATCHES = 4


def game_league(folder: Path) -> League:
    """Duels by small networks, and stages of a second or two."""
    recipe = recipe_from(
        {
            "title": "Killed",
            "env": {
                "id": "game:Bankshot/Duel-v0",
                "num_envs": 16,
                "kwargs": {"levels": "train:4"},
            },
            "ppo": {"n_steps": 32, "batch_size": 256, "n_epochs": 2},
            "net": {"pi": [16], "vf": [16]},
            "selfplay": {"enabled": True, "bots": {"chaser": 1.0}},
            "checkpoint": {"every": 2048},
        },
        "killed.toml",
    )
    table = LeagueTable(bots=BOTS, anchor="chaser", stage_samples=8192, matches=MATCHES, num_worlds=4)
    return new_league(folder, recipe, table)


def kept(folder: Path) -> tuple[dict[str, str], dict[tuple[str, str], tuple[int, ...]]]:
    """The snapshots by name with their SHA-256, and what each pair came to."""
    league = open_league(folder)
    snapshots = {
        member.name: hashlib.sha256(member.path.read_bytes()).hexdigest()
        for member in league.members
        if member.path is not None
    }
    return snapshots, {(one.first, one.second): (one.wins, one.losses, one.draws) for one in league.results()}


def killed(folder: Path, seconds: float) -> bool:
    """Run a stage and kill the process after so long; False where it ended before."""
    command = [
        sys.executable,
        "-m",
        "game",
        "agents",
        "league",
        "run",
        str(folder),
        "--stages",
        "1",
        "--threads",
        "1",
    ]
    with TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env=child_environment(), stdout=subprocess.DEVNULL, stderr=errors
        )
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        ended = process.poll() is not None
        process.kill()
        code = process.wait()
        errors.seek(0)
        assert not ended or code == 0, errors.read().decode()
    return not ended


def kill_league(folder: Path, kills: int, tell: Callable[[str], None] = print) -> None:
    """Kill a league so many times; AssertionError where one took anything of what was there before."""
    dice = random.Random(kills)
    started = time.monotonic()
    game_league(folder)
    assert not killed(folder, 600.0)
    longest = time.monotonic() - started
    before, done = kept(folder), 0
    first = len(before[0])
    while done < kills:
        done += killed(folder, dice.uniform(0.1, longest))
        after = kept(folder)
        for was, now in zip(before, after, strict=True):
            assert {name: now.get(name) for name in was} == was
        before = after
        tell(f"{done} kills: {len(before[0])} snapshots, {len(before[1])} results")
    assert not killed(folder, 600.0)
    snapshots, results = kept(folder)
    assert len(snapshots) >= first + kills // 10, "it went on while it was killed"
    members = [*BOTS, *snapshots]
    assert {frozenset(pair) for pair in results} == {frozenset(pair) for pair in combinations(members, 2)}
    assert {sum(found) for found in results.values()} == {MATCHES}


@pytest.mark.slow
def test_a_hundred_kills_take_neither_snapshots_nor_results(tmp_path: Path) -> None:
    kill_league(tmp_path / "league", 100)
