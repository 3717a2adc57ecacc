"""The settings that a program hands to the commands."""

import json
from pathlib import Path

import pytest

from recommender.advisor.answers import AdvisorSettings
from recommender.advisor.skill import SkillSettings
from recommender.commands.program_settings import read_settings
from recommender.errors import SettingRefused, TableRefused
from recommender.records.kinds import Item


def file(folder: Path, content: object) -> Path:
    path = folder / "advisor.json"
    path.write_text(json.dumps(content))
    return path


def test_a_file_sets_what_it_names_and_no_more(tmp_path: Path) -> None:
    content = {
        "easy_first": 3,
        "difficulties": ["calm", "wild"],
        "ease": {"a": 0.9},
        "repeats": False,
        "opponents": False,
        "offer": [0.05, 0.95],
        "steps": [-4, 4.5],
        "own_steps": {"a": [-1, 2]},
        "spread_of_tested": 2.5,
        "spread_of_steps": 1,
    }
    found = read_settings(file(tmp_path, content), (0.4, 0.6))
    assert (found.easy_first, found.difficulties, found.repeats) == (3, ("calm", "wild"), False)
    assert not found.opponents
    assert found.zone is not None
    assert (found.zone.low, found.zone.high) == (0.4, 0.6)
    assert found.ease(Item("a")) == 0.9
    assert found.ease(Item("b", finish_rate=0.2)) == 0.2
    assert (found.offer, found.steps) == ((0.05, 0.95), (-4, 4.5))
    assert (found.own_steps(Item("a")), found.own_steps(Item("b"))) == ([-1, 2], None)
    assert (found.skill.tested, found.skill.against) == (2.5, 1)
    assert found.skill.player == SkillSettings().player
    assert found.diversity == AdvisorSettings().diversity
    assert read_settings(None, (0.55, 0.85)) == AdvisorSettings()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"zone": 1},
        {"easy_first": "3"},
        {"difficulties": "calm"},
        {"ease": {"a": 2}},
        {"repeats": 1},
        {"opponents": None},
        {"offer": [0.1]},
        {"steps": [1, "2"]},
        {"own_steps": [1, 2]},
        {"own_steps": {"a": 1}},
        {"spread_of_tested": 0},
        {"spread_of_steps": True},
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, content: object) -> None:
    with pytest.raises(TableRefused, match=r"advisor\.json: expected a JSON object with any of diversity"):
        read_settings(file(tmp_path, content), (0.55, 0.85))


def test_a_number_out_of_its_limits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="advisor › exploration: expected a number from 0 to 1, found 7"):
        read_settings(file(tmp_path, {"exploration": 7}), (0.55, 0.85))
