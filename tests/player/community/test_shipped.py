"""The community that ships: true to its card, small, labelled, and about the levels that there are."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from game.core.levels.catalogue import list_levels, load_level
from game.core.sim.contract import rules_hash
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.gradebook import grade_key
from game.player.community import SHIPPED_FOLDER
from game.player.community.generate import ATTEMPT_COLUMNS, RATING_COLUMNS
from recommender.advisor.community import Community
from recommender.records.kinds import OUTCOMES, SIMULATED

MOST_BYTES = 300_000


def complaints(folder: Path) -> list[str]:
    """What is wrong with a community's files."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    community = Community.read(folder)
    levels = {entry.name: grade_key(entry.level) for entry in list_levels() if entry.level is not None}
    named = {record.item for record in (*community.ratings, *community.attempts)}
    tried = {(attempt.player, attempt.item) for attempt in community.attempts}
    checks = {
        "rules": card["rules"] == rules_hash(),
        "levels": card["levels"] == levels,
        "items": named <= levels.keys(),
        "ratings": card["ratings"] == len(community.ratings),
        "attempts": card["attempts"] == len(community.attempts),
        "players": card["players"] == len(community.players),
        "outcomes": card["outcomes"] == Counter(attempt.outcome for attempt in community.attempts),
        "label": card["source"] == SIMULATED and card["notice"].startswith("SIMULATED"),
        "rated what was tried": all((r.player, r.item) in tried for r in community.ratings),
    }
    return [name for name, holds in checks.items() if not holds]


def test_the_shipped_files_are_sound() -> None:
    assert complaints(SHIPPED_FOLDER) == [], (
        "levels, their opponents or rules changed: run the command in card.json"
    )


@pytest.mark.parametrize("page", ["docs/play.md", "docs/zh/play.md"])
def test_the_guides_say_how_large_it_is(page: str) -> None:
    card = json.loads((SHIPPED_FOLDER / "card.json").read_text(encoding="utf-8"))
    text = (Path(__file__).parents[3] / page).read_text(encoding="utf-8")
    assert f"{card['players']} " in text
    assert f"{card['attempts']:,} " in text


def other_opponents(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    level = replace(load_level("foundry"), roster=load_level("foundry").roster[::-1])
    assert level.digest == load_level("foundry").digest
    card["levels"]["foundry"] = grade_key(level)
    (folder / "card.json").write_text(json.dumps(card))


def drop_a_rating(folder: Path) -> None:
    lines = (folder / "ratings.csv").read_text().splitlines()
    (folder / "ratings.csv").write_text("\n".join(lines[:-1]) + "\n")


def rename_a_level(folder: Path) -> None:
    text = (folder / "attempts.csv").read_text()
    (folder / "attempts.csv").write_text(text.replace("first_light", "last_light"))


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (drop_a_rating, "ratings"),
        (rename_a_level, "items"),
        (other_opponents, "levels"),
    ],
)
def test_spoilt_files_are_noticed(spoil: Callable[[Path], None], found: str, tmp_path: Path) -> None:
    for file in SHIPPED_FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    spoil(tmp_path)
    assert found in complaints(tmp_path)


def test_the_tables_have_the_promised_columns_and_are_small() -> None:
    total = 0
    for name, columns in (("ratings.csv", RATING_COLUMNS), ("attempts.csv", ATTEMPT_COLUMNS)):
        with (SHIPPED_FOLDER / name).open(encoding="utf-8") as stream:
            assert tuple(next(csv.reader(stream))) == columns
        total += (SHIPPED_FOLDER / name).stat().st_size
    assert total <= MOST_BYTES


def test_everything_read_is_marked_simulated_and_plausible() -> None:
    community = Community.read(SHIPPED_FOLDER)
    assert {record.source for record in (*community.ratings, *community.attempts)} == {SIMULATED}
    assert all(player.startswith("sim-") for player in community.players)
    assert all(1 <= rating.stars <= 5 and rating.stars == int(rating.stars) for rating in community.ratings)
    assert all(attempt.against in DIFFICULTY_IDS for attempt in community.attempts)
    assert all(0 < attempt.seconds <= 240 for attempt in community.attempts)
    shares = Counter(attempt.outcome for attempt in community.attempts)
    assert set(shares) == set(OUTCOMES)
    assert 0.3 < shares["finished"] / len(community.attempts) < 0.8


def test_every_level_was_rated_by_some_and_no_level_by_all() -> None:
    community = Community.read(SHIPPED_FOLDER)
    counts = Counter(rating.item for rating in community.ratings)
    assert set(counts) == {entry.name for entry in list_levels()}
    assert min(counts.values()) >= 10
    assert max(counts.values()) < len(community.players)
