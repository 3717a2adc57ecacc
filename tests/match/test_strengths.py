"""How strong a brain plays at each difficulty: by what it learnt and what was measured of it."""

import json
from pathlib import Path

import pytest

from agents.contract import Contract
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.npc import MAX_DELAY, MAX_TEMPERATURE
from game.match.reflexes import MOST_SENSED, full_contract
from game.match.strengths import (
    MEASURED_FILE,
    SCHEMA,
    TRAINED,
    UNTRAINED,
    ladder_of,
    measured_strengths,
    possible_strengths,
    strength_of,
)
from tests.agents.helpers import brain_bytes, small_recipe
from tests.match.matches import random_brain


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> BrainLibrary:
    folder = tmp_path_factory.mktemp("strong") / "brains"
    random_brain(folder, "plain")
    (folder / "told.onnx").write_bytes(brain_bytes(small_recipe(), Contract.from_dict(full_contract())))
    return BrainLibrary(folder)


@pytest.mark.parametrize("ladder", [UNTRAINED, TRAINED])
def test_each_difficulty_is_quicker_and_surer_than_the_one_before(
    ladder: dict[str, tuple[int, float]],
) -> None:
    assert tuple(ladder) == DIFFICULTY_IDS
    delays, heats = zip(*ladder.values(), strict=True)
    assert all(0 <= delay <= MAX_DELAY for delay in delays)
    assert all(0 <= heat <= MAX_TEMPERATURE for heat in heats)
    assert list(delays) == sorted(delays, reverse=True)
    assert list(heats) == sorted(heats, reverse=True)
    assert delays[-1] == 0


def test_no_trained_delay_is_longer_than_can_be_sensed() -> None:
    assert max(strength.delay for strength in TRAINED.values()) <= MOST_SENSED


def test_a_brain_that_knows_its_delay_plays_at_other_strengths_than_one_that_does_not(
    library: BrainLibrary,
) -> None:
    for difficulty in DIFFICULTY_IDS:
        assert strength_of(library, "told", difficulty) == TRAINED[difficulty]
        for name in ("plain", "chaser", "nobody"):
            assert strength_of(library, name, difficulty) == UNTRAINED[difficulty]
    with pytest.raises(
        ValueError, match="difficulty: expected one of rookie, regular, veteran, ace, found 'hard'"
    ):
        strength_of(library, "told", "hard")


def test_what_was_measured_of_a_brain_goes_before(
    library: BrainLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, plain = library.find("told"), library.find("plain")
    own = {name: {"delay": 4 * n, "temperature": 0.25} for n, name in enumerate(reversed(DIFFICULTY_IDS))}
    row = {"name": "told", "sha256": told.sha256, "difficulties": own, "objectives": {}}
    file = tmp_path / "strengths.json"
    file.write_text(json.dumps({"schema": SCHEMA, "brains": [row]}), encoding="utf-8")
    table = measured_strengths(file)
    monkeypatch.setattr("game.match.strengths.measured_strengths", lambda: table)
    assert ladder_of(told)["rookie"] == (12, 0.25)
    assert ladder_of(plain) == UNTRAINED
    assert possible_strengths("rookie", told.sha256) == {(12, 0.25), TRAINED["rookie"], UNTRAINED["rookie"]}
    assert possible_strengths("rookie", "") == {UNTRAINED["rookie"]}


def test_the_file_that_ships_names_the_brains_that_ship() -> None:
    rows = measured_strengths(MEASURED_FILE)
    shipped = {entry.sha256: entry.name for entry in BrainLibrary().entries() if entry.kind == "shipped"}
    for sha256, row in rows.items():
        assert shipped.get(sha256) == row["name"], "make it anew: its brain is another one now"
        assert set(row["difficulties"]) == set(DIFFICULTY_IDS)
