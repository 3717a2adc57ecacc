"""The generator: the same seed gives the same bytes, real matches give the outcomes."""

import csv
import io
import json

import pytest

from game.core.levels.catalogue import load_level
from game.player.community.generate import files_of, simulate
from game.player.community.personas import LADDER, make_personas, policy

SMALL = ("first_light", "crossfire")  # matches of a few seconds


def made(seed: int, players: int = 3) -> dict[str, bytes]:
    return files_of(simulate(make_personas(players, seed), {name: load_level(name) for name in SMALL}), seed)


def test_the_same_seed_gives_the_same_files_and_another_seed_others() -> None:
    first = made(7)
    assert first == made(7)
    assert first["attempts.csv"] != made(8)["attempts.csv"]


def test_the_card_counts_what_the_tables_hold() -> None:
    files = made(7)
    card = json.loads(files["card.json"])
    rows = {
        name: list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode())))
        for name in ("ratings", "attempts")
    }
    assert (card["ratings"], card["attempts"]) == (len(rows["ratings"]), len(rows["attempts"]))
    assert sum(card["outcomes"].values()) == card["attempts"]
    assert card["notice"].startswith("SIMULATED")
    assert {row["player"] for row in rows["attempts"]} <= {"sim-000", "sim-001", "sim-002"}


def test_a_persona_does_not_depend_on_how_many_there_are() -> None:
    assert make_personas(3, 1) == make_personas(9, 1)[:3]
    assert make_personas(3, 1) != make_personas(3, 2)


@pytest.mark.parametrize("objective", range(4))
def test_practice_never_makes_a_player_weaker(objective: int) -> None:
    for persona in make_personas(20, 1):
        if persona.brained:
            continue
        steps = [LADDER.index(policy(persona, attempts, objective)) for attempts in range(0, 40, 5)]
        assert steps == sorted(steps)
