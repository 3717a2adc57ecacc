"""The table of input actions: complete for each device, free of conflicts, open to rebinding."""

import pytest

from game.app.input.actions import ACTIONS, BY_ID, Bindings, InputContext, is_input
from game.app.strings import LANGUAGES, Strings


def test_every_input_of_the_table_exists() -> None:
    assert [name for action in ACTIONS for name in action.inputs if not is_input(name)] == []


@pytest.mark.parametrize(
    "name", ["key:", "pad:q", "pad:left_x", "mouse:4", "tail:wag", "pad:left_trigger+", "w"]
)
def test_an_input_that_does_not_exist_is_noticed(name: str) -> None:
    assert not is_input(name)


def conflicts(bindings: Bindings) -> list[tuple[str, str, str]]:
    """(input, action, other action) for every input that two actions of one context share.

    A place and what a US keyboard prints there are the same key.
    """
    found = []
    for context in InputContext:
        owners: dict[str, str] = {}
        for action in ACTIONS:
            if action.context not in (context, InputContext.ALWAYS):
                continue
            for name in bindings.inputs[action.id]:
                owner = owners.setdefault(name.replace("scan:", "key:"), action.id)
                if owner != action.id:
                    found.append((name, owner, action.id))
    return found


def test_no_input_does_two_things_in_one_context() -> None:
    assert conflicts(Bindings()) == []
    assert conflicts(Bindings({"fire": ["key:w"]})) == [("key:w", "move_up", "fire")]


@pytest.mark.parametrize("device", ["key", "pad"])
def test_menus_need_one_device_only(device: str) -> None:
    needed = {"up", "down", "left", "right", "confirm", "back", "page_left", "page_right", "menu_restart"}
    bindings = Bindings()
    assert {action for action in needed if bindings.input_for(action, device) is None} == set()


@pytest.mark.parametrize("device", ["key", "pad"])
def test_a_match_needs_one_device_only(device: str) -> None:
    aim = (
        {"aim_left", "aim_right"}
        if device == "key"
        else {"stick_up", "stick_down", "stick_left", "stick_right"}
    )
    needed = {"move_up", "move_down", "move_left", "move_right", "fire", "special", "pause", "restart"} | aim
    bindings = Bindings()
    assert {action for action in needed if bindings.input_for(action, device) is None} == set()


def test_a_change_replaces_the_inputs_of_its_action_only() -> None:
    bindings = Bindings({"fire": ["key:x", "pad:b"]})
    assert bindings.actions_of("key:x", InputContext.PLAY) == ["fire"]
    assert bindings.actions_of("mouse:left", InputContext.PLAY) == []
    assert bindings.inputs["special"] == BY_ID["special"].inputs
    assert bindings.problems == []


def test_changes_that_make_no_sense_are_told_and_ignored() -> None:
    bindings = Bindings({"fly": ["key:x"], "fire": ["keyboard"]})
    assert len(bindings.problems) == 2
    assert "'fly'" in bindings.problems[0]
    assert "'keyboard'" in bindings.problems[1]
    assert bindings.inputs["fire"] == BY_ID["fire"].inputs


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_has_a_name_for_people(language: str) -> None:
    strings = Strings(language)
    assert [action.id for action in ACTIONS if not strings.has(f"action.{action.id}")] == []


def test_unknown_actions_are_one_message_with_those_that_there_are() -> None:
    bindings = Bindings({f"fly{n}": ["key:w"] for n in range(5000)} | {"fire": ["scan:j"]})
    (problem,) = bindings.problems
    assert "fire, " in problem
    assert problem.endswith("found 'fly0' and 4999 more")
    assert bindings.inputs["fire"] == ("scan:j",)
