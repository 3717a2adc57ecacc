"""The process that grades beside the game: one line in, one line out, whatever the line is."""

import io
import json

import pytest

from game.core.levels.catalogue import load_level
from game.match.brain_library import BrainLibrary
from game.match.grading.grading_child import play_slice, serve, slice_request
from game.match.grading.panel_matches import panel_counts


def answers(*lines: str) -> list[dict[str, object]]:
    out = io.StringIO()
    serve(io.StringIO("".join(lines)), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_slice_is_what_the_panel_wins() -> None:
    level = load_level("first_light")
    expected = panel_counts([level], 1, 100, difficulties=("ace",))[0].won[3]
    assert answers(slice_request(level, "ace", 100)) == [{"won": expected}]


def test_an_endless_level_goes_by_its_name() -> None:
    level = load_level("rings-defend-17")
    library = BrainLibrary()
    by_name = play_slice(json.loads(slice_request("rings-defend-17", "rookie", 3)), library)
    assert by_name == play_slice(json.loads(slice_request(level, "rookie", 3)), library)
    with pytest.raises(ValueError, match="expected an endless one, found 'foundry'"):
        play_slice(json.loads(slice_request("foundry", "rookie", 3)), library)


def test_nothing_ends_it_but_its_input() -> None:
    found = answers("nonsense\n", "{}\n", '{"level": 5, "difficulty": "ace", "seed": 1}\n', "[]\n")
    assert len(found) == 4
    assert all(set(one) == {"failed"} for one in found)
